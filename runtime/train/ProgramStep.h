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

  /// Whether sequences of a batch can read others in layers with a memory: the program was compiled with FoT.
  bool readsRows() const { return takesPairs() && hasMemory(); }
  /// Whether they can go on behind others: samples may have branches.
  bool takesBranches() const { return takesPairs() && !hasMemory(); }
  /// Numbers in all parameters that `loss` reads.
  int64_t modelParameters() const;

private:
  ProgramStep(const Program &program, Engine *engine) : CompiledStep(program, engine) {}
  bool takesPairs() const;
  bool hasMemory() const { return program().module().memory().layers_size() > 0; }
  Result<double> run(Executor &executor, const TrainBatch &batch);
};

} // namespace longc
