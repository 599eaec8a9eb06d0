// The table of merges.
#include "runtime/text/MergeTable.h"

#include <algorithm>
#include <bit>

namespace longc {

void MergeTable::reserve(size_t merges) {
  slots_.assign(std::bit_ceil(merges * 2 + 2), {});
  size_t bits = std::bit_ceil(std::max<size_t>(merges * 8, 64));
  there_.assign(bits / 64, 0);
  bitMask_ = bits - 1;
}

void MergeTable::add(int32_t left, int32_t right, Merge merge) {
  uint64_t pair = pairOf(left, right), hash = mixHash(pair, 0), bit = hash & bitMask_;
  there_[bit / 64] |= uint64_t(1) << bit % 64;
  slots_[slotOf(pair, hash)] = {pair, merge};
}

} // namespace longc
