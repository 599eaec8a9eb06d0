// The training of a program of one model: batches are all that its functions read.
#pragma once

#include "runtime/train/CompiledStep.h"

#include <memory>

namespace longc {

class ProgramStep final : public CompiledStep {
public:
  /// `program` and `engine` must outlive this. Errors as of CompiledStep::open.
  static Result<std::unique_ptr<ProgramStep>> create(const Program &program, const longc_program_table &table,
                                                     const EngineOptions &options, Engine *engine = nullptr);

  Result<double> loss(const TrainBatch &batch, const ParameterArray &values) override;
  Result<double> lossAndGradients(const TrainBatch &batch, const ParameterArray &values, ParameterArray &gradients) override;
  Result<double> loss(const TrainBatch &batch, const HeldTraining &training) override;
  Result<double> lossAndGradients(const TrainBatch &batch, HeldTraining &training) override;

  /// Whether sequences of a batch can read others: the program was compiled with a FoT memory.
  bool readsRows() const;
  /// Numbers in all parameters that `loss` reads.
  int64_t modelParameters() const;

private:
  ProgramStep(const Program &program, Engine *engine) : CompiledStep(program, engine) {}
  Result<double> run(Executor &executor, const TrainBatch &batch);
};

} // namespace longc
