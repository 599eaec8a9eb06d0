// Element-wise ops, gradients of norms and heads that are merged, that no other kernel has taken in, and that read each other's results or
// the same values, become one pass over the rows. Training has many of them.
#include "passes/Grouping.h"
#include "passes/Passes.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_FUSEELEMENTSPASS
#include "passes/Passes.h.inc"

namespace {

using Ops = SmallVector<Operation *>;

bool isPassOverRows(Operation *op) {
  return isa<lm::ElementwiseOpInterface, lm::LayerNormGradientOp, lm::MergeHeadsOp, lm::RmsNormGradientOp>(op) &&
         cast<RankedTensorType>(op->getResult(0).getType()).getRank() == 2;
}

ArrayRef<int64_t> shapeOf(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type ? type.getShape() : ArrayRef<int64_t>();
}

// Whether the ops can stand at one place: behind all that they need from outside, before all that need them.
bool fitTogether(ArrayRef<Operation *> ops) {
  llvm::SmallPtrSet<Operation *, 16> members(ops.begin(), ops.end());
  Block *block = ops.front()->getBlock();
  Operation *last = lastNeeded(ops);
  return !last || llvm::all_of(ops, [&](Operation *op) {
    return llvm::all_of(op->getUsers(), [&](Operation *user) {
      Operation *place = block->findAncestorOpInBlock(*user);
      return members.contains(place) || last->isBeforeInBlock(place);
    });
  });
}

struct FuseElementsPass : impl::FuseElementsPassBase<FuseElementsPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<FunctionOpInterface>()) {
      std::vector<Ops> groups;
      DenseMap<Value, SmallVector<size_t>> touching; // groups that make or read a value
      for (Operation *op : looseOps<lm::ElementwiseOpInterface, lm::LayerNormGradientOp, lm::MergeHeadsOp, lm::RmsNormGradientOp>(function)) {
        if (!isPassOverRows(op))
          continue;
        size_t place = groupFor(op, groups, touching);
        if (place == groups.size())
          groups.emplace_back();
        groups[place].push_back(op);
        for (Value value : llvm::concat<Value>(llvm::to_vector(op->getOperands()), llvm::to_vector<4>(op->getResults())))
          if (SmallVector<size_t> &known = touching[value]; !llvm::is_contained(known, place))
            known.push_back(place);
      }
      for (const Ops &group : groups)
        if (group.size() > 1 && formGroup(getArgument(), group))
          ++fused;
    }
  }

  // The latest group that the op may join; their number where there is none.
  static size_t groupFor(Operation *op, ArrayRef<Ops> groups, const DenseMap<Value, SmallVector<size_t>> &touching) {
    ArrayRef<int64_t> shape = shapeOf(op->getResult(0));
    size_t best = groups.size();
    for (Value operand : op->getOperands()) {
      if (shapeOf(operand) != shape)
        continue;
      for (size_t place : touching.lookup(operand)) {
        if (best != groups.size() && place <= best)
          continue;
        if (groups[place].front()->getBlock() != op->getBlock() || shapeOf(groups[place].front()->getResult(0)) != shape)
          continue;
        Ops together = groups[place];
        together.push_back(op);
        if (fitTogether(together))
          best = place;
      }
    }
    return best;
  }
};

} // namespace
} // namespace longc
