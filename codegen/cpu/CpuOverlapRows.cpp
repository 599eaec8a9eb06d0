// Which products run beside the row work that their next rows need.
//
// In a product of softmax weights and values, the weights of a row wait for its maximum, which waits for the product of
// queries and keys: rows are a chain, and while it is at its exponentials nothing multiplies. Rows of different blocks do
// not wait for each other.
#include "codegen/cpu/CpuPasses.h"

#include "codegen/cpu/TileFacts.h"

using namespace mlir;

namespace longc {

#define GEN_PASS_DEF_CPUOVERLAPROWSPASS
#include "codegen/cpu/CpuPasses.h.inc"

namespace {

// Fewer rows are one block, which has nothing to run beside.
constexpr int64_t fewestRows = 64;

// Whether `value` is computed in `block` from the result of an op that `isSource` accepts.
bool comesFrom(Value value, Block *block, function_ref<bool(Operation *)> isSource, DenseSet<Value> &seen) {
  Operation *op = value.getDefiningOp();
  if (!op || !block->findAncestorOpInBlock(*op) || !seen.insert(value).second)
    return false;
  if (isSource(op))
    return true;
  bool found = llvm::any_of(op->getOperands(), [&](Value operand) { return comesFrom(operand, block, isSource, seen); });
  for (Region &region : op->getRegions())
    region.walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        found = found || comesFrom(operand, block, isSource, seen);
    });
  return found;
}

bool waitsForRows(tile::MmaOp mma) {
  auto a = cast<RankedTensorType>(mma.getA().getType());
  if (!a.getElementType().isBF16() || a.getDimSize(0) < fewestRows || a.getDimSize(1) % cpu::lanes != 0)
    return false;
  Block *block = mma->getBlock();
  DenseSet<Value> seen;
  return comesFrom(
      mma.getA(), block,
      [&](Operation *op) {
        DenseSet<Value> behind;
        auto reduce = dyn_cast<tile::ReduceOp>(op);
        return reduce && comesFrom(reduce.getSource(), block, llvm::IsaPred<tile::MmaOp>, behind);
      },
      seen);
}

struct CpuOverlapRowsPass : impl::CpuOverlapRowsPassBase<CpuOverlapRowsPass> {
  void runOnOperation() override {
    getOperation().walk([&](tile::MmaOp mma) {
      if (waitsForRows(mma))
        mma->setAttr(cpu::overlapsRowsAttribute, UnitAttr::get(&getContext()));
    });
  }
};

} // namespace
} // namespace longc
