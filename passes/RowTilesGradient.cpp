// Row-wise ops on tiles: what gradients are made of.
#include "passes/RowTiles.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace longc {

LogicalResult RowTiles::evaluate(lm::ScaleByOp op) {
  ArrayRef<int64_t> shape = tileShape(whole(op.getX()));
  Value factor = kernel_.scalar(kernel_.input(op.getFactor()), kernel_.index(0));
  bind(op.getResult(), make<arith::MulFOp>(whole(op.getX()), kernel_.splat(shape, factor)));
  return success();
}

LogicalResult RowTiles::evaluate(lm::ScaleRowsOp op) {
  ArrayRef<int64_t> shape = tileShape(whole(op.getX()));
  Value factors = kernel_.expand(whole(op.getFactors()), shape.size() - 1, shape.back());
  bind(op.getResult(), make<arith::MulFOp>(whole(op.getX()), factors));
  return success();
}

LogicalResult RowTiles::evaluate(lm::ScaleColumnsOp op) {
  ArrayRef<int64_t> shape = tileShape(whole(op.getX()));
  Value factors = vector(op.getFactors());
  for (size_t dim = shape.size() - 1; dim-- > 0;)
    factors = kernel_.expand(factors, 0, shape[dim]);
  bind(op.getResult(), make<arith::MulFOp>(whole(op.getX()), factors));
  return success();
}

LogicalResult RowTiles::evaluate(lm::DotRowsOp op) {
  Value products = make<arith::MulFOp>(whole(op.getX()), whole(op.getY()));
  bind(op.getResult(), kernel_.reduce(tile::Reduction::add, products, tileShape(products).size() - 1));
  return success();
}

// Mean of each row of a matrix, in all of its columns.
Value RowTiles::meanOfRow(Value tile) {
  int64_t rows = tileShape(tile)[0], width = tileShape(tile)[1];
  Value mean = make<arith::MulFOp>(kernel_.reduce(tile::Reduction::add, tile, 1), kernel_.constantTile({rows}, 1.0 / static_cast<double>(width)));
  return kernel_.expand(mean, 1, width);
}

// (p - mean(p) - n mean(p n)) / r with n = (x - mean(x)) / r and p = gradient * w, and gradient * n; the means of x and p
// are 0 unless `center`. Heads are rows.
template <typename Op> LogicalResult RowTiles::normGradient(Op op, bool center) {
  SmallVector<int64_t> given(tileShape(whole(op.getX())));
  int64_t width = given.back(), rows = given.size() == 3 ? given[0] * given[1] : given[0];
  Value x = kernel_.reshape(whole(op.getX()), {rows, width}), gradient = kernel_.reshape(whole(op.getGradient()), {rows, width});
  if (center)
    x = make<arith::SubFOp>(x, meanOfRow(x));
  Value squares = kernel_.reduce(tile::Reduction::add, make<arith::MulFOp>(x, x), 1);
  Value variance = make<arith::MulFOp>(squares, kernel_.constantTile({rows}, 1.0 / static_cast<double>(width)));
  variance = make<arith::AddFOp>(variance, kernel_.constantTile({rows}, op.getEpsilon()));
  Value factor = kernel_.expand(make<math::RsqrtOp>(variance), 1, width);
  Value n = make<arith::MulFOp>(x, factor);
  Value p = make<arith::MulFOp>(gradient, kernel_.expand(vector(op.getW()), 0, rows));
  Value along = make<arith::MulFOp>(n, meanOfRow(make<arith::MulFOp>(p, n)));
  Value rest = make<arith::SubFOp>(p, along);
  if (center)
    rest = make<arith::SubFOp>(rest, meanOfRow(p));
  bind(op.getResult(), kernel_.reshape(make<arith::MulFOp>(rest, factor), given));
  bind(op.getWeighted(), kernel_.reshape(make<arith::MulFOp>(gradient, n), given));
  return success();
}

LogicalResult RowTiles::evaluate(lm::RmsNormGradientOp op) { return normGradient(op, /*center=*/false); }

LogicalResult RowTiles::evaluate(lm::LayerNormGradientOp op) { return normGradient(op, /*center=*/true); }

} // namespace longc
