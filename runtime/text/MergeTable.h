// The merges of a BPE model and the procedure that applies them to one word.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace longc {

class MergeTable {
public:
  static constexpr uint32_t noRank = UINT32_MAX;

  // What a pair of neighbours becomes; the lower the rank, the earlier.
  struct Merge {
    uint32_t rank = noRank;
    int32_t merged = -1;
  };

  void reserve(size_t merges);
  // A pair given twice keeps the later rank, as in Hugging Face's builder.
  void add(int32_t left, int32_t right, Merge merge);
  Merge find(int32_t left, int32_t right) const;

private:
  struct Slot {
    uint64_t pair = emptyPair;
    Merge merge;
  };
  static constexpr uint64_t emptyPair = UINT64_MAX;

  size_t slotOf(uint64_t pair) const;

  std::vector<Slot> slots_; // a power of two of them, at most half full
};

// Merges words; keeps its working memory between words, so one thread uses one merger.
class WordMerger {
public:
  explicit WordMerger(const MergeTable &table) : table_(table) {}

  // Applies the merges to `ids` in place, lowest rank first and leftmost first among equals; returns how many ids are
  // left. Time is O(n log n) in the length of the word.
  size_t merge(std::span<int32_t> ids);

private:
  struct Symbol {
    int32_t id;
    int32_t previous, next;  // positions, -1 at the ends
    MergeTable::Merge merge; // with the next symbol
  };

  size_t mergeShort(std::span<int32_t> ids);
  size_t mergeLong(std::span<int32_t> ids);
  void fillSymbols(std::span<const int32_t> ids);
  void updateMerge(int32_t position);
  void mergeAt(int32_t position);
  void push(uint32_t rank, int32_t position);

  const MergeTable &table_;
  std::vector<Symbol> symbols_;
  std::vector<uint64_t> heap_; // rank in the high half, position in the low half; may hold what is no longer true
};

} // namespace longc
