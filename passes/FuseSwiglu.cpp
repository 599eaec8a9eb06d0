// Gate and up products run in one kernel with the gated unit between them and the rounding of its result.
#include "passes/Grouping.h"
#include "passes/Passes.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_FUSESWIGLUPASS
#include "passes/Passes.h.inc"

namespace {

struct FuseSwigluPass : impl::FuseSwigluPassBase<FuseSwigluPass> {
  void runOnOperation() override {
    for (Operation *unit : looseOps<lm::SwigluOp, lm::GegluOp>(getOperation())) {
      SmallVector<Operation *> ops;
      StringRef reason;
      for (Value operand : unit->getOperands()) {
        Operation *product = looseProducer<lm::LinearOp, lm::QuantizedLinearOp>(operand);
        if (!product)
          reason = "an operand is not a product";
        else if (!product->hasOneUse())
          reason = "second user of a product";
        else
          ops.push_back(product);
      }
      if (ops.size() == 2 && ops[0] == ops[1])
        reason = "gate and up are one product";
      if (!reason.empty()) {
        remarkNotFused(getArgument(), unit, reason);
        continue;
      }
      ops.push_back(unit);
      if (Operation *rounding = onlyUser<lm::QuantizeOp, lm::RoundOp>(unit->getResult(0)))
        ops.push_back(rounding);
      else if (!unit->hasOneUse())
        remarkNotFused(getArgument(), unit, "second user of the gated unit");
      formGroup(getArgument(), ops);
    }
  }
};

} // namespace
} // namespace longc
