// How many shares, and where they lie.
#include "passes/VocabularyShares.h"

#include <algorithm>

using namespace mlir;

namespace longc {

VocabularyShares VocabularyShares::of(tile::TargetAttr facts, RankedTensorType x, int64_t rows) {
  constexpr int64_t rowsAtOnce = 2048, blocksAtOnce = 256, most = 8; // what keeps a target busy with a small call
  if (facts.getMmaDepth() == 0 || !x.isDynamicDim(0))
    return {};
  return {std::clamp<int64_t>(blocksAtOnce * rows / rowsAtOnce, 1, most)};
}

std::pair<Value, Value> VocabularyShares::part(KernelBuilder &kernel, Value number, Value end, int64_t step) const {
  Value steps = kernel.div(kernel.add(end, kernel.index(count * step - 1)), count * step);
  Value length = kernel.mul(steps, step);
  Value begin = arith::MulIOp::create(kernel.body(), number, length);
  return {begin, kernel.min(end, kernel.add(begin, length))};
}

} // namespace longc
