// A norm takes with it the gather of its rows, or the sum that they are where no product takes that in, and the rounding of its
// result, which other users may want as it is.
#include "passes/Grouping.h"
#include "passes/Passes.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_FUSENORMPASS
#include "passes/Passes.h.inc"

namespace {

// The sum of two rows that no product has as its epilogue.
Operation *sumOf(Value rows) {
  Operation *sum = looseProducer<lm::AddOp>(rows);
  const bool isEpilogue = sum && llvm::any_of(sum->getOperands(), [](Value operand) {
    return isa_and_nonnull<lm::LinearOp, lm::ProductOp, lm::QuantizedLinearOp>(operand.getDefiningOp());
  });
  return isEpilogue ? nullptr : sum;
}

struct FuseNormPass : impl::FuseNormPassBase<FuseNormPass> {
  void runOnOperation() override {
    for (Operation *norm : looseOps<lm::RmsNormOp, lm::LayerNormOp>(getOperation())) {
      if (cast<RankedTensorType>(norm->getResult(0).getType()).getRank() == 3)
        continue; // a norm of heads goes with their rotation
      SmallVector<Operation *> ops = {norm};
      Operation *gather = looseProducer<lm::GatherRowsOp>(norm->getOperand(0));
      if (gather && gather->hasOneUse())
        ops.push_back(gather);
      else if (gather)
        remarkNotFused(getArgument(), norm, "second user of the gathered rows");
      else if (Operation *sum = sumOf(norm->getOperand(0)))
        ops.push_back(sum);
      ops.append(roundingsOf(norm->getResult(0)));
      if (ops.size() > 1)
        formGroup(getArgument(), ops);
    }
  }
};

} // namespace
} // namespace longc
