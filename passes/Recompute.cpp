// Norms, gated units and merged heads that gradients need are computed again where they are needed, instead of kept until then.
#include "passes/Passes.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_RECOMPUTEPASS
#include "passes/Passes.h.inc"

namespace {

// Costs a pass over its rows, and what it is computed from is kept for other gradients anyway.
bool isCheap(Operation *op) {
  return isa<lm::GegluOp, lm::LayerNormOp, lm::MergeHeadsOp, lm::RmsNormOp, lm::SwigluOp>(op);
}

struct RecomputePass : impl::RecomputePassBase<RecomputePass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<FunctionOpInterface>())
      if (!function.isExternal())
        for (auto loss : llvm::to_vector(function.getFunctionBody().front().getOps<lm::CrossEntropyOp>()))
          recomputeAfter(loss);
  }

  // Uses behind the loss are of gradients; the last layer's come first.
  void recomputeAfter(lm::CrossEntropyOp loss) {
    DenseMap<Operation *, Operation *> again;
    for (Operation *op = loss->getNextNode(); op; op = op->getNextNode())
      for (OpOperand &operand : op->getOpOperands()) {
        Operation *made = operand.get().getDefiningOp();
        if (!made || made->getBlock() != loss->getBlock() || !isCheap(made) || !made->isBeforeInBlock(loss) ||
            feeds(made, loss))
          continue;
        Operation *&clone = again[made];
        if (!clone) {
          clone = OpBuilder(op).clone(*made);
          clone->setAttr("lm.again", UnitAttr::get(&getContext())); // two computations on purpose: not to be merged
          ++values;
        }
        operand.set(clone->getResult(0));
      }
  }

  static bool feeds(Operation *made, Operation *loss) { return llvm::is_contained(made->getUsers(), loss); }
};

} // namespace
} // namespace longc
