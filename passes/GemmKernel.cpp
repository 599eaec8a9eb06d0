// The GEMM-like skeleton.
#include "passes/GemmKernel.h"

#include "dialects/lm/LmDialect.h"

using namespace mlir;

namespace longc {

static tile::ViewType viewType(Value view) { return cast<tile::ViewType>(view.getType()); }

// One product over K columns [k, k + depth) on top of `acc`.
static Value productStep(KernelBuilder &kernel, const GemmTile &tile, Value x, Value weight, Value k, int64_t depth,
                         Value acc) {
  Value a = kernel.load(x, {tile.rows, depth}, {tile.row, k});
  Value b = kernel.load(weight, {tile.cols, depth}, {tile.col, k});
  if (isa<tile::QuantizedType>(tileElement(b)))
    b = tile::DecodeOp::create(kernel.body(), tileType({tile.cols, depth}, tileElement(a)), b);
  // A weight stored in another float type takes on the type of x, tile by tile.
  else if (tileElement(b) != tileElement(a)) {
    Type type = tileType({tile.cols, depth}, tileElement(a));
    bool wider = tileElement(a).getIntOrFloatBitWidth() > tileElement(b).getIntOrFloatBitWidth();
    b = wider ? Value(arith::ExtFOp::create(kernel.body(), type, b))
              : Value(arith::TruncFOp::create(kernel.body(), type, b));
  }
  return tile::MmaOp::create(kernel.body(), acc.getType(), a, b, acc, /*transpose_b=*/true);
}

Value storedWeight(Value weight) {
  while (Operation *op = weight.getDefiningOp()) {
    if (!isa<lm::DequantizeOp, lm::RoundOp>(op))
      break;
    weight = op->getOperand(0);
  }
  return weight;
}

Value buildProduct(KernelBuilder &kernel, const GemmTile &tile, Value x, Value weight, Value acc) {
  int64_t size = viewType(weight).getShape()[1];
  if (!acc)
    acc = kernel.constantTile({tile.rows, tile.cols}, 0.0);
  if (tile.depth == 0 || tile.depth >= size)
    return productStep(kernel, tile, x, weight, kernel.index(0), size, acc);
  ImplicitLocOpBuilder &b = kernel.body();
  auto loop = scf::ForOp::create(b, kernel.index(0), kernel.index(size), kernel.index(tile.depth), ValueRange(acc));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value next = productStep(kernel, tile, x, weight, loop.getInductionVar(), tile.depth, loop.getRegionIterArg(0));
  scf::YieldOp::create(b, ValueRange(next));
  return loop.getResult(0);
}

Value buildScaledProduct(KernelBuilder &kernel, const GemmTile &tile, Value values, Value scales, Value sums,
                         Value weight) {
  // Integer products are exact whatever the depth; targets that pipeline loads may cut K as for dense products.
  int64_t size = viewType(weight).getShape()[1];
  Value zero = kernel.constantTile({tile.rows, tile.cols}, 0.0);
  ImplicitLocOpBuilder &b = kernel.body();
  auto step = [&](Value k, Value block, int64_t depth, Value acc) -> Value {
    Value a = kernel.load(values, {tile.rows, depth}, {tile.row, k});
    Value s = kernel.load(scales, {tile.rows, depth / 32}, {tile.row, block});
    Value m = kernel.load(sums, {tile.rows, depth / 32}, {tile.row, block});
    Value w = kernel.load(weight, {tile.cols, depth}, {tile.col, k});
    return tile::ScaledMmaOp::create(b, acc.getType(), a, s, m, w, acc);
  };
  if (tile.depth == 0 || tile.depth >= size)
    return step(kernel.index(0), kernel.index(0), size, zero);
  auto loop = scf::ForOp::create(b, kernel.index(0), kernel.index(size), kernel.index(tile.depth), ValueRange(zero));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value k = loop.getInductionVar();
  scf::YieldOp::create(b, ValueRange(step(k, kernel.div(k, 32), tile.depth, loop.getRegionIterArg(0))));
  return loop.getResult(0);
}

} // namespace longc
