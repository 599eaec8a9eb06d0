// Inputs of a call.
#include "runtime/serve/Batch.h"

#include "runtime/serve/PagePool.h"
#include "runtime/serve/WorkList.h"

#include <algorithm>

namespace longc {
namespace {

// The page table grows by so many columns at a time: launches are prepared anew when its shape changes.
constexpr int64_t tableStep = 16;

TensorShape listOf(int64_t count) { return {{count, 1, 1, 1}, 1}; }

Status refused(const char *what) {
  return Status::error(5201, std::string("these sequences cannot be in one call: ") + what,
                       "give every sequence a place of its own in one store");
}

// Tokens that the window sees which begins at `first` of the part.
int64_t seenBefore(const BatchPart &part, int64_t first) { return std::min(part.overlap, first + static_cast<int64_t>(part.before.size())); }

} // namespace

int64_t unkeptRows(const BatchPart &part) {
  int64_t rows = 0;
  for (int64_t first = 0; part.window > 0 && first < static_cast<int64_t>(part.tokens.size()); first += part.window)
    rows += seenBefore(part, first);
  return rows;
}

Status checkParts(std::span<const BatchPart> parts) {
  std::vector<const Context *> seen;
  for (const BatchPart &part : parts) {
    if (&part.context->store() != &parts.front().context->store())
      return refused("their states lie in several stores");
    if (std::find(seen.begin(), seen.end(), part.context) != seen.end())
      return refused("one is there twice");
    seen.push_back(part.context);
  }
  return {};
}

void Batch::add(const BatchPart &part) {
  const Context &context = *part.context;
  store_ = &context.store();
  contexts_.push_back(&context);
  const WindowMarks &marks = context.marks();
  const auto firstRow = static_cast<int64_t>(tokens_.size()), count = static_cast<int64_t>(part.tokens.size());
  logits_.emplace_back(part.logits, part.rows.size());
  if (!part.rows.empty())
    choices_.push_back(part.choice);
  if (part.window > 0)
    return addWindows(part);
  for (int32_t token : part.tokens) {
    if (token < 0) {
      softNumbers_.push_back(softToken(token));
      destinations_.push_back(static_cast<int32_t>(tokens_.size()));
      softTables_.push_back(part.softTokens);
    }
    tokens_.push_back(std::max(token, 0));
  }
  temperatures_.resize(tokens_.size(), part.temperature);
  for (int32_t row : part.rows)
    rows_.push_back(static_cast<int32_t>(firstRow + row));
  for (int64_t index = part.firstIndex; index < part.firstIndex + count; ++index)
    positions_.push_back(static_cast<int32_t>(index - marks.origin()));
  addSegment(part, firstRow, count, part.firstIndex, marks.windowBegin());
  boundaries_.push_back(static_cast<int32_t>(firstRow + count));
}

// Each window behind the tokens that it sees before it. Kernels write what they compute of each token: of those it goes to pages behind
// the context's.
void Batch::addWindows(const BatchPart &part) {
  const auto count = static_cast<int64_t>(part.tokens.size());
  std::vector<int32_t> all(part.before.begin(), part.before.end());
  all.insert(all.end(), part.tokens.begin(), part.tokens.end());
  const auto before = static_cast<int64_t>(part.before.size());
  int64_t unkept = 0;
  for (int64_t first = 0; first < count; first += part.window) {
    const int64_t tokens = std::min(part.window, count - first), seen = seenBefore(part, first);
    const auto row = static_cast<int64_t>(tokens_.size());
    const auto begin = all.begin() + static_cast<ptrdiff_t>(before + first);
    tokens_.insert(tokens_.end(), begin - static_cast<ptrdiff_t>(seen), begin + static_cast<ptrdiff_t>(tokens));
    for (int64_t place = 0; place < seen + tokens; ++place)
      positions_.push_back(static_cast<int32_t>(place));
    if (seen > 0) {
      const int64_t behind = static_cast<int64_t>(part.context->pageTable().size()) * pageRows + unkept;
      addSegment(part, row, seen, behind, behind);
      unkept += seen;
    }
    addSegment(part, row + seen, tokens, part.firstIndex + first, part.firstIndex + first);
    boundaries_.push_back(static_cast<int32_t>(row + seen + tokens));
  }
  temperatures_.resize(tokens_.size(), part.temperature);
}

// Tokens of one sequence from `firstIndex` on that see its window from `windowBegin` on.
void Batch::addSegment(const BatchPart &part, int64_t firstRow, int64_t tokens, int64_t firstIndex, int64_t windowBegin) {
  for (int64_t index = firstIndex; index < firstIndex + tokens; ++index)
    memoryPositions_.push_back(static_cast<int32_t>(index - windowBegin));
  const bool readsMemory = !part.alone && part.window == 0;
  for (int64_t mark : {firstRow, firstRow + tokens, windowBegin, firstIndex + tokens,
                       readsMemory ? part.context->marks().memoryBegin() : windowBegin, windowBegin,
                       int64_t{part.context->slot()}, int64_t{0}})
    segments_.push_back(static_cast<int32_t>(mark));
}

// A row of the page table for every slot of the store; those that are not in the call stay empty.
void Batch::bind(Executor &executor) {
  store_->bind(executor);
  size_t columns = 0;
  for (const Context *context : contexts_)
    columns = std::max(columns, context->pageTable().size() + context->unkeptPages().size());
  columns = (columns + tableStep - 1) / tableStep * tableStep;
  pageTable_.assign(static_cast<size_t>(store_->slots()) * columns, 0);
  for (const Context *context : contexts_) {
    auto row = std::ranges::copy(context->pageTable(), pageTable_.begin() + static_cast<ptrdiff_t>(context->slot() * columns)).out;
    std::ranges::copy(context->unkeptPages(), row);
  }
  executor.bindPageTable(pageTable_.data(), store_->slots(), static_cast<int64_t>(columns));
}

Status Batch::gatherSoftTokens(int64_t width) {
  const auto columns = static_cast<size_t>(width);
  softTokens_.resize(softNumbers_.size() * columns);
  for (size_t row = 0; row < softNumbers_.size(); ++row) {
    const size_t first = static_cast<size_t>(softNumbers_[row]) * columns;
    if (first + columns > softTables_[row].size())
      return refused("a soft token has no row of the model's width");
    std::ranges::copy(softTables_[row].subspan(first, columns), softTokens_.begin() + static_cast<ptrdiff_t>(row * columns));
  }
  return {};
}

Status Batch::begin(Executor &executor, bool tokensAreThere) {
  bind(executor);
  const TensorShape all = listOf(static_cast<int64_t>(tokens_.size()));
  std::vector<InputTensor> inputs;
  auto add = [&](const auto &numbers) { inputs.push_back({numbers.data(), listOf(static_cast<int64_t>(numbers.size()))}); };
  for (const abi::Input &input : executor.function().inputs())
    switch (input.role()) {
    case abi::Input::TOKENS: add(tokens_); break;
    case abi::Input::POSITIONS: inputs.push_back({positions_.data(), all}); break;
    case abi::Input::MEMORY_POSITIONS: inputs.push_back({memoryPositions_.data(), all}); break;
    case abi::Input::TEMPERATURE: inputs.push_back({temperatures_.data(), all}); break;
    case abi::Input::ROWS: add(rows_); break;
    case abi::Input::BOUNDARIES: add(boundaries_); break;
    case abi::Input::DESTINATIONS: add(destinations_); break;
    case abi::Input::SEGMENTS:
      inputs.push_back({segments_.data(), {{static_cast<int64_t>(segments_.size()) / SegmentColumn::count, SegmentColumn::count, 1, 1}, 2}});
      break;
    case abi::Input::SOFT_TOKENS: {
      const int64_t width = input.sizes(1).value();
      LONGC_TRY(gatherSoftTokens(width));
      inputs.push_back({softTokens_.data(), {{static_cast<int64_t>(destinations_.size()), width, 1, 1}, 2}});
      break;
    }
    default: return refused("the function wants what no batch has"); // Engine::create has seen that there is none
    }
  return executor.begin(inputs, tokensAreThere);
}

Status Batch::choose(Executor &executor, DeviceSampler &device) {
  std::vector<const Sampler *> samplers;
  for (const RowChoice *choice : choices_)
    samplers.push_back(choice->sampler);
  LONGC_TRY(device.begin(samplers));
  LONGC_TRY(device.choose(executor.resultAddress(0), executor.tokensAddress()));
  auto outcomes = device.outcomes();
  if (!outcomes.ok())
    return outcomes.status();
  for (size_t row = 0; row < choices_.size(); ++row) {
    choices_[row]->outcome = (*outcomes)[row];
    choices_[row]->sampler->noteDraw();
  }
  return {};
}

Status Batch::run(Executor &executor, DeviceSampler *device) {
  LONGC_TRY(begin(executor));
  if (rows_.empty())
    return executor.finish();
  if (device && std::ranges::find(choices_, nullptr) == choices_.end())
    return choose(executor, *device);
  // What is read waits for the call.
  const size_t rowBytes = static_cast<size_t>(executor.resultShape(0).sizes[1]) * sizeof(float);
  std::vector<std::span<std::byte>> targets;
  for (auto [target, rows] : logits_)
    targets.push_back({reinterpret_cast<std::byte *>(target), rows * rowBytes});
  return executor.readParts(0, targets);
}

} // namespace longc
