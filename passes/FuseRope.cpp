// What happens to queries, keys and values between their product and attention becomes one pass over the rows: slices,
// head splits, norms of heads, rotations, roundings and appends that are joined by values or by slices of one product.
// Where nothing is rotated (encoders), the pass slices and rounds alone.
#include "passes/Grouping.h"
#include "passes/Passes.h"

#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_FUSEROPEPASS
#include "passes/Passes.h.inc"

namespace {

bool isBetween(Operation *op) {
  bool ofHeads = isa<lm::RoundOp, lm::RmsNormOp>(op) && cast<RankedTensorType>(op->getOperand(0).getType()).getRank() == 3;
  if (isa<lm::RmsNormOp>(op))
    return ofHeads;
  if (isa<lm::RoundOp>(op)) // a rounding of what is rotated or stored, not of other tensors
    return ofHeads && looseProducer<lm::ApplyRopeOp, lm::RmsNormOp, lm::SplitHeadsOp>(op->getOperand(0));
  return isa<lm::SliceColumnsOp, lm::SplitHeadsOp, lm::ApplyRopeOp, lm::CacheAppendOp, lm::MemoryAppendOp>(op);
}

// A rotation of fewer columns than a head has, perhaps rounded: a kernel holds it in parts of unequal width.
bool isPartlyRotated(Value value) {
  if (auto round = value.getDefiningOp<lm::RoundOp>())
    value = round.getX();
  auto rope = value.getDefiningOp<lm::ApplyRopeOp>();
  return rope && cast<RankedTensorType>(rope.getAngles().getType()).getDimSize(1) <
                     cast<RankedTensorType>(rope.getX().getType()).getDimSize(2);
}

bool takesParts(Operation *op) { return isa<lm::RoundOp, lm::CacheAppendOp, lm::MemoryAppendOp>(op); }

struct FuseRopePass : impl::FuseRopePassBase<FuseRopePass> {
  void runOnOperation() override {
    SmallVector<Operation *> ops = looseOps<lm::SliceColumnsOp, lm::SplitHeadsOp, lm::RmsNormOp, lm::ApplyRopeOp,
                                            lm::RoundOp, lm::CacheAppendOp, lm::MemoryAppendOp>(getOperation());
    llvm::erase_if(ops, [](Operation *op) { return !isBetween(op); });
    llvm::EquivalenceClasses<Operation *> classes;
    DenseMap<Value, Operation *> firstSlice;
    for (Operation *op : ops) {
      classes.insert(op);
      for (Value operand : op->getOperands())
        if (Operation *producer = operand.getDefiningOp();
            producer && llvm::is_contained(ops, producer) && (takesParts(op) || !isPartlyRotated(operand)))
          classes.unionSets(op, producer);
      if (isa<lm::SliceColumnsOp>(op)) {
        Operation *&first = firstSlice[op->getOperand(0)];
        if (first)
          classes.unionSets(op, first);
        else
          first = op;
      }
    }
    llvm::MapVector<Operation *, SmallVector<Operation *>> groups;
    for (Operation *op : ops)
      groups[classes.getLeaderValue(op)].push_back(op);
    for (auto &[leader, members] : groups) {
      if (members.size() > 1)
        formGroup(getArgument(), members);
    }
  }
};

} // namespace
} // namespace longc
