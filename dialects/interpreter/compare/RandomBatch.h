// A small ragged batch with consistent segments, positions and state, drawn from a seed.
#pragma once

#include "dialects/interpreter/RowStore.h"
#include "runtime/abi/Layout.h"

#include "llvm/ADT/StringRef.h"

namespace longc {

// A number in [0, 2^64) that depends on the seed, a name and an index alone.
uint64_t drawBits(uint64_t seed, llvm::StringRef name, uint64_t index);
// Uniform in [-1, 1].
double drawReal(uint64_t seed, llvm::StringRef name, uint64_t index);
// Uniform in [0, bound), bound > 0.
int64_t drawInteger(uint64_t seed, llvm::StringRef name, uint64_t index, int64_t bound);

struct RandomBatch {
  // One sequence of the batch; the columns of a segments operand.
  struct Sequence {
    int64_t queryBegin, queryEnd, windowBegin, windowEnd, memoryBegin, memoryEnd, slot;
  };

  uint64_t seed;
  int64_t tokens, slots, ring, pagesOfSlot;
  std::vector<Sequence> sequences;
  std::vector<int64_t> pageTable; // [slots, pagesOfSlot], a permutation of the pages

  // `tokens` query rows over `count` sequences: the first starts afresh, and one of three or more is empty.
  RandomBatch(uint64_t seed, int64_t tokens, int64_t count);

  int64_t memoryRow(int64_t slot, int64_t index) const {
    return pageTable[slot * pagesOfSlot + index / pageRows] * pageRows + index % pageRows;
  }
  int64_t ringRow(int64_t slot, int64_t index) const { return slot * ring + index % ring; }

  // Rows of `width` numbers of each sequence up to this call's last token; for a cache the last `ring` of them.
  std::shared_ptr<const RowStore> store(llvm::StringRef name, bool isMemory, int64_t width) const;
};

} // namespace longc
