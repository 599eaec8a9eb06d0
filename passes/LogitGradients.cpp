// Gradients of logits, tile by tile.
#include "passes/LogitGradients.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;

namespace longc {

LogitGradients::Rows LogitGradients::rows(Value row, int64_t count) {
  Rows rows;
  auto load = [&](Value host) { return kernel_.load(kernel_.input(host), {count}, row); };
  rows.targets = load(loss_.targets);
  Value wrong = make<arith::CmpIOp>(arith::CmpIPredicate::eq, rows.targets, kernel_.integers({count}, loss_.ignoreIndex));
  Value whole = kernel_.scalar(kernel_.input(loss_.lossGradient), kernel_.index(0));
  Value weight = make<arith::MulFOp>(load(loss_.weights), kernel_.splat({count}, whole));
  rows.weight = make<arith::SelectOp>(wrong, kernel_.constantTile({count}, 0.0), weight);
  rows.share = loss_.lseGradient ? make<arith::AddFOp>(rows.weight, load(loss_.lseGradient)) : rows.weight;
  rows.lse = make<arith::MulFOp>(load(loss_.lse), kernel_.constantTile({count}, M_LOG2E));
  return rows;
}

Value LogitGradients::gradients(Value logits, const Rows &rows, Value first) {
  SmallVector<int64_t> shape(tileShape(logits));
  int64_t spread = 1 - rowDim_;
  auto expanded = [&](Value vector) { return kernel_.expand(vector, spread, shape[spread]); };
  Value s = make<arith::MulFOp>(logits, kernel_.constantTile(shape, M_LOG2E));
  Value p = make<math::Exp2Op>(make<arith::SubFOp>(s, expanded(rows.lse)));
  Value z = make<arith::MulFOp>(p, expanded(rows.share));
  Value token = kernel_.counted(shape, spread, first);
  Value isTarget = make<arith::CmpIOp>(arith::CmpIPredicate::eq, token, expanded(rows.targets));
  Value zero = kernel_.constantTile(shape, 0.0);
  z = make<arith::SubFOp>(z, make<arith::SelectOp>(isTarget, expanded(rows.weight), zero));
  if (loss_.words() % shape[spread] != 0) { // tokens past the vocabulary
    Value inside = make<arith::CmpIOp>(arith::CmpIPredicate::slt, token, kernel_.integers(shape, loss_.words()));
    z = make<arith::SelectOp>(inside, z, zero);
  }
  return kernel_.converted(z, tileElement(loss_.x));
}

} // namespace longc
