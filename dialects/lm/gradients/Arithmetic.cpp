// Gradients of element-wise layers and plain arithmetic.
#include "dialects/lm/gradients/Attach.h"
#include "dialects/lm/gradients/PlainOps.h"

using namespace mlir;

namespace longc::lm {
namespace {

LogicalResult differentiate(AddOp op, Gradients &gradients) {
  Value gradient = gradients.of(op.getResult());
  gradients.add(op.getX(), gradient);
  gradients.add(op.getY(), gradient);
  return success();
}

// Rounding is not differentiated through: its gradient goes on as it is.
LogicalResult differentiate(RoundOp op, Gradients &gradients) {
  gradients.add(op.getX(), gradients.of(op.getResult()));
  return success();
}

LogicalResult differentiate(ScaleOp op, Gradients &gradients) {
  gradients.add(op.getX(), PlainOps(gradients.builder()).scale(gradients.of(op.getResult()), op.getFactor()));
  return success();
}

LogicalResult differentiate(MultiplyOp op, Gradients &gradients) {
  PlainOps make(gradients.builder());
  Value gradient = gradients.of(op.getResult());
  if (gradients.isWanted(op.getX()))
    gradients.add(op.getX(), make.multiply(gradient, op.getY()));
  if (gradients.isWanted(op.getY()))
    gradients.add(op.getY(), make.multiply(gradient, op.getX()));
  return success();
}

// s (1 - s)
LogicalResult differentiate(SigmoidOp op, Gradients &gradients) {
  PlainOps make(gradients.builder());
  Value share = make.multiply(gradients.of(op.getResult()), op.getResult());
  gradients.add(op.getX(), make.subtract(share, make.multiply(share, op.getResult())));
  return success();
}

LogicalResult differentiate(SiluOp op, Gradients &gradients) {
  Value gradient = gradients.of(op.getResult());
  gradients.add(op.getX(), SiluGradientOp::create(gradients.builder(), gradient.getType(), op.getX(), gradient));
  return success();
}

LogicalResult differentiate(GeluOp op, Gradients &gradients) {
  Value gradient = gradients.of(op.getResult());
  gradients.add(op.getX(), GeluGradientOp::create(gradients.builder(), gradient.getType(), op.getX(), gradient, op.getTanh()));
  return success();
}

// Gated units are linear in what is gated: its gradient is the unit of the gradient.
LogicalResult differentiate(SwigluOp op, Gradients &gradients) {
  ImplicitLocOpBuilder &b = gradients.builder();
  Value gradient = gradients.of(op.getResult());
  if (gradients.isWanted(op.getUp()))
    gradients.add(op.getUp(), SwigluOp::create(b, gradient.getType(), op.getGate(), gradient));
  if (gradients.isWanted(op.getGate()))
    gradients.add(op.getGate(), SiluGradientOp::create(b, gradient.getType(), op.getGate(),
                                                       PlainOps(b).multiply(gradient, op.getUp())));
  return success();
}

LogicalResult differentiate(GegluOp op, Gradients &gradients) {
  ImplicitLocOpBuilder &b = gradients.builder();
  Value gradient = gradients.of(op.getResult());
  if (gradients.isWanted(op.getUp()))
    gradients.add(op.getUp(), GegluOp::create(b, gradient.getType(), op.getGate(), gradient));
  if (gradients.isWanted(op.getGate()))
    gradients.add(op.getGate(),
                  GeluGradientOp::create(b, gradient.getType(), op.getGate(), PlainOps(b).multiply(gradient, op.getUp()),
                                         /*tanh=*/true));
  return success();
}

LogicalResult differentiate(FillOp, Gradients &) { return success(); }

LogicalResult differentiate(ScaleRowsOp op, Gradients &gradients) {
  PlainOps make(gradients.builder());
  Value gradient = gradients.of(op.getResult());
  if (gradients.isWanted(op.getX()))
    gradients.add(op.getX(), make.scaleRows(gradient, op.getFactors()));
  if (gradients.isWanted(op.getFactors()))
    gradients.add(op.getFactors(), make.dotRows(gradient, op.getX()));
  return success();
}

LogicalResult differentiate(ScaleColumnsOp op, Gradients &gradients) {
  PlainOps make(gradients.builder());
  Value gradient = gradients.of(op.getResult());
  if (gradients.isWanted(op.getX()))
    gradients.add(op.getX(), make.scaleColumns(gradient, op.getFactors()));
  if (gradients.isWanted(op.getFactors()))
    gradients.add(op.getFactors(), make.sumRows(make.multiply(gradient, op.getX())));
  return success();
}

LogicalResult differentiate(ScaleByOp op, Gradients &gradients) {
  PlainOps make(gradients.builder());
  Value gradient = gradients.of(op.getResult());
  if (gradients.isWanted(op.getX()))
    gradients.add(op.getX(), make.scaleBy(gradient, op.getFactor()));
  if (gradients.isWanted(op.getFactor()))
    gradients.add(op.getFactor(), make.dot(gradient, op.getX()));
  return success();
}

LogicalResult differentiate(SumRowsOp op, Gradients &gradients) {
  PlainOps make(gradients.builder());
  gradients.add(op.getX(), make.scaleColumns(make.fill(op.getX(), 1), gradients.of(op.getResult())));
  return success();
}

LogicalResult differentiate(DotRowsOp op, Gradients &gradients) {
  PlainOps make(gradients.builder());
  Value gradient = gradients.of(op.getResult());
  if (gradients.isWanted(op.getX()))
    gradients.add(op.getX(), make.scaleRows(op.getY(), gradient));
  if (gradients.isWanted(op.getY()))
    gradients.add(op.getY(), make.scaleRows(op.getX(), gradient));
  return success();
}

LogicalResult differentiate(DotOp op, Gradients &gradients) {
  PlainOps make(gradients.builder());
  Value gradient = gradients.of(op.getResult());
  if (gradients.isWanted(op.getX()))
    gradients.add(op.getX(), make.scaleBy(op.getY(), gradient));
  if (gradients.isWanted(op.getY()))
    gradients.add(op.getY(), make.scaleBy(op.getX(), gradient));
  return success();
}

} // namespace

void attachArithmeticGradients(MLIRContext *context) {
  attach<AddOp, differentiate>(context);
  attach<DotOp, differentiate>(context);
  attach<DotRowsOp, differentiate>(context);
  attach<FillOp, differentiate>(context);
  attach<GegluOp, differentiate>(context);
  attach<GeluOp, differentiate>(context);
  attach<MultiplyOp, differentiate>(context);
  attach<RoundOp, differentiate>(context);
  attach<ScaleByOp, differentiate>(context);
  attach<ScaleColumnsOp, differentiate>(context);
  attach<ScaleOp, differentiate>(context);
  attach<ScaleRowsOp, differentiate>(context);
  attach<SigmoidOp, differentiate>(context);
  attach<SiluOp, differentiate>(context);
  attach<SumRowsOp, differentiate>(context);
  attach<SwigluOp, differentiate>(context);
}

} // namespace longc::lm
