// Random ragged batches.
#include "dialects/interpreter/compare/RandomBatch.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"

#include <numeric>

namespace longc {

uint64_t drawBits(uint64_t seed, llvm::StringRef name, uint64_t index) {
  // Finaliser of splitmix64.
  uint64_t z = seed * 0x9e3779b97f4a7c15ull + llvm::xxh3_64bits(name) + index * 0xd1b54a32d192ed03ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

double drawReal(uint64_t seed, llvm::StringRef name, uint64_t index) {
  return static_cast<double>(drawBits(seed, name, index) >> 11) * 0x1p-52 - 1;
}

int64_t drawInteger(uint64_t seed, llvm::StringRef name, uint64_t index, int64_t bound) {
  return static_cast<int64_t>(drawBits(seed, name, index) % static_cast<uint64_t>(bound));
}

RandomBatch::RandomBatch(uint64_t seed, int64_t tokens, int64_t count) : seed(seed), tokens(tokens) {
  constexpr int64_t longestPast = 300, longestWindow = 100;
  slots = std::max<int64_t>(4, count);
  // A ring is shorter than the longest past, so that indices wrap, and holds any window with this call's tokens.
  ring = std::max<int64_t>(ringAlignment, llvm::alignTo(tokens + longestWindow, ringAlignment));
  pagesOfSlot = llvm::divideCeil(longestPast + tokens, pageRows);
  // Sequence 1 of three or more has no tokens.
  int64_t filled = count >= 3 ? count - 1 : count, given = 0;
  for (int64_t i = 0, nth = 0; i < count; ++i) {
    bool empty = count >= 3 && i == 1;
    int64_t share = empty ? 0 : ++nth == filled ? tokens - given : tokens / filled;
    int64_t past = i == 0 && count > 1 ? 0 : drawInteger(seed, "past", i, longestPast);
    int64_t windowBegin = past - drawInteger(seed, "window", i, std::min(past, longestWindow) + 1);
    int64_t memoryEnd = windowBegin, memoryBegin = drawInteger(seed, "memory", i, memoryEnd / 4 + 1);
    // Slots differ, in an order of their own.
    int64_t slot = (i + static_cast<int64_t>(seed % slots)) % slots;
    sequences.push_back({given, given + share, windowBegin, past + share, memoryBegin, memoryEnd, slot});
    given += share;
  }
  pageTable.resize(slots * pagesOfSlot);
  std::iota(pageTable.begin(), pageTable.end(), 0);
  for (int64_t i = static_cast<int64_t>(pageTable.size()) - 1; i > 0; --i)
    std::swap(pageTable[i], pageTable[drawInteger(seed, "page", i, i + 1)]);
}

std::shared_ptr<const RowStore> RandomBatch::store(llvm::StringRef name, bool isMemory, int64_t width) const {
  auto result = std::make_shared<RowStore>();
  for (const Sequence &sequence : sequences) {
    // This call's rows too, so that a function may read state without an append; an append overwrites them.
    int64_t end = sequence.windowEnd;
    for (int64_t index = isMemory ? 0 : std::max<int64_t>(0, end - ring); index < end; ++index) {
      auto row = std::make_shared<RowStore::Row>();
      uint64_t first = (sequence.slot * 100000 + index) * width * 2;
      for (int64_t c = 0; c < width; ++c) {
        row->key.push_back(drawReal(seed, name, first + c));
        row->value.push_back(drawReal(seed, name, first + width + c));
      }
      result->slots[sequence.slot][index] = std::move(row);
    }
  }
  return result;
}

} // namespace longc
