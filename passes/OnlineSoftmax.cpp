// One step of an online softmax.
#include "passes/OnlineSoftmax.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>

using namespace mlir;

namespace longc {

Value finiteMaximum(KernelBuilder &kernel, Value maximum) {
  ImplicitLocOpBuilder &b = kernel.body();
  ArrayRef<int64_t> rows = tileShape(maximum);
  Value nothing = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, maximum,
                                        kernel.constantTile(rows, -std::numeric_limits<double>::infinity()));
  return arith::SelectOp::create(b, nothing, kernel.constantTile(rows, 0.0), maximum);
}

SoftmaxStep softmaxStep(KernelBuilder &kernel, Value scores, Value maximum, Value sum) {
  ImplicitLocOpBuilder &b = kernel.body();
  int64_t columns = tileShape(scores)[1];
  auto reduced = [&](tile::Reduction kind, Value tile) { return kernel.reduce(kind, tile, 1); };
  SoftmaxStep step;
  step.maximum = arith::MaximumFOp::create(b, maximum, reduced(tile::Reduction::max, scores));
  Value safe = finiteMaximum(kernel, step.maximum);
  step.weights = math::Exp2Op::create(b, arith::SubFOp::create(b, scores, kernel.expand(safe, 1, columns)));
  step.shrink = math::Exp2Op::create(b, arith::SubFOp::create(b, maximum, safe));
  Value added = reduced(tile::Reduction::add, step.weights);
  step.sum = arith::AddFOp::create(b, arith::MulFOp::create(b, sum, step.shrink), added);
  return step;
}

} // namespace longc
