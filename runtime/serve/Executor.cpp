// Runs the steps of a function.
#include "runtime/serve/Executor.h"

#include "runtime/abi/Messages.h"
#include "runtime/core/Format.h"
#include "runtime/io/Panels.h"
#include "runtime/serve/DecodeParameter.h"
#include "runtime/serve/PagePool.h"
#include "runtime/serve/WorkList.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstring>

namespace longc {
namespace {

constexpr int64_t unbound = -1;

using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

int64_t elementCount(const TensorShape &shape) {
  int64_t count = 1;
  for (int dim = 0; dim < shape.rank; ++dim)
    count *= shape.sizes[static_cast<size_t>(dim)];
  return count;
}

int64_t elementsOf(const longc_view &view) { return view.size[0] * view.size[1] * view.size[2] * view.size[3]; }

} // namespace

Executor::Executor(const Program &program, const abi::Function &function, Device &device)
    : program_(program), function_(function), device_(device), plan_(function, program.message()),
      hidden_(program.message(), device), symbols_(plan_.symbolNames.size(), unbound), maxima_(symbols_.size(), 0),
      states_(static_cast<size_t>(program.message().states_size())), ready_(plan_.steps.size()),
      tokensInput_(static_cast<size_t>(std::ranges::find(function.inputs(), abi::Input::TOKENS, &abi::Input::role) - function.inputs().begin())),
      listsComeFirst_(std::ranges::is_sorted(plan_.steps, {}, [](const StepPlan &step) { return !step.isWorkList(); }) &&
                      std::ranges::all_of(plan_.steps, [](const StepPlan &step) { return step.isWorkList() || step.isLaunch(); })) {}

Executor::~Executor() {
  if (arena_)
    device_.release(arena_);
  if (inputBlock_)
    device_.release(inputBlock_);
}

Result<std::unique_ptr<Executor>> Executor::create(const Program &program, const abi::Function &function,
                                                   Device &device) {
  std::unique_ptr<Executor> executor(new Executor(program, function, device));
  LONGC_TRY(executor->shareParameters());
  return executor;
}

// A parameter's bytes, as the program stores it, in the form that the device's kernels read.
Result<void *> Executor::share(const BufferPlan &buffer, const void *stored) {
  const abi::Parameter &parameter = program_.message().parameters(static_cast<int>(buffer.index));
  if (!device_.hasOwnMemory() || !needsDecoding(parameter, buffer.type))
    return device_.share(stored, program_.parameterBytes(buffer.index));
  return device_.shareAs(stored, decodedBytes(parameter, buffer.type), [&](std::span<std::byte> rows) {
    return decodeParameter(parameter, static_cast<const std::byte *>(stored), buffer.type, rows);
  });
}

Status Executor::shareParameters() {
  parameters_.assign(static_cast<size_t>(program_.message().parameters_size()), nullptr);
  for (const BufferPlan &buffer : plan_.buffers) {
    if (buffer.kind != abi::Buffer::PARAMETER || parameters_[buffer.index])
      continue;
    if (isBound(buffer)) {
      const auto &shape = program_.message().parameters(static_cast<int>(buffer.index)).shape();
      matrices_.resize(parameters_.size());
      matrices_[buffer.index] = {{shape[0], shape[1], 1, 1}, 2};
      continue;
    }
    auto shared = share(buffer, program_.parameterData(buffer.index));
    if (!shared.ok())
      return shared.status();
    parameters_[buffer.index] = *shared;
  }
  return {};
}

void Executor::bindState(uint32_t state, void *data, int64_t rows) {
  Bound &bound = states_[state];
  if (bound.data == data && bound.rows == rows)
    return;
  bound = {data, rows};
  ++generation_;
}

Status Executor::bindParameter(uint32_t parameter, const void *data) {
  auto buffer = std::ranges::find_if(plan_.buffers, [&](const BufferPlan &one) {
    return one.kind == abi::Buffer::PARAMETER && one.index == parameter;
  });
  if (buffer == plan_.buffers.end())
    return {}; // this function has no use for it
  auto shared = share(*buffer, data);
  if (!shared.ok())
    return shared.status();
  if (parameters_[parameter] != *shared)
    ++generation_;
  parameters_[parameter] = *shared;
  return {};
}

bool Executor::isBound(const BufferPlan &buffer) const {
  return buffer.kind == abi::Buffer::PARAMETER &&
         program_.message().parameters(static_cast<int>(buffer.index)).initializer() == abi::Parameter::BOUND;
}

Status Executor::bindMatrix(uint32_t parameter, const void *data, int64_t rows, int64_t columns) {
  if (parameter >= matrices_.size() || matrices_[parameter].rank == 0)
    return {}; // this function has no use for it
  const abi::Parameter &message = program_.message().parameters(static_cast<int>(parameter));
  const auto rowBytes = static_cast<size_t>(rows * columns * elementBytes(message.type()));
  auto packed = isInPanels(message) ? panelBytes(ElementFormat::BF16, rows, columns) : Result<size_t>(rowBytes);
  if (!packed.ok())
    return packed.status();
  auto unpack = [&](std::span<std::byte> to) { return unpackPanels(ElementFormat::BF16, rows, columns, {static_cast<const std::byte *>(data), *packed}, to); };
  auto shared = device_.hasOwnMemory() && isInPanels(message) ? device_.shareAs(data, rowBytes, unpack) : device_.share(data, *packed);
  if (!shared.ok())
    return shared.status();
  generation_ += parameters_[parameter] != *shared;
  parameters_[parameter] = *shared;
  matrices_[parameter] = {{rows, columns, 1, 1}, 2};
  return {};
}

std::optional<abi::ElementType> Executor::typeOf(uint32_t parameter) const {
  for (const BufferPlan &buffer : plan_.buffers)
    if (buffer.kind == abi::Buffer::PARAMETER && buffer.index == parameter)
      return buffer.type;
  return {};
}

void Executor::bindHeldParameter(uint32_t parameter, void *held) {
  if (parameters_[parameter] == held)
    return;
  parameters_[parameter] = held;
  ++generation_;
}

void Executor::bindPageTable(const int32_t *table, int64_t slots, int64_t pagesPerSlot) {
  if (slots != pageTableSlots_ || pagesPerSlot != pageTablePages_)
    ++generation_;
  pageTable_ = table;
  pageTableSlots_ = slots;
  pageTablePages_ = pagesPerSlot;
}

void Executor::hideMemory(std::vector<bool> layers) {
  hidden_.hide(std::move(layers));
  ++generation_;
}

Status Executor::sizeError(const std::string &what) const {
  return Status::error(5202, "function '" + plan_.name + "': " + what, "compile the program again");
}

Status Executor::run(std::span<const InputTensor> inputs) {
  LONGC_TRY(begin(inputs));
  return device_.finish();
}

Status Executor::begin(std::span<const InputTensor> inputs, bool tokensAreThere) {
  auto start = Clock::now();
  LONGC_TRY(bindSymbols(inputs));
  LONGC_TRY(growArena());
  LONGC_TRY(copyInputs(inputs, tokensAreThere));
  if (profile_)
    profile_->addHost(secondsSince(start));
  return runSteps(inputs);
}

Status Executor::repeat(std::span<const InputTensor> inputs) {
  LONGC_TRY(runSteps(inputs));
  return device_.finish();
}

// Symbols get their values from the sizes of what is bound; a size that is an expression is compared.
Status Executor::bindSymbols(std::span<const InputTensor> inputs) {
  if (inputs.size() != plan_.inputBuffers.size())
    return Status::error(5203, formatText("function '%s': %zu inputs given, %zu expected", plan_.name.c_str(),
                                          inputs.size(), plan_.inputBuffers.size()),
                         "give one tensor for each input");
  previousSymbols_ = symbols_;
  for (size_t symbol = 0; symbol < symbols_.size(); ++symbol)
    if (!plan_.symbolMaxima[symbol]) // those of work lists keep the last call's value until they are known
      symbols_[symbol] = unbound;
  for (const BufferPlan &buffer : plan_.buffers) {
    if (buffer.kind == abi::Buffer::INPUT)
      LONGC_TRY(bindBufferSizes(buffer, inputs[buffer.index].shape));
    else if (buffer.kind == abi::Buffer::STATE)
      LONGC_TRY(bindBufferSizes(buffer, stateShape(buffer)));
    else if (isBound(buffer))
      LONGC_TRY(bindBufferSizes(buffer, matrices_[buffer.index]));
    else if (buffer.kind == abi::Buffer::PAGE_TABLE)
      LONGC_TRY(bindBufferSizes(buffer, {{pageTableSlots_, pageTablePages_, 1, 1}, 2}));
  }
  if (symbols_ != previousSymbols_)
    ++generation_;
  asksForNothing_ = true;
  for (size_t result = 0; result < plan_.results.size(); ++result)
    asksForNothing_ &= plan_.buffers[plan_.results[result]].kind == abi::Buffer::STATE || elementCount(resultShape(result)) == 0;
  return {};
}

TensorShape Executor::stateShape(const BufferPlan &buffer) const {
  const abi::State &state = program_.message().states(static_cast<int>(buffer.index));
  TensorShape shape;
  shape.sizes[0] = states_[buffer.index].rows;
  shape.rank = 1;
  for (int64_t size : state.row_shape())
    shape.sizes[static_cast<size_t>(shape.rank++)] = size;
  return shape;
}

std::string Executor::nameOf(const BufferPlan &buffer) const {
  if (buffer.kind == abi::Buffer::INPUT)
    return "input '" + inputName(function_.inputs(static_cast<int>(buffer.index))) + "'";
  if (buffer.kind == abi::Buffer::PARAMETER)
    return "parameter '" + program_.message().parameters(static_cast<int>(buffer.index)).name() + "'";
  return buffer.kind == abi::Buffer::STATE ? formatText("state %u", buffer.index) : std::string("the page table");
}

// "input 'k' is 3x64, expected tokens x 8 x 64 with tokens = 5": whose size is wrong is for the caller to say.
Status Executor::shapeError(const BufferPlan &buffer, const TensorShape &shape) const {
  std::string given, expected, named;
  for (int dim = 0; dim < shape.rank; ++dim)
    given += (dim ? " x " : "") + std::to_string(shape.sizes[static_cast<size_t>(dim)]);
  for (const SizeExpr &size : buffer.sizes) {
    auto symbol = size.asSymbol();
    auto value = size.evaluate(symbols_);
    bool isKnown = value && *value != unbound;
    std::string name = symbol ? plan_.symbolNames[static_cast<size_t>(*symbol)] : isKnown ? std::to_string(*value) : "?";
    expected += (expected.empty() ? "" : " x ") + name;
    if (symbol && isKnown)
      named += (named.empty() ? " with " : ", ") + name + " = " + std::to_string(*value);
  }
  std::string text = nameOf(buffer) + " is " + (given.empty() ? "a scalar" : given) + ", expected " + expected + named;
  if (buffer.kind != abi::Buffer::INPUT)
    return sizeError(text);
  return Status::error(5203, "function '" + plan_.name + "': " + text,
                       "a named size is the same in all inputs; the first input that has it decides");
}

Status Executor::bindBufferSizes(const BufferPlan &buffer, const TensorShape &shape) {
  if (static_cast<size_t>(shape.rank) != buffer.sizes.size())
    return shapeError(buffer, shape);
  for (size_t dim = 0; dim < buffer.sizes.size(); ++dim) {
    int64_t actual = shape.sizes[dim];
    if (auto symbol = buffer.sizes[dim].asSymbol(); symbol && symbols_[static_cast<size_t>(*symbol)] == unbound)
      symbols_[static_cast<size_t>(*symbol)] = actual;
    auto expected = buffer.sizes[dim].evaluate(symbols_);
    if (!expected || *expected != actual)
      return shapeError(buffer, shape);
  }
  return {};
}

Status Executor::growArena() {
  bool grows = !arena_;
  const auto before = maxima_;
  for (size_t symbol = 0; symbol < symbols_.size(); ++symbol)
    if (!plan_.symbolMaxima[symbol] && symbols_[symbol] > maxima_[symbol]) {
      // Growing costs a device of its own more than memory that is not used yet.
      maxima_[symbol] = device_.hasOwnMemory() ? static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(symbols_[symbol]))) : symbols_[symbol];
      grows = true;
    }
  if (!grows)
    return {};
  for (size_t symbol = 0; symbol < symbols_.size(); ++symbol)
    if (plan_.symbolMaxima[symbol])
      maxima_[symbol] = std::max(maxima_[symbol], plan_.symbolMaxima[symbol]->evaluate(maxima_).value_or(0));
  auto layout = plan_.layOut(maxima_);
  if (!layout)
    return sizeError("its buffers are too large to count");
  if (!arena_ || layout->bytes > layout_.bytes) {
    if (arena_)
      device_.release(arena_);
    arena_ = nullptr;
    auto memory = device_.allocate(static_cast<size_t>(layout->bytes), "activations");
    if (!memory.ok()) {
      maxima_ = before; // a smaller call may find what this one did not
      return memory.status();
    }
    arena_ = static_cast<std::byte *>(*memory);
  }
  layout_ = std::move(*layout);
  ++generation_;
  return {};
}

// In one piece, tokens first, the page table and lists of work behind them: what a device of its own takes a token's few numbers for is the copies, not their bytes.
Status Executor::copyInputs(std::span<const InputTensor> inputs, bool tokensAreThere) {
  constexpr size_t line = 256; // what copy engines ask of an address
  std::vector<size_t> offsets(inputs.size());
  packedInputs_.clear();
  auto add = [&](const void *data, size_t bytes) {
    const size_t place = packedInputs_.size();
    packedInputs_.resize((place + bytes + line - 1) / line * line);
    if (bytes > 0)
      std::memcpy(packedInputs_.data() + place, data, bytes);
    return place;
  };
  auto addInput = [&](size_t index) {
    const uint32_t buffer = plan_.inputBuffers[index];
    offsets[index] = add(inputs[index].data, buffer == UINT32_MAX ? 0 : static_cast<size_t>(elementCount(inputs[index].shape) * elementBytes(plan_.buffers[buffer].type)));
  };
  if (tokensInput_ < inputs.size())
    addInput(tokensInput_);
  const size_t there = tokensAreThere ? packedInputs_.size() : 0;
  for (size_t index = 0; index < inputs.size(); ++index)
    if (index != tokensInput_)
      addInput(index);
  offsets.push_back(add(pageTable_, static_cast<size_t>(pageTableSlots_ * pageTablePages_) * sizeof(int32_t)));
  std::map<uint32_t, size_t> listOffsets;
  for (const StepPlan &step : plan_.steps)
    if (listsComeFirst_ && step.isWorkList()) {
      auto list = makeWorkList(step, inputs);
      if (!list.ok())
        return list.status();
      listOffsets[step.result] = add(list->data(), list->size() * sizeof(int32_t));
    }
  if (packedInputs_.size() > inputBlockBytes_)
    LONGC_TRY(growInputBlock(2 * packedInputs_.size(), there));
  if (offsets != inputOffsets_ || listOffsets != listOffsets_)
    ++generation_;
  inputOffsets_ = std::move(offsets);
  listOffsets_ = std::move(listOffsets);
  return packedInputs_.size() == there ? Status() : device_.copyIn(inputBlock_ + there, packedInputs_.data() + there, packedInputs_.size() - there);
}

// Keeps the first `kept` bytes.
Status Executor::growInputBlock(size_t bytes, size_t kept) {
  auto memory = device_.allocate(bytes, "inputs");
  if (!memory.ok())
    return memory.status();
  auto *block = static_cast<std::byte *>(*memory);
  if (inputBlock_ && kept > 0)
    LONGC_TRY(device_.copyWithin(block, inputBlock_, kept));
  if (inputBlock_)
    device_.release(inputBlock_);
  inputBlock_ = block;
  inputBlockBytes_ = bytes;
  ++generation_;
  return {};
}

// All launches, whose lists of work came with the inputs.
Status Executor::runTogether() {
  return sequenceOf_ == generation_ ? device_.launchAll(launches_, sequence_) : launchAnew();
}

// Each launch as soon as it is prepared: the device is at work meanwhile.
Status Executor::launchAnew() {
  launches_.clear();
  for (size_t index = 0; index < plan_.steps.size(); ++index) {
    const StepPlan &step = plan_.steps[index];
    ReadyStep &ready = ready_[index];
    if (step.isWorkList() || isLeftOut(step))
      continue;
    if (ready.generation != generation_)
      LONGC_TRY(prepare(step, ready));
    if (ready.blocks == 0)
      continue;
    launches_.push_back({step.kernel, ready.grid, ready.views, ready.scalars, step.uneven});
    LONGC_TRY(device_.launch(launches_.back()));
  }
  static std::atomic<uint64_t> next{0};
  sequence_ = ++next;
  sequenceOf_ = generation_;
  return {};
}

Status Executor::runSteps(std::span<const InputTensor> inputs) {
  if (!profile_ && listsComeFirst_)
    return runTogether();
  for (size_t index = 0; index < plan_.steps.size(); ++index) {
    auto start = Clock::now();
    const StepPlan &step = plan_.steps[index];
    if (isLeftOut(step) || (listsComeFirst_ && step.isWorkList()))
      continue;
    LONGC_TRY(step.isWorkList() ? runWorkList(step, inputs) : step.isLaunch() ? runLaunch(index) : runTransfer(step));
    if (!profile_)
      continue;
    LONGC_TRY(device_.finish());
    if (!step.isLaunch())
      profile_->addHost(secondsSince(start));
    else if (ready_[index].blocks > 0)
      profile_->add(step.kernel, secondsSince(start), ready_[index].blocks, costOf(step, ready_[index]));
  }
  return {};
}

Result<std::vector<int32_t>> Executor::makeWorkList(const StepPlan &step, std::span<const InputTensor> inputs) {
  const InputTensor &given = inputs[plan_.buffers[step.segments].index];
  std::span<const int32_t> segments;
  std::vector<int32_t> packed;
  int64_t queries = inputs[0].shape.sizes[0]; // rows of the call's tokens
  if (step.keyBoundaries) {
    const InputTensor &keys = inputs[plan_.buffers[*step.keyBoundaries].index];
    for (const InputTensor &input : inputs) // no boundary lies past the longest input
      queries = std::max(queries, input.shape.sizes[0]);
    auto made = packedSegments({static_cast<const int32_t *>(given.data), static_cast<size_t>(given.shape.sizes[0])},
                               {static_cast<const int32_t *>(keys.data), static_cast<size_t>(keys.shape.sizes[0])}, queries);
    if (!made.ok())
      return made.status();
    packed = std::move(*made);
    segments = packed;
  } else {
    if (given.shape.sizes[1] != SegmentColumn::count)
      return sizeError(formatText("segments have %lld columns, expected 8", static_cast<long long>(given.shape.sizes[1])));
    segments = {static_cast<const int32_t *>(given.data), static_cast<size_t>(given.shape.sizes[0] * SegmentColumn::count)};
    LONGC_TRY(checkWindows(segments));
    LONGC_TRY(checkState(segments, stateBounds()));
  }
  auto list = buildWorkList(segments, step.rows, queries, step.order);
  if (!list.ok())
    return list;
  if (profile_)
    lists_[step.result] = longc::costOf(*list);
  auto count = static_cast<int64_t>(list->size()) / WorkColumn::count;
  if (count > maxima_[step.countSymbol])
    return sizeError(formatText("a work list of %lld rows is longer than its bound %lld", static_cast<long long>(count),
                                static_cast<long long>(maxima_[step.countSymbol])));
  if (symbols_[step.countSymbol] != count) {
    symbols_[step.countSymbol] = count;
    ++generation_;
  }
  if (!hidden_.isOff()) {
    bool moved = false;
    LONGC_TRY(hidden_.keep(step.result, *list, maxima_[step.countSymbol], moved));
    generation_ += moved;
  }
  return list;
}

Status Executor::runWorkList(const StepPlan &step, std::span<const InputTensor> inputs) {
  auto list = makeWorkList(step, inputs);
  if (!list.ok())
    return list.status();
  return list->empty() ? Status() : device_.copyIn(dataOf(step.result), list->data(), list->size() * sizeof(int32_t));
}

LaunchCost Executor::costOf(const StepPlan &step, const ReadyStep &ready) const {
  const auto named = std::ranges::find(plan_.symbolNames, "tokens");
  const int64_t tokens = named == plan_.symbolNames.end() ? 0 : symbols_[static_cast<size_t>(named - plan_.symbolNames.begin())];
  return longc::costOf(program_.message(), plan_, step, {ready.grid, ready.views, tokens, lists_, !device_.hasOwnMemory()});
}

// A copy or a fill, both of whole buffers.
Status Executor::runTransfer(const StepPlan &step) {
  auto view = viewOf(step.target);
  if (!view.ok())
    return view.status();
  const int64_t count = elementsOf(*view);
  const auto element = static_cast<size_t>(elementBytes(plan_.buffers[step.target].type)), bytes = static_cast<size_t>(count) * element;
  if (step.kind == abi::Step::kFill)
    return count == 0 ? Status() : device_.fill(view->data, &step.value, element, static_cast<size_t>(count));
  auto source = viewOf(step.source);
  if (!source.ok())
    return source.status();
  if (elementsOf(*source) != count)
    return sizeError(formatText("a copy of %lld elements to %lld", static_cast<long long>(elementsOf(*source)), static_cast<long long>(count)));
  return count == 0 ? Status() : device_.copyWithin(view->data, source->data, bytes);
}

StateBounds Executor::stateBounds() const {
  StateBounds bounds{{pageTable_, static_cast<size_t>(pageTableSlots_ * pageTablePages_)}, pageTableSlots_, 0};
  for (const BufferPlan &buffer : plan_.buffers) {
    if (buffer.kind != abi::Buffer::STATE)
      continue;
    if (program_.message().states(static_cast<int>(buffer.index)).layout() == abi::State::PAGES) // all of one pool
      bounds.pages = states_[buffer.index].rows / pageRows;
  }
  return bounds;
}

Status Executor::runLaunch(size_t index) {
  const StepPlan &step = plan_.steps[index];
  ReadyStep &ready = ready_[index];
  if (ready.generation != generation_)
    LONGC_TRY(prepare(step, ready));
  if (ready.blocks == 0)
    return {};
  return device_.launch({step.kernel, ready.grid, ready.views, ready.scalars, step.uneven});
}

Status Executor::prepare(const StepPlan &step, ReadyStep &ready) {
  ready.views.clear();
  ready.grid.clear();
  ready.scalars.clear();
  ready.blocks = 1;
  bool isHidden = hidden_.concerns(step, plan_);
  for (const SizeExpr &size : step.grid) {
    auto value = size.evaluate(symbols_);
    if (!value || *value < 0 || __builtin_mul_overflow(ready.blocks, *value, &ready.blocks))
      return sizeError("a launch grid is negative or too large");
    ready.grid.push_back(*value);
  }
  for (const OperandPlan &operand : step.operands) {
    if (operand.isScalar) {
      auto value = operand.scalar.evaluate(symbols_);
      if (!value)
        return sizeError("a scalar operand is too large");
      ready.scalars.push_back(*value);
      continue;
    }
    auto view = viewOf(operand.buffer);
    if (!view.ok())
      return view.status();
    if (void *copy = isHidden ? hidden_.copyOf(operand.buffer) : nullptr)
      view->data = copy;
    ready.views.push_back(*view);
  }
  ready.generation = generation_;
  return {};
}

void *Executor::dataOf(uint32_t index) const {
  const BufferPlan &buffer = plan_.buffers[index];
  switch (buffer.kind) {
  case abi::Buffer::PARAMETER: return parameters_[buffer.index];
  case abi::Buffer::STATE: return states_[buffer.index].data;
  case abi::Buffer::INPUT: return inputBlock_ + inputOffsets_[buffer.index];
  case abi::Buffer::PAGE_TABLE: return inputBlock_ + inputOffsets_.back();
  default:
    const auto list = listOffsets_.find(index);
    return list != listOffsets_.end() ? inputBlock_ + list->second : arena_ + layout_.offsets[index];
  }
}

Result<longc_view> Executor::viewOf(uint32_t index) const {
  const BufferPlan &buffer = plan_.buffers[index];
  longc_view view = {dataOf(index), {1, 1, 1, 1}, {0, 0, 0, 0}};
  int64_t stride = 1;
  for (size_t dim = buffer.sizes.size(); dim-- > 0;) {
    auto size = buffer.sizes[dim].evaluate(symbols_);
    if (!size || *size < 0)
      return sizeError(formatText("buffer %u has a negative size", index));
    view.size[dim] = *size;
    view.stride[dim] = stride;
    stride *= *size;
  }
  return view;
}

TensorShape Executor::resultShape(size_t index) const {
  TensorShape shape;
  for (const SizeExpr &size : plan_.buffers[plan_.results[index]].sizes)
    shape.sizes[static_cast<size_t>(shape.rank++)] = size.evaluate(symbols_).value_or(0);
  return shape;
}

Status Executor::readResults(std::span<const uint32_t> indices, std::span<const std::span<float>> targets) {
  std::vector<CopyOut> copies;
  for (size_t i = 0; i < indices.size(); ++i) {
    const uint32_t index = indices[i];
    if (index >= plan_.results.size())
      return sizeError(formatText("it has no result %u", index));
    const auto bytes = static_cast<size_t>(elementCount(resultShape(index)) * elementBytes(plan_.buffers[plan_.results[index]].type));
    if (bytes != targets[i].size_bytes())
      return sizeError(formatText("result %u has %zu bytes, not %zu", index, bytes, targets[i].size_bytes()));
    if (bytes > 0)
      copies.push_back({targets[i].data(), dataOf(plan_.results[index]), bytes});
  }
  return device_.copyOutAll(copies);
}

Status Executor::readResult(size_t index, void *target, size_t bytes, size_t offset) {
  const std::span<std::byte> one(static_cast<std::byte *>(target), bytes);
  return readParts(index, {&one, 1}, offset);
}

Status Executor::readParts(size_t index, std::span<const std::span<std::byte>> targets, size_t offset) {
  if (index >= plan_.results.size())
    return sizeError(formatText("it has no result %zu", index));
  auto available = static_cast<size_t>(elementCount(resultShape(index)) *
                                       elementBytes(plan_.buffers[plan_.results[index]].type));
  const auto *data = static_cast<const std::byte *>(dataOf(plan_.results[index]));
  std::vector<CopyOut> copies;
  for (std::span<std::byte> target : targets) {
    if (offset > available || target.size() > available - offset)
      return sizeError(formatText("result %zu has %zu bytes, not %zu", index, available, offset + target.size()));
    if (!target.empty())
      copies.push_back({target.data(), data + offset, target.size()});
    offset += target.size();
  }
  return device_.copyOutAll(copies);
}

} // namespace longc
