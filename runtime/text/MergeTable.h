// The merges of a BPE model: what a pair of neighbours becomes.
#pragma once

#include "runtime/text/ByteHash.h"

#include <cstddef>
#include <cstdint>
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

  MergeTable() { reserve(0); }

  // Forgets all merges; at most `merges` may be added.
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

  static uint64_t pairOf(int32_t left, int32_t right);
  size_t slotOf(uint64_t pair, uint64_t hash) const;

  std::vector<Slot> slots_;     // a power of two of them, at most half full
  std::vector<uint64_t> there_; // a bit by hash: most pairs asked for do not merge, and this is small enough to stay near
  uint64_t bitMask_ = 0;
};

inline uint64_t MergeTable::pairOf(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

inline size_t MergeTable::slotOf(uint64_t pair, uint64_t hash) const {
  size_t mask = slots_.size() - 1;
  size_t slot = hash >> 32 & mask;
  while (slots_[slot].pair != pair && slots_[slot].pair != emptyPair)
    slot = (slot + 1) & mask;
  return slot;
}

inline MergeTable::Merge MergeTable::find(int32_t left, int32_t right) const {
  uint64_t pair = pairOf(left, right), hash = mixHash(pair, 0), bit = hash & bitMask_;
  if ((there_[bit / 64] >> bit % 64 & 1) == 0)
    return {};
  return slots_[slotOf(pair, hash)].merge;
}

} // namespace longc
