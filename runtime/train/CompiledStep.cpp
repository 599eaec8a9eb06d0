// Functions, device and parameters of a training.
#include "runtime/train/CompiledStep.h"


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

} // namespace

Status checkTrains(const Program &program, bool exact) {
  if (findFunctions(program, exact).gradient)
    return {};
  return Status::error(noTraining, "this program does not train: it was compiled without --train",
                       "compile the model with `longc compile MODEL --train --lora rank=16,alpha=32,targets=all -o app`");
}

Status CompiledStep::open(const longc_program_table &table, const EngineOptions &options) {
  LONGC_TRY(checkTrains(program_, options.exact));
  return openOnChosen(options.device, program_.message(), options.exact, "training",
                      [&](const DeviceChoice &choice) { return openOn(choice, table, options); });
}

Status CompiledStep::openOn(const DeviceChoice &choice, const longc_program_table &table, const EngineOptions &options) {
  for (std::unique_ptr<Executor> *executor : {&loss_, &gradient_})
    executor->reset(); // of a device that was tried before
  held_.reset();
  target_ = choice.target;
  const Functions functions = findFunctions(program_, options.exact, target_);
  if (!functions.gradient || (target_ != "cpu" && functions.gradient->precision() != (options.exact ? "exact" : "fast")))
    return Status::error(4122, std::string("this program has no functions 'loss' and 'loss_gradient' in ") +
                                   (options.exact ? "exact" : "fast") + " precision for the GPU",
                         options.exact ? "run it without --exact" : "compile it with the GPU among --target, or use --device cpu");
  LONGC_TRY(findParameters(*functions.gradient));
  LONGC_TRY(link(table, options, choice.ordinal, {functions.loss, functions.gradient}));
  for (auto [function, executor] : {std::pair(functions.loss, &loss_), {functions.gradient, &gradient_}}) {
    auto made = Executor::create(program_, *function, *device_);
    if (!made.ok())
      return made.status();
    *executor = std::move(*made);
  }
  return {};
}

// The device, and the threads beside it: the processor's own where that is the device.
Status CompiledStep::link(const longc_program_table &table, const EngineOptions &options, int ordinal,
                          std::initializer_list<const abi::Function *> functions) {
  if (target_ == "cpu") {
    auto processor = openProcessor(program_, table, options, functions);
    if (!processor.ok())
      return processor.status();
    pool_ = &(*processor)->pool();
    ownDevice_ = std::move(*processor);
    device_ = ownDevice_.get();
    return {};
  }
  if (engine_ && engine_->target() == target_) { // its kernels and weights are there
    device_ = &engine_->device();
  } else {
    auto device = openDevice(table, program_.message(), target_, {}, {options.variant, options.threads, ordinal});
    if (!device.ok())
      return device.status();
    ownDevice_ = std::move(*device);
    device_ = ownDevice_.get();
  }
  auto pool = ThreadPool::create(options.threads);
  if (!pool.ok())
    return pool.status();
  ownPool_ = std::move(*pool);
  pool_ = ownPool_.get();
  return {};
}

std::vector<abi::ElementType> CompiledStep::heldTypes() const {
  std::vector<abi::ElementType> types;
  for (uint32_t index : parameters_.indices)
    types.push_back(gradient_->typeOf(index).value_or(abi::F32));
  return types;
}

Result<std::unique_ptr<HeldTraining>> CompiledStep::hold() {
  if (!device_->hasOwnMemory())
    return std::unique_ptr<HeldTraining>();
  return HeldTraining::create(*device_, program_.message(), parameters(), heldTypes(), pool());
}

Status CompiledStep::findParameters(const abi::Function &gradient) {
  parameters_ = {};
  results_.clear();
  for (const abi::Gradient &entry : gradient.gradients()) {
    parameters_.add(program_.message(), entry.parameter());
    results_.push_back(entry.result());
  }
  frozen_.assign(results_.size(), false);
  read_ = {};
  return {};
}

void CompiledStep::readStored(ParameterArray &values) const {
  for (size_t i = 0; i < results_.size(); ++i)
    if (const TrainedParameter &parameter = parameters().parameters()[i]; parameter.beginning == Beginning::given) {
      const uint32_t index = parameters_.indices[i];
      std::memcpy(values.of(parameter).data(), program_.parameterData(index), program_.parameterBytes(index));
      program_.forgetParameter(index);
    }
}

Status CompiledStep::bind(Executor &executor, const ParameterArray &values) {
  if (!device_->hasOwnMemory()) {
    for (size_t i = 0; i < results_.size(); ++i)
      LONGC_TRY(executor.bindParameter(parameters_.indices[i], values.of(parameters().parameters()[i]).data()));
    return {};
  }
  if (!held_) {
    auto held = HeldParameters::create(*device_, parameters(), heldTypes());
    if (!held.ok())
      return held.status();
    held_ = std::move(*held);
  }
  bindHeld(executor, [this](size_t i) { return held_->of(i); });
  return held_->set(values, pool());
}

Status CompiledStep::bind(Executor &executor, const HeldTraining &training) {
  bindHeld(executor, [&](size_t i) { return training.of(i); });
  return {};
}

void CompiledStep::bindHeld(Executor &executor, const std::function<void *(size_t)> &addressOf) {
  for (size_t i = 0; i < parameters_.indices.size(); ++i)
    executor.bindHeldParameter(parameters_.indices[i], addressOf(i));
}

Result<double> CompiledStep::call(Executor &executor, std::span<const InputTensor> inputs) {
  LONGC_TRY(executor.run(inputs));
  float sum = 0;
  LONGC_TRY(executor.readResult(0, &sum, sizeof sum));
  return static_cast<double>(sum);
}

void CompiledStep::freeze(const std::function<bool(const TrainedParameter &)> &isFrozen) {
  for (size_t i = 0; i < frozen_.size(); ++i)
    frozen_[i] = isFrozen(parameters().parameters()[i]);
}

Status CompiledStep::addGradients(ParameterArray &gradients) {
  if (device_->hasOwnMemory())
    LONGC_TRY(readGradients());
  struct Piece { // of one parameter: an adapter has many small ones
    const float *from;
    std::span<float> to;
  };
  constexpr size_t pieceFloats = 1 << 14;
  std::vector<Piece> pieces;
  for (size_t i = 0; i < results_.size(); ++i) {
    if (frozen_[i])
      continue;
    const TrainedParameter &parameter = parameters().parameters()[i];
    const auto *from = device_->hasOwnMemory() ? std::as_const(read_).of(parameter).data() : static_cast<const float *>(gradient_->resultAddress(results_[i]));
    const std::span<float> to = gradients.of(parameter);
    for (size_t begin = 0; begin < to.size(); begin += pieceFloats)
      pieces.push_back({from + begin, to.subspan(begin, std::min(pieceFloats, to.size() - begin))});
  }
  pool().forEach(static_cast<int64_t>(pieces.size()), [&](int, int64_t index) {
    const auto [from, to] = pieces[static_cast<size_t>(index)];
    for (size_t i = 0; i < to.size(); ++i)
      to[i] += from[i];
  });
  return {};
}

// Out of a device's own memory.
Status CompiledStep::readGradients() {
  if (read_.all().empty()) {
    auto read = ParameterArray::create(parameters(), "gradients of one call");
    if (!read.ok())
      return read.status();
    read_ = std::move(*read);
  }
  std::vector<uint32_t> results;
  std::vector<std::span<float>> places;
  for (size_t i = 0; i < results_.size(); ++i)
    if (!frozen_[i]) {
      results.push_back(results_[i]);
      places.push_back(read_.of(parameters().parameters()[i]));
    }
  return gradient_->readResults(results, places);
}

Status CompiledStep::addGradients(HeldTraining &training) {
  std::vector<const void *> places;
  for (size_t i = 0; i < results_.size(); ++i)
    places.push_back(frozen_[i] ? nullptr : gradient_->resultAddress(results_[i]));
  return training.add(places);
}

} // namespace longc
