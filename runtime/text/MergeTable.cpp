// BPE merges: the table, a scan for short words and a heap for long ones.
#include "runtime/text/MergeTable.h"

#include "runtime/text/ByteHash.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace longc {

namespace {

uint64_t pairKey(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

// Up to here a scan over all neighbours beats a heap (measured on English and Chinese text).
constexpr size_t longestScannedWord = 32;

} // namespace

void MergeTable::reserve(size_t merges) { slots_.assign(std::bit_ceil(merges * 2 + 2), {}); }

size_t MergeTable::slotOf(uint64_t pair) const {
  size_t mask = slots_.size() - 1;
  size_t slot = mixHash(pair, 0) & mask;
  while (slots_[slot].pair != pair && slots_[slot].pair != emptyPair)
    slot = (slot + 1) & mask;
  return slot;
}

void MergeTable::add(int32_t left, int32_t right, Merge merge) {
  uint64_t pair = pairKey(left, right);
  slots_[slotOf(pair)] = {pair, merge};
}

MergeTable::Merge MergeTable::find(int32_t left, int32_t right) const {
  return slots_[slotOf(pairKey(left, right))].merge;
}

size_t WordMerger::merge(std::span<int32_t> ids) {
  return ids.size() <= longestScannedWord ? mergeShort(ids) : mergeLong(ids);
}

size_t WordMerger::mergeShort(std::span<int32_t> ids) {
  MergeTable::Merge merges[longestScannedWord];
  size_t count = ids.size();
  for (size_t i = 0; i + 1 < count; ++i)
    merges[i] = table_.find(ids[i], ids[i + 1]);
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i)
      if (merges[i].rank < merges[best].rank)
        best = i;
    if (merges[best].rank == MergeTable::noRank)
      break;
    ids[best] = merges[best].merged;
    std::copy(ids.begin() + best + 2, ids.begin() + count, ids.begin() + best + 1);
    std::copy(merges + best + 1, merges + count - 1, merges + best);
    --count;
    if (best + 1 < count)
      merges[best] = table_.find(ids[best], ids[best + 1]);
    if (best > 0)
      merges[best - 1] = table_.find(ids[best - 1], ids[best]);
  }
  return count;
}

void WordMerger::push(uint32_t rank, int32_t position) {
  heap_.push_back(static_cast<uint64_t>(rank) << 32 | static_cast<uint32_t>(position));
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

void WordMerger::updateMerge(int32_t position) {
  Symbol &symbol = symbols_[position];
  symbol.merge = symbol.next < 0 ? MergeTable::Merge{} : table_.find(symbol.id, symbols_[symbol.next].id);
  if (symbol.merge.rank != MergeTable::noRank)
    push(symbol.merge.rank, position);
}

void WordMerger::fillSymbols(std::span<const int32_t> ids) {
  int32_t count = static_cast<int32_t>(ids.size());
  symbols_.resize(ids.size());
  heap_.clear();
  for (int32_t i = 0; i < count; ++i)
    symbols_[i] = {ids[i], i - 1, i + 1 < count ? i + 1 : -1, {}};
  for (int32_t i = 0; i < count; ++i)
    updateMerge(i);
}

void WordMerger::mergeAt(int32_t position) {
  Symbol &left = symbols_[position];
  Symbol &right = symbols_[left.next];
  left.id = left.merge.merged;
  left.next = right.next;
  right.merge = {}; // whatever the heap still says about it is void
  if (left.next >= 0)
    symbols_[left.next].previous = position;
  updateMerge(position);
  if (left.previous >= 0)
    updateMerge(left.previous);
}

size_t WordMerger::mergeLong(std::span<int32_t> ids) {
  fillSymbols(ids);
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    uint64_t top = heap_.back();
    heap_.pop_back();
    int32_t position = static_cast<int32_t>(top & UINT32_MAX);
    if (symbols_[position].merge.rank == top >> 32)
      mergeAt(position);
  }
  size_t count = 0;
  for (int32_t position = 0; position >= 0; position = symbols_[position].next)
    ids[count++] = symbols_[position].id;
  return count;
}

} // namespace longc
