// The residual sum joins the product whose result it adds, as the epilogue of its kernel.
#include "passes/Grouping.h"
#include "passes/Passes.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_FUSERESIDUALPASS
#include "passes/Passes.h.inc"

namespace {

struct FuseResidualPass : impl::FuseResidualPassBase<FuseResidualPass> {
  void runOnOperation() override {
    for (Operation *sum : looseOps<lm::AddOp>(getOperation())) {
      Operation *product = nullptr;
      for (Value operand : sum->getOperands()) {
        Operation *candidate = looseProducer<lm::LinearOp, lm::QuantizedLinearOp>(operand);
        if (candidate && !candidate->hasOneUse())
          remarkNotFused(getArgument(), sum, "second user of the product");
        else if (candidate && !product)
          product = candidate;
      }
      if (!product) {
        remarkNotFused(getArgument(), sum, "no operand is a product of its own");
        continue;
      }
      SmallVector<Operation *> ops = {product, sum};
      if (Operation *rounding = onlyUser<lm::RoundOp>(sum->getResult(0)))
        ops.push_back(rounding);
      formGroup(getArgument(), ops);
    }
  }
};

} // namespace
} // namespace longc
