// Calls of a program's training functions.
#include "runtime/train/ProgramStep.h"

#include "runtime/core/Format.h"
#include "runtime/core/Log.h"

#include <algorithm>
#include <cstring>

namespace longc {
namespace {

constexpr const char *lossName = "loss", *gradientName = "loss_gradient";

struct Functions {
  const abi::Function *loss = nullptr, *gradient = nullptr;
};

// In the precision asked for, else in the other.
Functions findFunctions(const Program &program, bool exact, const std::string &target = "cpu") {
  Functions found;
  for (const char *precision : {exact ? "fast" : "exact", exact ? "exact" : "fast"}) {
    Functions here = {program.findFunction(lossName, precision, target), program.findFunction(gradientName, precision, target)};
    if (here.loss && here.gradient && here.gradient->gradients_size() > 0)
      found = here;
  }
  return found;
}

constexpr std::string_view pairsRole = "cross_rows"; // the one input of two dimensions

/// The data of an input by its role; null for a role that training does not fill.
const void *inputOf(const TrainBatch &batch, std::string_view role, int64_t &size) {
  size = batch.size();
  if (role == "tokens")
    return batch.tokens.data();
  if (role == "positions")
    return batch.positions.data();
  if (role == "targets")
    return batch.targets.data();
  if (role == "weights")
    return batch.weights.data();
  if (role == pairsRole) {
    size = static_cast<int64_t>(batch.crossRows.size()) / 2;
    return batch.crossRows.data();
  }
  size = static_cast<int64_t>(batch.boundaries.size());
  return role == "boundaries" ? batch.boundaries.data() : nullptr;
}

bool readsRows(const abi::Function &function) {
  return std::ranges::any_of(function.inputs(), [](const abi::Input &input) { return input.role() == pairsRole; });
}

Status checkInputs(const abi::Function &function) {
  for (const abi::Input &input : function.inputs()) {
    int64_t size;
    TrainBatch some;
    some.add(std::vector<int32_t>{0}, std::vector<float>{0});
    some.crossRows = {0, 0};
    const bool isFloat = input.role() == "weights";
    if (!inputOf(some, input.role(), size) || input.type() != (isFloat ? abi::F32 : abi::I32) || input.sizes_size() != (input.role() == pairsRole ? 2 : 1))
      return Status::error(4120, "function '" + function.name() + "' has an input '" + input.role() + "' of type " +
                                     elementName(input.type()) + ", which this runtime does not fill",
                           "compile the program again");
  }
  return {};
}

} // namespace

Status checkTrains(const Program &program, bool exact) {
  if (findFunctions(program, exact).gradient)
    return {};
  return Status::error(noTraining, "this program does not train: it was compiled without --train",
                       "compile the model with `longc compile MODEL --train --lora rank=16,alpha=32,targets=all -o app`");
}

Result<std::unique_ptr<ProgramStep>> ProgramStep::create(const Program &program, const longc_program_table &table,
                                                         const EngineOptions &options) {
  LONGC_TRY(checkTrains(program, options.exact));
  auto choice = chooseDevice(options.device, program.message());
  if (!choice.ok())
    return choice.status();
  const bool isFree = options.device == "auto";
  if (isFree && options.exact) // what the processor alone can
    *choice = DeviceChoice{};
  auto step = createFor(*choice, program, table, options);
  if (step.ok() || !isFree || choice->target == "cpu")
    return step;
  logNote(step.status().message() + ": training on the processor"); // there is a GPU's code, and no GPU that runs it
  return createFor({}, program, table, options);
}

Result<std::unique_ptr<ProgramStep>> ProgramStep::createFor(const DeviceChoice &choice, const Program &program,
                                                            const longc_program_table &table, const EngineOptions &options) {
  const Functions functions = findFunctions(program, options.exact, choice.target);
  if (!functions.gradient || (choice.target != "cpu" && functions.gradient->precision() != (options.exact ? "exact" : "fast")))
    return Status::error(4122, std::string("this program has no functions 'loss' and 'loss_gradient' in ") +
                                   (options.exact ? "exact" : "fast") + " precision for the GPU",
                         options.exact ? "run it without --exact" : "compile it with the GPU among --target, or use --device cpu");
  LONGC_TRY(checkInputs(*functions.loss));
  LONGC_TRY(checkInputs(*functions.gradient));
  std::unique_ptr<ProgramStep> step(new ProgramStep(program, choice.target));
  LONGC_TRY(step->findParameters(*functions.gradient));
  LONGC_TRY(step->open(table, options, choice.ordinal, {functions.loss, functions.gradient}));
  for (auto [function, executor] : {std::pair(functions.loss, &step->loss_), {functions.gradient, &step->gradient_}}) {
    auto made = Executor::create(program, *function, *step->device_);
    if (!made.ok())
      return made.status();
    *executor = std::move(*made);
  }
  if (step->device_->hasOwnMemory())
    LONGC_TRY(step->holdParameters());
  return step;
}

// The device, and the threads beside it: the processor's own where that is the device.
Status ProgramStep::open(const longc_program_table &table, const EngineOptions &options, int ordinal,
                         std::initializer_list<const abi::Function *> functions) {
  if (target_ == "cpu") {
    auto processor = openProcessor(program_, table, options, functions);
    if (!processor.ok())
      return processor.status();
    pool_ = &(*processor)->pool();
    device_ = std::move(*processor);
    return {};
  }
  auto device = openDevice(table, program_.message(), target_, {}, {options.variant, options.threads, ordinal});
  if (!device.ok())
    return device.status();
  device_ = std::move(*device);
  auto pool = ThreadPool::create(options.threads);
  if (!pool.ok())
    return pool.status();
  ownPool_ = std::move(*pool);
  pool_ = ownPool_.get();
  return {};
}

Status ProgramStep::holdParameters() {
  std::vector<abi::ElementType> types;
  for (uint32_t index : parameters_.indices)
    types.push_back(gradient_->typeOf(index).value_or(abi::F32));
  auto held = HeldParameters::create(*device_, parameters(), std::move(types));
  if (!held.ok())
    return held.status();
  held_ = std::move(*held);
  for (Executor *executor : {loss_.get(), gradient_.get()})
    for (size_t i = 0; i < parameters_.indices.size(); ++i)
      executor->bindHeldParameter(parameters_.indices[i], held_->of(i));
  return {};
}

Status ProgramStep::findParameters(const abi::Function &gradient) {
  for (const abi::Gradient &entry : gradient.gradients()) {
    parameters_.add(program_.message(), entry.parameter());
    results_.push_back(entry.result());
  }
  auto one = ParameterArray::create(parameters(), "gradients of one call");
  if (!one.ok())
    return one.status();
  one_ = std::move(*one);
  return {};
}

void ProgramStep::readStored(ParameterArray &values) const {
  for (size_t i = 0; i < results_.size(); ++i)
    if (const TrainedParameter &parameter = parameters().parameters()[i]; parameter.beginning == Beginning::given)
      std::memcpy(values.of(parameter).data(), program_.parameterData(parameters_.indices[i]), program_.parameterBytes(parameters_.indices[i]));
}

bool ProgramStep::readsRows() const { return longc::readsRows(loss_->function()); }

int64_t ProgramStep::modelParameters() const {
  int64_t count = 0;
  std::vector<bool> seen(static_cast<size_t>(program_.message().parameters_size()));
  for (const abi::Buffer &buffer : loss_->function().buffers()) {
    if (buffer.kind() != abi::Buffer::PARAMETER || seen[buffer.index()])
      continue;
    seen[buffer.index()] = true;
    int64_t size = 1;
    for (int64_t one : program_.message().parameters(static_cast<int>(buffer.index())).shape())
      size *= one;
    count += size;
  }
  return count;
}

Status ProgramStep::run(Executor &executor, const TrainBatch &batch, const ParameterArray &values, double &loss) {
  if (held_)
    LONGC_TRY(held_->set(values, pool()));
  else
    for (size_t i = 0; i < results_.size(); ++i)
      LONGC_TRY(executor.bindParameter(parameters_.indices[i], values.of(parameters().parameters()[i]).data()));
  std::vector<InputTensor> inputs;
  for (const abi::Input &input : executor.function().inputs()) {
    InputTensor tensor{nullptr, {{1, 1, 1, 1}, 1}};
    if (input.role() == pairsRole)
      tensor.shape = {{1, 2, 1, 1}, 2};
    tensor.data = inputOf(batch, input.role(), tensor.shape.sizes[0]);
    inputs.push_back(tensor);
  }
  LONGC_TRY(executor.run(inputs));
  float sum = 0;
  LONGC_TRY(executor.readResult(0, &sum, sizeof sum));
  loss = static_cast<double>(sum);
  return {};
}

Result<double> ProgramStep::loss(const TrainBatch &batch, const ParameterArray &values) {
  double loss = 0;
  LONGC_TRY(run(*loss_, batch, values, loss));
  return loss;
}

Result<double> ProgramStep::lossAndGradients(const TrainBatch &batch, const ParameterArray &values, ParameterArray &gradients) {
  double loss = 0;
  LONGC_TRY(run(*gradient_, batch, values, loss));
  for (size_t i = 0; i < results_.size(); ++i) {
    std::span<float> numbers = one_.of(parameters().parameters()[i]);
    LONGC_TRY(gradient_->readResult(results_[i], numbers.data(), numbers.size_bytes()));
  }
  const std::span<const float> from = one_.all();
  const std::span<float> to = gradients.all();
  pool().forRanges(static_cast<int64_t>(to.size()), [&](int, int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
      to[i] += from[i];
  });
  return loss;
}

} // namespace longc
