// Pages and marks of one sequence.
#include "runtime/serve/Context.h"

#include "runtime/core/Format.h"

#include <algorithm>

namespace longc {

// Entries of pages that were given back. Never read: no segment begins below them.
static constexpr int32_t noPage = 0;

Result<std::unique_ptr<Context>> Context::open(std::shared_ptr<StateStore> store, const WindowPolicy &policy) {
  auto slot = store->takeSlot();
  if (!slot.ok())
    return slot.status();
  return std::unique_ptr<Context>(new Context(std::move(store), *slot, policy));
}

Result<std::unique_ptr<Context>> Context::create(const StateLayout &layout, const WindowPolicy &policy, int64_t chunk) {
  auto store = StateStore::create(layout, StateStore::ringRowsFor(policy.window, chunk));
  return store.ok() ? open(std::move(*store), policy) : store.status();
}

Result<std::unique_ptr<Context>> Context::create(std::shared_ptr<StateStore> store, const WindowPolicy &policy,
                                                 int64_t chunk) {
  if (StateStore::ringRowsFor(policy.window, chunk) > store->ringRows())
    return Status::error(1012, formatText("a window of %lld tokens does not fit into rings of %lld rows",
                                          static_cast<long long>(policy.window),
                                          static_cast<long long>(store->ringRows())),
                         "make the store for the largest window of its sequences");
  return open(std::move(store), policy);
}

Context::~Context() {
  releaseBelow(static_cast<int64_t>(table_.size()));
  store_->releaseSlot(slot_);
}

std::vector<Context::RingRows> Context::localRows() const {
  std::vector<RingRows> pieces;
  const int64_t ringRows = store_->ringRows();
  for (int64_t token = marks_.windowBegin(); token < marks_.end();) {
    int64_t row = token % ringRows, rows = std::min(marks_.end() - token, ringRows - row);
    pieces.push_back({row, rows});
    token += rows;
  }
  return pieces;
}

Result<std::unique_ptr<Context>> Context::fork() const {
  auto store = store_->slots() > 1 ? Result<std::shared_ptr<StateStore>>(store_) : store_->beside();
  if (!store.ok())
    return store.status();
  auto copy = open(std::move(*store), marks_.policy());
  if (!copy.ok())
    return copy;
  Context &other = **copy;
  for (size_t ring = 0; ring < store_->layout().rings.size(); ++ring)
    for (auto [row, rows] : localRows()) {
      int64_t rowBytes = store_->layout().rings[ring].rowBytes;
      LONGC_TRY(other.store_->ring(ring).copyFrom(store_->ring(ring), store_->ringOffset(ring, slot_, row),
                                                  other.store_->ringOffset(ring, other.slot_, row),
                                                  static_cast<size_t>(rows * rowBytes)));
    }
  other.marks_ = marks_;
  other.table_ = table_;
  other.firstPage_ = firstPage_;
  for (size_t page = static_cast<size_t>(firstPage_); page < table_.size(); ++page)
    store_->pages().share(table_[page]);
  return copy;
}

Status Context::admit(int64_t tokens) {
  WindowMarks next = marks_;
  next.admit(tokens);
  if (!store_->layout().pages.empty()) {
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
    if (!fresh && !store_->pages().isShared(table_[index]))
      continue;
    auto taken = fresh ? store_->pages().take() : store_->pages().takeCopy(table_[index]);
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
    store_->pages().release(table_[static_cast<size_t>(firstPage_)]);
    table_[static_cast<size_t>(firstPage_)] = noPage;
  }
}

int64_t Context::memoryBytes() const {
  return (static_cast<int64_t>(table_.size()) - firstPage_) * pageRows * store_->pages().bytesPerToken();
}

} // namespace longc
