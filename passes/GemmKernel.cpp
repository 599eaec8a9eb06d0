// The GEMM-like skeleton.
#include "passes/GemmKernel.h"

#include "dialects/lm/LmDialect.h"

using namespace mlir;

namespace longc {

static tile::ViewType viewType(Value view) { return cast<tile::ViewType>(view.getType()); }

Value loadAs(KernelBuilder &kernel, Value view, ArrayRef<int64_t> shape, ValueRange offsets, Type element) {
  Value tile = kernel.load(view, shape, offsets);
  Type type = tileType(shape, element), stored = tileElement(tile);
  if (isa<tile::QuantizedType>(stored))
    return tile::DecodeOp::create(kernel.body(), type, tile);
  if (stored == element)
    return tile;
  bool wider = element.getIntOrFloatBitWidth() > stored.getIntOrFloatBitWidth();
  return wider ? Value(arith::ExtFOp::create(kernel.body(), type, tile))
               : Value(arith::TruncFOp::create(kernel.body(), type, tile));
}

// One product over K columns [k, k + depth) on top of `acc`. A weight stored in another type takes on that of x, tile by
// tile.
static Value productStep(KernelBuilder &kernel, const GemmTile &tile, Value x, Value weight, Value k, int64_t depth,
                         Value acc, bool plain) {
  Value a = kernel.load(x, {tile.rows, depth}, {tile.row, k});
  Value b = plain ? loadAs(kernel, weight, {depth, tile.cols}, {k, tile.col}, tileElement(a))
                  : loadAs(kernel, weight, {tile.cols, depth}, {tile.col, k}, tileElement(a));
  return tile::MmaOp::create(kernel.body(), acc.getType(), a, b, acc, /*transpose_b=*/!plain);
}

Value storedWeight(Value weight) {
  while (Operation *op = weight.getDefiningOp()) {
    if (!isa<lm::DequantizeOp, lm::RoundOp>(op))
      break;
    weight = op->getOperand(0);
  }
  return weight;
}

static Value productSteps(KernelBuilder &kernel, const GemmTile &tile, Value x, Value weight, Value size, int64_t depth, Value acc, bool plain,
                          int64_t begin = 0) {
  ImplicitLocOpBuilder &b = kernel.body();
  auto loop = scf::ForOp::create(b, kernel.index(begin), size, kernel.index(depth), ValueRange(acc));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value next = productStep(kernel, tile, x, weight, loop.getInductionVar(), depth, loop.getRegionIterArg(0), plain);
  scf::YieldOp::create(b, ValueRange(next));
  return loop.getResult(0);
}

static Value product(KernelBuilder &kernel, const GemmTile &tile, Value x, Value weight, Value acc, bool plain) {
  int64_t size = viewType(weight).getShape()[plain ? 0 : 1];
  if (!acc)
    acc = kernel.constantTile({tile.rows, tile.cols}, 0.0);
  if (tile.depth == 0 || tile.depth >= size) // one step; what lies past the end of both is zero
    return productStep(kernel, tile, x, weight, kernel.index(0), std::max(size, tile.depth), acc, plain);
  return productSteps(kernel, tile, x, weight, kernel.index(size), tile.depth, acc, plain);
}

Value buildOpenProduct(KernelBuilder &kernel, const GemmTile &tile, Value x, Value weight, Value size, int64_t depth, bool firstApart) {
  Value sum = kernel.constantTile({tile.rows, tile.cols}, 0.0);
  if (firstApart)
    sum = productStep(kernel, tile, x, weight, kernel.index(0), depth, sum, /*plain=*/false);
  return productSteps(kernel, tile, x, weight, size, depth, sum, /*plain=*/false, firstApart ? depth : 0);
}

Value buildProduct(KernelBuilder &kernel, const GemmTile &tile, Value x, Value weight, Value acc) {
  return product(kernel, tile, x, weight, acc, /*plain=*/false);
}

Value buildProductOfRows(KernelBuilder &kernel, const GemmTile &tile, Value rows, Value weight, Value acc) {
  Value b = loadAs(kernel, weight, {tile.cols, tileShape(rows)[1]}, {tile.col, kernel.index(0)}, tileElement(rows));
  if (!acc)
    acc = kernel.constantTile({tile.rows, tile.cols}, 0.0);
  return tile::MmaOp::create(kernel.body(), acc.getType(), rows, b, acc, /*transpose_b=*/true);
}

Value buildPlainProduct(KernelBuilder &kernel, const GemmTile &tile, Value x, Value weight) {
  return product(kernel, tile, x, weight, /*acc=*/{}, /*plain=*/true);
}

Value buildRowProduct(KernelBuilder &kernel, const GemmTile &tile, Value x, Value y, Value begin, Value end, Value head) {
  ImplicitLocOpBuilder &b = kernel.body();
  auto loop = scf::ForOp::create(b, begin, end, kernel.index(tile.depth), ValueRange(kernel.constantTile({tile.rows, tile.cols}, 0.0)));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  auto load = [&](Value view, int64_t columns, Value column) {
    SmallVector<Value> place = {loop.getInductionVar(), column};
    SmallVector<int64_t> dropped;
    if (head)
      place.insert(place.begin() + 1, head), dropped.push_back(1);
    return kernel.load(view, {tile.depth, columns}, place, {}, {}, dropped);
  };
  Value a = load(x, tile.rows, tile.row);
  a = tile::TransposeOp::create(b, tileType({tile.rows, tile.depth}, tileElement(a)), a);
  Value sum = tile::MmaOp::create(b, loop.getResult(0).getType(), a, load(y, tile.cols, tile.col), loop.getRegionIterArg(0), /*transpose_b=*/false);
  scf::YieldOp::create(b, ValueRange(sum));
  return loop.getResult(0);
}

Value addProduct(KernelBuilder &kernel, Value sum, Value a, Value b) {
  ImplicitLocOpBuilder &body = kernel.body();
  auto onTopOf = [&](Value acc) -> Value { return tile::MmaOp::create(body, sum.getType(), a, b, acc, /*transpose_b=*/false); };
  if (!tileElement(a).isF32())
    return onTopOf(sum);
  return arith::AddFOp::create(body, sum, onTopOf(kernel.constantTile(tileShape(sum), 0.0)));
}

Value buildScaledProduct(KernelBuilder &kernel, const GemmTile &tile, Value values, Value scales, Value sums,
                         Value weight, int64_t scaleBlocks) {
  // Integer products are exact whatever the depth; targets that pipeline loads may cut K as for dense products.
  int64_t size = viewType(weight).getShape()[1];
  Value zero = kernel.constantTile({tile.rows, tile.cols}, 0.0);
  ImplicitLocOpBuilder &b = kernel.body();
  auto step = [&](Value k, Value block, int64_t depth, Value acc) -> Value {
    Value a = kernel.load(values, {tile.rows, depth}, {tile.row, k});
    Value s = kernel.load(scales, {tile.rows, depth / 32}, {tile.row, block});
    Value m = kernel.load(sums, {tile.rows, depth / 32}, {tile.row, block});
    Value w = kernel.load(weight, {tile.cols, depth}, {tile.col, k});
    return tile::ScaledMmaOp::create(b, acc.getType(), a, s, m, w, acc, depth % (32 * scaleBlocks) == 0 ? scaleBlocks : 1);
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
