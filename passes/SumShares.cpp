// How many shares, and where they lie.
#include "passes/SumShares.h"

#include <algorithm>

using namespace mlir;

namespace longc {

SumShares SumShares::of(tile::TargetAttr facts, int64_t blocks) {
  constexpr int64_t most = 32;
  return {std::clamp<int64_t>(facts.getBusyBlocks() / blocks, 1, most)};
}

SumShares SumShares::ofVocabulary(tile::TargetAttr facts, RankedTensorType x, int64_t rows) {
  constexpr int64_t rowsOfCall = 2048, most = 8; // of a small one; its blocks are made in two rounds
  return {x.isDynamicDim(0) ? std::clamp<int64_t>(2 * facts.getBusyBlocks() * rows / rowsOfCall, 1, most) : 1};
}

std::pair<Value, Value> SumShares::part(KernelBuilder &kernel, Value number, Value end, int64_t step) const {
  Value steps = kernel.div(kernel.add(end, kernel.index(count * step - 1)), count * step);
  Value length = kernel.mul(steps, step);
  Value begin = arith::MulIOp::create(kernel.body(), number, length);
  return {begin, kernel.min(end, kernel.add(begin, length))};
}

} // namespace longc
