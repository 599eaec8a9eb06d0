// Pages and marks of one sequence.
#include "runtime/serve/Context.h"

#include "runtime/core/Format.h"

#include <algorithm>

namespace longc {

// Entries of pages that were given back. Never read: no segment begins below them.
static constexpr int32_t noPage = 0;
// Work lists count tokens in 32 bits; the page table is as long as they say.
static constexpr int64_t mostTokens = INT32_MAX;

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
  releaseUnkept();
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
  return moveTo(next);
}

Status Context::admitToMemory(int64_t tokens, int64_t unkept) {
  WindowMarks next = marks_;
  next.store(tokens);
  LONGC_TRY(takeUnkept(unkept));
  Status status = moveTo(next);
  if (!status.ok())
    releaseUnkept();
  return status;
}

Status Context::takeUnkept(int64_t rows) {
  releaseUnkept();
  for (int64_t page = 0; page < (rows + pageRows - 1) / pageRows; ++page) {
    auto taken = store_->pages().take();
    if (!taken.ok()) {
      releaseUnkept();
      return taken.status();
    }
    unkept_.push_back(*taken);
  }
  return {};
}

void Context::releaseUnkept() {
  for (int32_t page : unkept_)
    store_->pages().release(page);
  unkept_.clear();
}

// Pages for the tokens that are new in `next`.
Status Context::moveTo(const WindowMarks &next) {
  if (!store_->layout().pages.empty()) {
    releaseBelow(next.memoryBegin() / pageRows);
    LONGC_TRY(makeWritable(marks_.end() / pageRows, (next.end() + pageRows - 1) / pageRows));
  }
  marks_ = next;
  return {};
}

Status Context::begin(const CachePrefix &prefix) {
  LONGC_TRY(admit(prefix.tokens));
  for (size_t ring = 0; ring < prefix.rings.size(); ++ring) {
    const std::byte *rows = prefix.rings[ring].data();
    const int64_t rowBytes = store_->layout().rings[ring].rowBytes;
    for (auto [row, count] : localRows()) {
      LONGC_TRY(store_->ring(ring).write(store_->ringOffset(ring, slot_, row), rows, static_cast<size_t>(count * rowBytes)));
      rows += count * rowBytes;
    }
  }
  return {};
}

void Context::takeBack() {
  marks_.takeBack();
  for (const int64_t pages = (marks_.end() + pageRows - 1) / pageRows; static_cast<int64_t>(table_.size()) > pages; table_.pop_back())
    store_->pages().release(table_.back());
}

void Context::spill() { marks_.spill(); }

std::vector<MemoryRun> runsOf(std::span<const MemoryPages> parts) {
  std::vector<MemoryRun> runs, rests;
  for (size_t part = 0; part < parts.size(); ++part) {
    const int64_t full = parts[part].tokens / pageRows * pageRows;
    if (full > 0)
      runs.push_back({part, 0, full});
    if (full < parts[part].tokens)
      rests.push_back({part, full, parts[part].tokens - full});
  }
  runs.insert(runs.end(), rests.begin(), rests.end());
  return runs;
}

Status Context::putTogether(std::span<const MemoryPages> parts) {
  int64_t tokens = 0;
  for (const MemoryRun &run : runsOf(parts)) {
    const MemoryPages &part = parts[run.part];
    if (tokens + run.count > mostTokens)
      return Status::error(7101, "the documents have more tokens together than a memory holds", "leave some out");
    if (run.count % pageRows == 0)
      for (int32_t page : part.pages.subspan(static_cast<size_t>(run.token / pageRows), static_cast<size_t>(run.count / pageRows))) {
        store_->pages().share(page);
        table_.push_back(page);
      }
    else
      LONGC_TRY(copyRows(part, run, tokens));
    tokens += run.count;
  }
  marks_.restore(0, tokens, tokens, tokens);
  marks_.applyPolicy();
  releaseBelow(marks_.memoryBegin() / pageRows);
  return {};
}

// Copies rows of one page to the tokens from `begin` on, which are this context's last.
Status Context::copyRows(const MemoryPages &part, const MemoryRun &run, int64_t begin) {
  const int64_t end = begin + run.count;
  LONGC_TRY(makeWritable(begin / pageRows, (end + pageRows - 1) / pageRows));
  const int32_t from = part.pages[static_cast<size_t>(run.token / pageRows)];
  for (int64_t token = begin; token < end;) {
    const int64_t count = std::min(end, (token / pageRows + 1) * pageRows) - token;
    LONGC_TRY(store_->pages().copyRows(from, token - begin, table_[static_cast<size_t>(token / pageRows)], token % pageRows, count));
    token += count;
  }
  return {};
}

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
