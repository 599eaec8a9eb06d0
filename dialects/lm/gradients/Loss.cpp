// Gradient of the loss.
#include "dialects/lm/gradients/Attach.h"
#include "dialects/lm/gradients/PlainOps.h"

using namespace mlir;

namespace longc::lm {
namespace {

template <typename Gradient> void addGradient(CrossEntropyOp op, Value operand, Gradients &gradients) {
  if (!gradients.isWanted(operand))
    return;
  ImplicitLocOpBuilder &b = gradients.builder();
  Value loss = gradients.ofOrZeros(op.getLoss()), lse = gradients.of(op.getLse());
  gradients.add(operand, Gradient::create(b, PlainOps(b).f32(PlainOps::shapeOf(operand)), op.getX(), op.getW(),
                                          op.getTargets(), op.getWeights(), op.getLse(), loss, lse, op.getIgnoreIndex()));
}

LogicalResult differentiate(CrossEntropyOp op, Gradients &gradients) {
  if (gradients.isWanted(op.getWeights()))
    return op.emitOpError("has no gradient of its weights: they are data");
  addGradient<CrossEntropyInputGradientOp>(op, op.getX(), gradients);
  addGradient<CrossEntropyWeightGradientOp>(op, op.getW(), gradients);
  return success();
}

} // namespace

void attachLossGradients(MLIRContext *context) { attach<CrossEntropyOp, differentiate>(context); }

} // namespace longc::lm
