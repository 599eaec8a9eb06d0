// `@loss` beside a decoder's `@forward`: the same layers, with a weighted cross-entropy in the place of the logits.
#include "passes/FunctionInputs.h"
#include "passes/GateCost.h"
#include "passes/Passes.h"
#include "passes/PickRows.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_MAKELOSSPASS
#include "passes/Passes.h.inc"

namespace {

// The projection becomes part of the loss; targets and weights become arguments.
LogicalResult endInLoss(func::FuncOp function, bool ofRows) {
  Operation *terminator = function.getBody().front().getTerminator();
  auto projection = terminator->getNumOperands() == 1 ? terminator->getOperand(0).getDefiningOp<lm::LinearOp>() : lm::LinearOp();
  if (!projection || projection.getBias() || projection.getLoraA() || !projection->hasOneUse())
    return function.emitOpError("expected logits that are a product without bias and adapter as its one result");
  OpBuilder builder(projection);
  Type f32 = builder.getF32Type();
  if (ofRows)
    pickRows(terminator->getOpOperand(0), appendInput(function, RankedTensorType::get({ShapedType::kDynamic}, builder.getI32Type()), "rows"));
  int64_t rows = cast<RankedTensorType>(projection.getX().getType()).getDimSize(0);
  Value targets = appendInput(function, RankedTensorType::get({rows}, builder.getI32Type()), ofRows ? "row_targets" : "targets");
  Value weights = appendInput(function, RankedTensorType::get({rows}, f32), ofRows ? "row_weights" : "weights");
  auto loss = lm::CrossEntropyOp::create(builder, projection.getLoc(), RankedTensorType::get({1}, f32),
                                         RankedTensorType::get({rows}, f32), projection.getX(), projection.getW(), targets, weights);
  terminator->setOperands(loss.getLoss());
  projection.erase();
  if (auto cost = function->getParentOfType<ModuleOp>()->getAttrOfType<FloatAttr>(gateCostAttribute); cost && !ofRows)
    terminator->setOperands(addGateCost(function, loss.getLoss(), appendInput(function, RankedTensorType::get({rows}, f32), "gate_weights"), cost.getValueAsDouble()));
  function.setType(FunctionType::get(function.getContext(), function.getBody().getArgumentTypes(), terminator->getOperandTypes()));
  function.removeResAttrsAttr();
  return success();
}

struct MakeLossPass : impl::MakeLossPassBase<MakeLossPass> {
  using MakeLossPassBase::MakeLossPassBase;

  void runOnOperation() override {
    auto forward = getOperation().lookupSymbol<func::FuncOp>("forward");
    if (!forward || forward.isExternal() || !llvm::hasSingleElement(forward.getBody()) || getOperation().lookupSymbol("loss")) {
      getOperation().emitError("expected a function of one block named @forward, and the name @loss to be free");
      return signalPassFailure();
    }
    OpBuilder builder(forward);
    builder.setInsertionPointAfter(forward);
    auto clone = cast<func::FuncOp>(builder.clone(*forward));
    clone.setName("loss");
    if (failed(endInLoss(clone, ofRows)))
      signalPassFailure();
  }
};

} // namespace
} // namespace longc
