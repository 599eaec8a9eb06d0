// Gradients of what moves rows, heads and columns.
#include "dialects/lm/gradients/Attach.h"
#include "dialects/lm/gradients/PlainOps.h"

using namespace mlir;

namespace longc::lm {
namespace {

// A table's gradient so far is what rows are added to: with a tied head no second table of zeros is made.
void addToRows(Value table, Value rows, Value indices, Gradients &gradients) {
  if (!gradients.isWanted(table))
    return;
  Value sum = gradients.ofOrZeros(table);
  gradients.replace(table, ScatterAddOp::create(gradients.builder(), sum.getType(), sum, rows, indices));
}

LogicalResult differentiate(EmbeddingOp op, Gradients &gradients) {
  addToRows(op.getTable(), gradients.of(op.getResult()), op.getTokens(), gradients);
  return success();
}

LogicalResult differentiate(GatherRowsOp op, Gradients &gradients) {
  addToRows(op.getX(), gradients.of(op.getResult()), op.getRows(), gradients);
  return success();
}

LogicalResult differentiate(ScatterRowsOp op, Gradients &gradients) {
  ImplicitLocOpBuilder &b = gradients.builder();
  PlainOps make(b);
  Value gradient = gradients.of(op.getResult());
  // What was overwritten has no gradient.
  if (gradients.isWanted(op.getX()))
    gradients.add(op.getX(), ScatterRowsOp::create(b, gradient.getType(), gradient, make.fill(op.getSoft(), 0),
                                                   op.getDestinations()));
  if (gradients.isWanted(op.getSoft()))
    gradients.add(op.getSoft(), GatherRowsOp::create(b, make.f32(PlainOps::shapeOf(op.getSoft())), gradient,
                                                     op.getDestinations()));
  return success();
}

LogicalResult differentiate(ScatterAddOp op, Gradients &gradients) {
  Value gradient = gradients.of(op.getResult());
  gradients.add(op.getX(), gradient);
  if (gradients.isWanted(op.getRows()))
    gradients.add(op.getRows(),
                  GatherRowsOp::create(gradients.builder(), op.getRows().getType(), gradient, op.getIndices()));
  return success();
}

LogicalResult differentiate(SplitHeadsOp op, Gradients &gradients) {
  Type type = PlainOps(gradients.builder()).f32(PlainOps::shapeOf(op.getX()));
  gradients.add(op.getX(), MergeHeadsOp::create(gradients.builder(), type, gradients.of(op.getResult())));
  return success();
}

LogicalResult differentiate(MergeHeadsOp op, Gradients &gradients) {
  Type type = PlainOps(gradients.builder()).f32(PlainOps::shapeOf(op.getX()));
  gradients.add(op.getX(), SplitHeadsOp::create(gradients.builder(), type, gradients.of(op.getResult())));
  return success();
}

LogicalResult differentiate(SliceColumnsOp op, Gradients &gradients) {
  Type type = PlainOps(gradients.builder()).f32(PlainOps::shapeOf(op.getX()));
  gradients.add(op.getX(), PadColumnsOp::create(gradients.builder(), type, gradients.of(op.getResult()), op.getBegin()));
  return success();
}

LogicalResult differentiate(PadColumnsOp op, Gradients &gradients) {
  ArrayRef<int64_t> shape = PlainOps::shapeOf(op.getX());
  gradients.add(op.getX(),
                SliceColumnsOp::create(gradients.builder(), PlainOps(gradients.builder()).f32(shape),
                                       gradients.of(op.getResult()), op.getBegin(), op.getBegin() + shape[1]));
  return success();
}

LogicalResult differentiate(ReshapeOp op, Gradients &gradients) {
  gradients.add(op.getX(), PlainOps(gradients.builder()).reshape(gradients.of(op.getResult()), PlainOps::shapeOf(op.getX())));
  return success();
}

} // namespace

void attachRowGradients(MLIRContext *context) {
  attach<EmbeddingOp, differentiate>(context);
  attach<GatherRowsOp, differentiate>(context);
  attach<MergeHeadsOp, differentiate>(context);
  attach<PadColumnsOp, differentiate>(context);
  attach<ReshapeOp, differentiate>(context);
  attach<ScatterAddOp, differentiate>(context);
  attach<ScatterRowsOp, differentiate>(context);
  attach<SliceColumnsOp, differentiate>(context);
  attach<SplitHeadsOp, differentiate>(context);
}

} // namespace longc::lm
