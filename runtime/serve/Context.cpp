// Rings and pages of one sequence.
#include "runtime/serve/Context.h"

#include <algorithm>
#include <cstring>

namespace longc {
namespace {

// Tiles of the window are aligned to their own size, which divides this; so a tile never wraps around the ring.
constexpr int64_t ringAlignment = 256;
// Entries of pages that were given back. Never read: no segment begins below them.
constexpr int32_t noPage = 0;

bool isRing(abi::State::Kind kind) { return kind == abi::State::CACHE_KEYS || kind == abi::State::CACHE_VALUES; }

} // namespace

StateLayout StateLayout::of(const abi::Program &program, const std::vector<const abi::Function *> &functions) {
  std::vector<bool> used(static_cast<size_t>(program.states_size()), false);
  for (const abi::Function *function : functions)
    for (const abi::Buffer &buffer : function->buffers())
      if (buffer.kind() == abi::Buffer::STATE)
        used[buffer.index()] = true;
  StateLayout layout;
  for (uint32_t index = 0; index < used.size(); ++index) {
    if (!used[index])
      continue;
    const abi::State &state = program.states(static_cast<int>(index));
    int64_t rowBytes = elementBytes(state.type());
    for (int64_t size : state.row_shape())
      rowBytes *= size;
    auto &list = isRing(state.kind()) ? layout.rings : layout.pages;
    list.push_back({index, state.kind(), state.layer(), state.type(), rowBytes});
  }
  return layout;
}

int64_t Context::ringRowsFor(int64_t window, int64_t chunk) {
  return (window + chunk + ringAlignment - 1) / ringAlignment * ringAlignment;
}

Result<std::unique_ptr<Context>> Context::create(const StateLayout &layout, const WindowPolicy &policy, int64_t chunk) {
  std::unique_ptr<Context> context(new Context(layout, policy));
  LONGC_TRY(context->allocateRings(ringRowsFor(policy.window, chunk)));
  std::vector<int64_t> rowBytes;
  for (const StateLayout::Entry &entry : layout.pages)
    rowBytes.push_back(entry.rowBytes);
  auto pool = PagePool::create(std::move(rowBytes));
  if (!pool.ok())
    return pool.status();
  context->pool_ = std::move(*pool);
  return context;
}

Context::~Context() {
  if (pool_)
    releaseBelow(static_cast<int64_t>(table_.size()));
}

Status Context::allocateRings(int64_t rows) {
  ringRows_ = rows;
  for (const StateLayout::Entry &entry : layout_.rings) {
    auto ring = Arena::allocate(static_cast<size_t>(rows * entry.rowBytes), "the local window");
    if (!ring.ok())
      return ring.status();
    rings_.push_back(std::move(*ring));
  }
  return {};
}

std::vector<Context::RingRows> Context::localRows() const {
  std::vector<RingRows> pieces;
  for (int64_t token = marks_.windowBegin(); token < marks_.end();) {
    int64_t row = token % ringRows_, rows = std::min(marks_.end() - token, ringRows_ - row);
    pieces.push_back({row, rows});
    token += rows;
  }
  return pieces;
}

Result<std::unique_ptr<Context>> Context::fork() const {
  std::unique_ptr<Context> copy(new Context(layout_, marks_.policy()));
  LONGC_TRY(copy->allocateRings(ringRows_));
  for (size_t ring = 0; ring < rings_.size(); ++ring)
    for (auto [row, rows] : localRows()) {
      int64_t rowBytes = layout_.rings[ring].rowBytes;
      std::memcpy(copy->rings_[ring].data() + row * rowBytes, rings_[ring].data() + row * rowBytes,
                  static_cast<size_t>(rows * rowBytes));
    }
  copy->marks_ = marks_;
  copy->pool_ = pool_;
  copy->table_ = table_;
  copy->firstPage_ = firstPage_;
  for (size_t page = static_cast<size_t>(firstPage_); page < table_.size(); ++page)
    pool_->share(table_[page]);
  return copy;
}

Status Context::admit(int64_t tokens) {
  WindowMarks next = marks_;
  next.admit(tokens);
  if (!layout_.pages.empty()) {
    releaseBelow(next.memoryBegin() / pageRows);
    LONGC_TRY(makeWritable(marks_.end() / pageRows, (next.end() + pageRows - 1) / pageRows));
  }
  marks_ = next;
  return {};
}

void Context::spill() { marks_.spill(); }

Status Context::makeWritable(int64_t firstPage, int64_t endPage) {
  for (int64_t page = firstPage; page < endPage; ++page) {
    auto index = static_cast<size_t>(page);
    bool fresh = index >= table_.size();
    if (!fresh && !pool_->isShared(table_[index]))
      continue;
    auto taken = fresh ? pool_->take() : pool_->takeCopy(table_[index]);
    if (!taken.ok())
      return taken.status();
    if (fresh)
      table_.resize(index + 1, noPage);
    table_[index] = *taken;
  }
  return {};
}

void Context::releaseBelow(int64_t page) {
  for (int64_t end = std::min(page, static_cast<int64_t>(table_.size())); firstPage_ < end; ++firstPage_) {
    pool_->release(table_[static_cast<size_t>(firstPage_)]);
    table_[static_cast<size_t>(firstPage_)] = noPage;
  }
}

void Context::bind(Executor &executor) const {
  for (size_t ring = 0; ring < rings_.size(); ++ring)
    executor.bindState(layout_.rings[ring].state, rings_[ring].data(), ringRows_);
  for (size_t state = 0; state < layout_.pages.size(); ++state)
    executor.bindState(layout_.pages[state].state, pool_->data(state), pool_->rows());
  executor.bindPageTable(table_.data(), 1, static_cast<int64_t>(table_.size()));
}

int64_t Context::memoryBytes() const {
  return (static_cast<int64_t>(table_.size()) - firstPage_) * pageRows * pool_->bytesPerToken();
}

int64_t Context::ringBytes() const {
  int64_t bytes = 0;
  for (const Arena &ring : rings_)
    bytes += static_cast<int64_t>(ring.size());
  return bytes;
}

} // namespace longc
