// BPE as it is defined: the merges applied to a word one by one, lowest rank first, leftmost first among equals.
//
// BpeModel finds the same ids without applying a merge; this is what it must agree with, and what it asks about the few
// tokens whose merges are not in the order in which they build on each other.
#pragma once

#include "runtime/text/MergeTable.h"

#include <cstdint>
#include <span>
#include <vector>

namespace longc {

// Keeps its working memory between words, so one thread uses one queue.
class MergeQueue {
public:
  // Applies the merges of `table` to `ids` in place; returns how many ids are left. Time is O(n log n).
  size_t merge(const MergeTable &table, std::span<int32_t> ids);

private:
  struct Symbol {
    int32_t id;
    int32_t previous, next;  // positions, -1 at the ends
    MergeTable::Merge merge; // with the next symbol
  };

  void fillSymbols(const MergeTable &table, std::span<const int32_t> ids);
  void updateMerge(const MergeTable &table, int32_t position);
  void mergeAt(const MergeTable &table, int32_t position);
  void push(uint32_t rank, int32_t position);

  std::vector<Symbol> symbols_;
  std::vector<uint64_t> heap_; // rank in the high half, position in the low half; may hold what is no longer true
};

} // namespace longc
