// Merging with a heap.
#include "runtime/text/MergeQueue.h"

#include <algorithm>
#include <functional>

namespace longc {

void MergeQueue::push(uint32_t rank, int32_t position) {
  heap_.push_back(static_cast<uint64_t>(rank) << 32 | static_cast<uint32_t>(position));
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

void MergeQueue::updateMerge(const MergeTable &table, int32_t position) {
  Symbol &symbol = symbols_[position];
  symbol.merge = symbol.next < 0 ? MergeTable::Merge{} : table.find(symbol.id, symbols_[symbol.next].id);
  if (symbol.merge.rank != MergeTable::noRank)
    push(symbol.merge.rank, position);
}

void MergeQueue::fillSymbols(const MergeTable &table, std::span<const int32_t> ids) {
  int32_t count = static_cast<int32_t>(ids.size());
  symbols_.resize(ids.size());
  heap_.clear();
  for (int32_t i = 0; i < count; ++i)
    symbols_[i] = {ids[i], i - 1, i + 1 < count ? i + 1 : -1, {}};
  for (int32_t i = 0; i < count; ++i)
    updateMerge(table, i);
}

void MergeQueue::mergeAt(const MergeTable &table, int32_t position) {
  Symbol &left = symbols_[position];
  Symbol &right = symbols_[left.next];
  left.id = left.merge.merged;
  left.next = right.next;
  right.merge = {}; // whatever the heap still says about it is void
  if (left.next >= 0)
    symbols_[left.next].previous = position;
  updateMerge(table, position);
  if (left.previous >= 0)
    updateMerge(table, left.previous);
}

size_t MergeQueue::merge(const MergeTable &table, std::span<int32_t> ids) {
  if (ids.empty())
    return 0;
  fillSymbols(table, ids);
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    uint64_t top = heap_.back();
    heap_.pop_back();
    int32_t position = static_cast<int32_t>(top & UINT32_MAX);
    if (symbols_[position].merge.rank == top >> 32)
      mergeAt(table, position);
  }
  size_t count = 0;
  for (int32_t position = 0; position >= 0; position = symbols_[position].next)
    ids[count++] = symbols_[position].id;
  return count;
}

} // namespace longc
