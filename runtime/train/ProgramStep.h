// The training functions of a compiled program: `loss` and `loss_gradient`, which `longc compile --train` makes.
#pragma once

#include "runtime/device/OpenDevice.h"
#include "runtime/serve/Engine.h"
#include "runtime/train/HeldParameters.h"
#include "runtime/train/ProgramParameters.h"
#include "runtime/train/Trainer.h"

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
  /// compiled with one of the two, that one. LC8033 as of checkTrains; LC4122 without the functions for `options.device`.
  static Result<std::unique_ptr<ProgramStep>> create(const Program &program, const longc_program_table &table,
                                                     const EngineOptions &options);

  const ParameterList &parameters() const override { return parameters_.list; }
  ThreadPool &pool() override { return *pool_; }
  Result<double> loss(const TrainBatch &batch, const ParameterArray &values) override;
  Result<double> lossAndGradients(const TrainBatch &batch, const ParameterArray &values, ParameterArray &gradients) override;

  /// Fills in the parameters that begin with what the program stores.
  void readStored(ParameterArray &values) const;
  /// What the arithmetic is done by, in a word or two: a variant of the processor's kernels, or a GPU's target.
  std::string arithmetic() const { return target_ == "cpu" ? device_->variant() : target_; }
  const Device &device() const { return *device_; }
  /// Tokens of a call where nothing else is asked for: so many that the device has work.
  int64_t usualCallTokens() const { return device_->hasOwnMemory() ? 16384 : TrainOptions().callTokens; }
  const std::string &precision() const { return gradient_->function().precision(); }
  /// Of what one call keeps besides parameters, as of the largest call so far.
  int64_t activationBytes() const { return gradient_->arenaBytes(); }
  /// Whether sequences of a batch can read others: the program was compiled with a FoT memory.
  bool readsRows() const;
  /// Numbers in all parameters that `loss` reads.
  int64_t modelParameters() const;

private:
  ProgramStep(const Program &program, std::string target) : program_(program), target_(std::move(target)) {}
  static Result<std::unique_ptr<ProgramStep>> createFor(const DeviceChoice &choice, const Program &program,
                                                        const longc_program_table &table, const EngineOptions &options);
  Status open(const longc_program_table &table, const EngineOptions &options, int ordinal,
              std::initializer_list<const abi::Function *> functions);
  Status findParameters(const abi::Function &gradient);
  Status holdParameters();
  Status run(Executor &executor, const TrainBatch &batch, const ParameterArray &values, double &loss);

  const Program &program_;
  std::string target_;
  ProgramParameters parameters_;
  std::vector<uint32_t> results_; // of each: which result is its gradient
  std::unique_ptr<Device> device_;
  std::unique_ptr<ThreadPool> ownPool_; // beside a GPU
  ThreadPool *pool_ = nullptr;
  std::unique_ptr<HeldParameters> held_; // on a device with memory of its own
  std::unique_ptr<Executor> loss_, gradient_;
  ParameterArray one_; // a result before it is added
};

} // namespace longc
