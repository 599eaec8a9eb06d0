// The training functions of an E2LLM program: chunks of the batch through the encoder, soft tokens among its words, the loss.
#pragma once

#include "runtime/e2llm/SoftData.h"
#include "runtime/train/CompiledStep.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace longc {

class SoftStep final : public CompiledStep {
public:
  /// `program` must outlive this. Errors as of CompiledStep::open.
  static Result<std::unique_ptr<SoftStep>> create(const Program &program, const longc_program_table &table, const EngineOptions &options);

  /// The chunks that soft tokens of the following batches stand for. `data` must outlive them.
  void use(const SoftData &data) { data_ = &data; }
  /// Parameters of these parts ("encoder", "adapter", "decoder") get gradients of zero from now on.
  void freeze(std::span<const std::string> parts);

  Result<double> loss(const TrainBatch &batch, const ParameterArray &values) override;
  Result<double> lossAndGradients(const TrainBatch &batch, const ParameterArray &values, ParameterArray &gradients) override;
  Result<double> loss(const TrainBatch &batch, const HeldTraining &training) override;
  Result<double> lossAndGradients(const TrainBatch &batch, HeldTraining &training) override;

  /// The weighted mean of -log p over all targets of each objective since the last call; of one without targets nothing.
  std::vector<std::pair<std::string, double>> takeLosses();

private:
  struct Inputs;
  explicit SoftStep(const Program &program) : CompiledStep(program) {}
  Result<Inputs> inputsOf(const TrainBatch &batch, Objective objective) const;
  /// `addGradients` takes those of each call.
  Result<double> run(Executor &executor, const TrainBatch &batch, const std::function<Status()> &addGradients);

  const SoftData *data_ = nullptr;
  struct Sum {
    double loss = 0, weights = 0;
  };
  std::array<Sum, std::size(objectiveNames)> sums_;
};

} // namespace longc
