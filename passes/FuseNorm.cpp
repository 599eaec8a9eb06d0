// A norm takes with it the gather of its rows and the rounding of its result, which other users may want as it is.
#include "passes/Grouping.h"
#include "passes/Passes.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_FUSENORMPASS
#include "passes/Passes.h.inc"

namespace {

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
      ops.append(roundingsOf(norm->getResult(0)));
      if (ops.size() > 1)
        formGroup(getArgument(), ops);
    }
  }
};

} // namespace
} // namespace longc
