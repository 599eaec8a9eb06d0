// Gradients of attention and of the merge of partial results.
#include "dialects/lm/gradients/Attach.h"
#include "dialects/lm/gradients/PlainOps.h"

using namespace mlir;

namespace longc::lm {
namespace {

LogicalResult differentiate(PackedAttentionOp op, Gradients &gradients) {
  ImplicitLocOpBuilder &b = gradients.builder();
  PlainOps make(b);
  Value gradient = gradients.ofOrZeros(op.getOut());
  // <gradient, out> less the gradient of the log-sum-exp: all that a score's gradient needs to know of its row.
  Value delta = make.transpose(make.dotRows(gradient, op.getOut()));
  if (Value lse = gradients.of(op.getLse()))
    delta = make.subtract(delta, lse);
  Type keys = make.f32(PlainOps::shapeOf(op.getK()));
  if (gradients.isWanted(op.getQ()))
    gradients.add(op.getQ(), AttentionQueryGradientOp::create(
                                 b, gradient.getType(), op.getQ(), op.getK(), op.getV(), gradient, op.getLse(), delta,
                                 op.getCuQ(), op.getCuK(), op.getSources(), op.getSourceKeys(), op.getCausal(), op.getScale(),
                                 op.getWindow(), op.getSoftCap()));
  // Who reads a sequence that is detached leaves it no gradient; lse and delta are of the joint softmax all the same.
  Value sources = op.getDetachedSources() ? Value() : op.getSources(), sourceKeys = op.getDetachedSources() ? Value() : op.getSourceKeys();
  if (!gradients.isWanted(op.getK()) && !gradients.isWanted(op.getV()) && !(sourceKeys && gradients.isWanted(sourceKeys)))
    return success();
  auto all = AttentionKeyGradientOp::create(b, keys, keys, sourceKeys ? keys : Type(), op.getQ(), op.getK(), op.getV(), gradient, op.getLse(), delta,
                                            op.getCuQ(), op.getCuK(), sources, sourceKeys, op.getCausal(), op.getScale(), op.getWindow(), op.getSoftCap());
  gradients.add(op.getK(), all.getKeyGradient());
  gradients.add(op.getV(), all.getValueGradient());
  if (sourceKeys)
    gradients.add(sourceKeys, all.getSourceKeyGradient());
  return success();
}

// With the share a_i = exp(lse_i - lse) of a part: d out_i = a_i d out, and
// d lse_i = a_i (<d out, out_i> - <d out, out> + d lse).
LogicalResult differentiate(MergeAttentionOp op, Gradients &gradients) {
  ImplicitLocOpBuilder &b = gradients.builder();
  PlainOps make(b);
  Value gradient = gradients.ofOrZeros(op.getOut()), lse = gradients.of(op.getLse());
  Value whole;
  for (auto [part, partLse] : llvm::zip(op.getOuts(), op.getLses())) {
    Value share = MergeWeightOp::create(b, make.f32(PlainOps::shapeOf(op.getLse())), partLse, op.getLse());
    if (gradients.isWanted(part))
      gradients.add(part, make.scaleRows(gradient, make.transpose(share)));
    if (!gradients.isWanted(partLse))
      continue;
    if (!whole) {
      whole = make.dotRows(gradient, op.getOut());
      if (lse)
        whole = make.subtract(whole, make.transpose(lse));
    }
    Value above = make.subtract(make.dotRows(gradient, part), whole);
    gradients.add(partLse, make.multiply(share, make.transpose(above)));
  }
  return success();
}

} // namespace

void attachAttentionGradients(MLIRContext *context) {
  attach<MergeAttentionOp, differentiate>(context);
  attach<PackedAttentionOp, differentiate>(context);
}

} // namespace longc::lm
