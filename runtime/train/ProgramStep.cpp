// Calls of a program's training functions.
#include "runtime/train/ProgramStep.h"

#include "runtime/abi/Messages.h"
#include "runtime/train/TrainingNeeds.h"

#include <algorithm>

namespace longc {
namespace {

/// The data of an input by its role, or name; null for one that training does not fill.
const void *inputOf(const TrainBatch &batch, const abi::Input &input, int64_t &size) {
  size = batch.size();
  switch (input.role()) {
  case abi::Input::PLAIN: return input.name() == "gate_weights" ? batch.gateWeights.data() : nullptr;
  case abi::Input::TOKENS: return batch.tokens.data();
  case abi::Input::POSITIONS: return batch.positions.data();
  case abi::Input::TARGETS: return batch.targets.data();
  case abi::Input::WEIGHTS: return batch.weights.data();
  case abi::Input::CROSS_ROWS: size = static_cast<int64_t>(batch.crossRows.size()) / 2; return batch.crossRows.data();
  case abi::Input::BOUNDARIES: size = static_cast<int64_t>(batch.boundaries.size()); return batch.boundaries.data();
  default: return nullptr;
  }
}

Status checkInputs(const abi::Function &function) {
  TrainBatch some;
  some.add(std::vector<int32_t>{0}, std::vector<float>{0});
  some.crossRows = {0, 0};
  for (const abi::Input &input : function.inputs())
    if (int64_t size; !inputOf(some, input, size))
      return Status::error(4120, "function '" + function.name() + "' has an input '" + inputName(input) + "', which this runtime does not fill",
                           "compile the program again");
  return {};
}

} // namespace

Result<std::unique_ptr<ProgramStep>> ProgramStep::create(const Program &program, const longc_program_table &table,
                                                         const EngineOptions &options, Engine *engine) {
  std::unique_ptr<ProgramStep> step(new ProgramStep(program, engine));
  LONGC_TRY(step->open(table, options));
  LONGC_TRY(checkInputs(step->lossFunction().function()));
  LONGC_TRY(checkInputs(step->gradientFunction().function()));
  return step;
}

bool ProgramStep::takesPairs() const {
  return std::ranges::any_of(lossFunction().function().inputs(), [](const abi::Input &input) { return input.role() == abi::Input::CROSS_ROWS; });
}

int64_t ProgramStep::modelParameters() const { return numbersRead(lossFunction().function(), program().message()); }

Result<double> ProgramStep::run(Executor &executor, const TrainBatch &batch) {
  std::vector<InputTensor> inputs;
  for (const abi::Input &input : executor.function().inputs()) {
    InputTensor tensor{nullptr, {{1, 1, 1, 1}, 1}};
    if (input.role() == abi::Input::CROSS_ROWS)
      tensor.shape = {{1, 2, 1, 1}, 2};
    tensor.data = inputOf(batch, input, tensor.shape.sizes[0]);
    inputs.push_back(tensor);
  }
  return call(executor, inputs);
}

Result<double> ProgramStep::loss(const TrainBatch &batch, const ParameterArray &values) {
  LONGC_TRY(bind(lossFunction(), values));
  return run(lossFunction(), batch);
}

Result<double> ProgramStep::lossAndGradients(const TrainBatch &batch, const ParameterArray &values, ParameterArray &gradients) {
  LONGC_TRY(bind(gradientFunction(), values));
  auto loss = run(gradientFunction(), batch);
  if (loss.ok())
    LONGC_TRY(addGradients(gradients));
  return loss;
}

Result<double> ProgramStep::loss(const TrainBatch &batch, const HeldTraining &training) {
  LONGC_TRY(bind(lossFunction(), training));
  return run(lossFunction(), batch);
}

Result<double> ProgramStep::lossAndGradients(const TrainBatch &batch, HeldTraining &training) {
  LONGC_TRY(bind(gradientFunction(), training));
  auto loss = run(gradientFunction(), batch);
  if (loss.ok())
    LONGC_TRY(addGradients(training));
  return loss;
}

} // namespace longc
