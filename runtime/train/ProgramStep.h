// The training functions of a compiled program: `loss` and `loss_gradient`, which `longc compile --train` makes.
#pragma once

#include "runtime/serve/Engine.h"
#include "runtime/train/ProgramParameters.h"
#include "runtime/train/TrainStep.h"

#include <memory>
#include <vector>

namespace longc {

/// Code of its error: a program without these functions.
inline constexpr int noTraining = 8033;

/// Whether the program trains; the error says how to make one that does.
Status checkTrains(const Program &program, bool exact);

class ProgramStep final : public TrainStep {
public:
  /// `program` must outlive this. With `options.exact` float32 arithmetic, else that of the fast mode; where the program was
  /// compiled with one of the two, that one.
  static Result<std::unique_ptr<ProgramStep>> create(const Program &program, const longc_program_table &table,
                                                     const EngineOptions &options);

  const ParameterList &parameters() const override { return parameters_.list; }
  ThreadPool &pool() override { return device_->pool(); }
  Result<double> loss(const TrainBatch &batch, const ParameterArray &values) override;
  Result<double> lossAndGradients(const TrainBatch &batch, const ParameterArray &values, ParameterArray &gradients) override;

  /// Fills in the parameters that begin with what the program stores.
  void readStored(ParameterArray &values) const;
  CpuDevice &device() { return *device_; }
  const std::string &precision() const { return gradient_->function().precision(); }
  /// Of what one call keeps besides parameters, as of the largest call so far.
  int64_t activationBytes() const { return gradient_->arenaBytes(); }
  /// Whether sequences of a batch can read others: the program was compiled with a FoT memory.
  bool readsRows() const;
  /// Numbers in all parameters that `loss` reads.
  int64_t modelParameters() const;

private:
  explicit ProgramStep(const Program &program) : program_(program) {}
  Status findParameters(const abi::Function &gradient);
  Status run(Executor &executor, const TrainBatch &batch, const ParameterArray &values, double &loss);

  const Program &program_;
  ProgramParameters parameters_;
  std::vector<uint32_t> results_; // of each: which result is its gradient
  std::unique_ptr<CpuDevice> device_;
  std::unique_ptr<Executor> loss_, gradient_;
  ParameterArray one_; // a result before it is added
};

} // namespace longc
