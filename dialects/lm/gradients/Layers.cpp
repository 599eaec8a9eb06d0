// Gradients of products, norms and rotations.
#include "dialects/lm/gradients/Attach.h"
#include "dialects/lm/gradients/PlainOps.h"

using namespace mlir;

namespace longc::lm {
namespace {

LogicalResult differentiate(LinearOp op, Gradients &gradients) {
  PlainOps make(gradients.builder());
  Value gradient = gradients.of(op.getResult());
  if (gradients.isWanted(op.getX()))
    gradients.add(op.getX(), make.product(gradient, op.getW()));
  if (gradients.isWanted(op.getW()))
    gradients.add(op.getW(), make.rowProduct(gradient, op.getX()));
  if (gradients.isWanted(op.getBias()))
    gradients.add(op.getBias(), make.sumRows(gradient));
  if (!op.getLoraA())
    return success();
  // h = x A^T has few columns: it is kept, and the adapter makes it anyway.
  Value x = op.getX(), a = op.getLoraA(), b = op.getLoraB();
  Value scaled = make.scale(gradient, op.getLoraScale());
  if (gradients.isWanted(b)) {
    auto type = make.f32({PlainOps::shapeOf(x)[0], PlainOps::shapeOf(a)[0]});
    Value hidden;
    {
      OpBuilder::InsertionGuard guard(gradients.builder());
      gradients.builder().setInsertionPoint(op);
      hidden = LinearOp::create(gradients.builder(), type, x, a, /*bias=*/Value());
    }
    gradients.add(b, make.rowProduct(scaled, hidden));
  }
  if (!gradients.isWanted(x) && !gradients.isWanted(a))
    return success();
  Value through = make.product(scaled, b);
  if (gradients.isWanted(a))
    gradients.add(a, make.rowProduct(through, x));
  if (gradients.isWanted(x))
    gradients.add(x, make.product(through, a));
  return success();
}

LogicalResult differentiate(ProductOp op, Gradients &gradients) {
  PlainOps make(gradients.builder());
  Value gradient = gradients.of(op.getResult());
  if (gradients.isWanted(op.getX()))
    gradients.add(op.getX(), make.product(gradient, make.transpose(op.getW())));
  if (gradients.isWanted(op.getW()))
    gradients.add(op.getW(), make.rowProduct(op.getX(), gradient));
  return success();
}

LogicalResult differentiate(TransposeOp op, Gradients &gradients) {
  gradients.add(op.getX(), PlainOps(gradients.builder()).transpose(gradients.of(op.getResult())));
  return success();
}

template <typename Gradient, typename Op> LogicalResult differentiateNorm(Op op, Gradients &gradients) {
  Value gradient = gradients.of(op.getResult());
  auto norm = Gradient::create(gradients.builder(), gradient.getType(), gradient.getType(), op.getX(), op.getW(), gradient,
                               op.getEpsilon());
  gradients.add(op.getX(), norm.getResult());
  if (gradients.isWanted(op.getW()))
    gradients.add(op.getW(), PlainOps(gradients.builder()).sumRows(norm.getWeighted()));
  return success();
}

LogicalResult differentiate(RmsNormOp op, Gradients &gradients) {
  return differentiateNorm<RmsNormGradientOp>(op, gradients);
}

LogicalResult differentiate(LayerNormOp op, Gradients &gradients) {
  if (gradients.isWanted(op.getBias()))
    gradients.add(op.getBias(), PlainOps(gradients.builder()).sumRows(gradients.of(op.getResult())));
  return differentiateNorm<LayerNormGradientOp>(op, gradients);
}

LogicalResult differentiate(RopeOp op, Gradients &gradients) {
  Value gradient = gradients.of(op.getResult());
  gradients.add(op.getX(), RopeOp::create(gradients.builder(), gradient.getType(), gradient, op.getPositions(),
                                          op.getTheta(), op.getDim(), op.getStyle(), op.getScale(), op.getFactors(),
                                          !op.getInverse()));
  return success();
}

LogicalResult differentiate(ApplyRopeOp op, Gradients &gradients) {
  Value gradient = gradients.of(op.getResult());
  gradients.add(op.getX(), ApplyRopeOp::create(gradients.builder(), gradient.getType(), gradient, op.getAngles(),
                                               op.getStyle(), !op.getInverse()));
  return success();
}

} // namespace

void attachLayerGradients(MLIRContext *context) {
  attach<ApplyRopeOp, differentiate>(context);
  attach<LayerNormOp, differentiate>(context);
  attach<LinearOp, differentiate>(context);
  attach<ProductOp, differentiate>(context);
  attach<RmsNormOp, differentiate>(context);
  attach<RopeOp, differentiate>(context);
  attach<TransposeOp, differentiate>(context);
}

} // namespace longc::lm
