// Element-wise ops join the products before them: a gated unit its two, an activation or a residual sum its one. With
// them goes what follows and is theirs alone, to the rounding or quantisation of the result.
#include "passes/Grouping.h"
#include "passes/Passes.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_FUSEEPILOGUEPASS
#include "passes/Passes.h.inc"

namespace {

struct FuseEpiloguePass : impl::FuseEpiloguePassBase<FuseEpiloguePass> {
  void runOnOperation() override {
    for (Operation *op : looseOps<lm::ElementwiseOpInterface>(getOperation())) {
      if (op->getParentOfType<lm::GroupOp>()) // it went with an earlier one
        continue;
      SmallVector<Operation *> ops = productsBefore(op);
      if (ops.empty())
        continue;
      ops.push_back(op);
      addFollowers(getArgument(), ops);
      if (formGroup(getArgument(), ops))
        ++fused;
    }
  }

  // The loose product of a matrix that makes the value.
  static Operation *productOf(Value value) {
    Operation *product = looseProducer<lm::LinearOp, lm::ProductOp, lm::QuantizedLinearOp>(value);
    return product && cast<RankedTensorType>(value.getType()).getRank() == 2 ? product : nullptr;
  }

  // The loose products whose results the op alone takes.
  SmallVector<Operation *> productsBefore(Operation *op) {
    SmallVector<Operation *> products;
    StringRef reason = "no operand is a product";
    for (Value operand : op->getOperands())
      if (Operation *product = productOf(operand)) {
        if (product->hasOneUse())
          products.push_back(product);
        else
          reason = "second user of the product";
      }
    if (products.empty() && !isa<lm::RoundOp>(op)) // most roundings follow no product, by their nature
      remarkNotFused(getArgument(), op, reason);
    return products;
  }
};

} // namespace
} // namespace longc
