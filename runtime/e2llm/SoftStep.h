// The training functions of an E2LLM program: chunks of the batch through the encoder, soft tokens among its words, the loss.
#pragma once

#include "runtime/e2llm/SoftData.h"
#include "runtime/serve/Engine.h"
#include "runtime/train/ProgramParameters.h"
#include "runtime/train/TrainStep.h"

#include <array>
#include <memory>
#include <span>
#include <vector>

namespace longc {

class SoftStep final : public TrainStep {
public:
  /// `program` and `data` must outlive this. Batches are of the samples of `data`.
  static Result<std::unique_ptr<SoftStep>> create(const Program &program, const longc_program_table &table, const EngineOptions &options);

  /// The chunks that soft tokens of the following batches stand for.
  void use(const SoftData &data) { data_ = &data; }

  const ParameterList &parameters() const override { return parameters_.list; }
  ThreadPool &pool() override { return device_->pool(); }
  Result<double> loss(const TrainBatch &batch, const ParameterArray &values) override;
  Result<double> lossAndGradients(const TrainBatch &batch, const ParameterArray &values, ParameterArray &gradients) override;

  /// Fills in the parameters that begin with what the program stores.
  void readStored(ParameterArray &values) const;
  CpuDevice &device() { return *device_; }
  const std::string &precision() const { return gradient_->function().precision(); }

  /// The weighted mean of -log p over all targets of each objective since the last call; of one without targets nothing.
  std::vector<std::pair<std::string, double>> takeLosses();

private:
  struct Inputs;
  explicit SoftStep(const Program &program) : program_(program) {}
  Result<Inputs> inputsOf(const TrainBatch &batch, Objective objective) const;
  Result<double> run(Executor &executor, const TrainBatch &batch, const ParameterArray &values, ParameterArray *gradients);

  const Program &program_;
  const SoftData *data_ = nullptr;
  ProgramParameters parameters_;
  std::vector<uint32_t> results_; // of each: which result is its gradient
  std::unique_ptr<CpuDevice> device_;
  std::unique_ptr<Executor> loss_, gradient_;
  ParameterArray one_; // gradients of a call before they are added
  struct Sum {
    double loss = 0, weights = 0;
  };
  std::array<Sum, std::size(objectiveNames)> sums_;
};

} // namespace longc
