// The GEMM-like skeleton.
#include "passes/GemmKernel.h"

#include "dialects/lm/LmDialect.h"

using namespace mlir;

namespace longc {

static tile::ViewType viewType(Value view) { return cast<tile::ViewType>(view.getType()); }

Value loadAs(KernelBuilder &kernel, Value view, ArrayRef<int64_t> shape, ValueRange offsets, Type element) {
  Value tile = kernel.load(view, shape, offsets);
  if (isa<tile::QuantizedType>(tileElement(tile)))
    return tile::DecodeOp::create(kernel.body(), tileType(shape, element), tile);
  return kernel.converted(tile, element);
}

// One product over K columns [k, k + depth) on top of `acc`. A weight stored in another type takes on that of x, tile by
// tile.
static Value productStep(KernelBuilder &kernel, const GemmTile &tile, Value x, Value weight, Value k, int64_t depth,
                         Value acc, bool plain) {
  Value a = kernel.load(x, {tile.rows, depth}, {tile.row, k});
  Value b = plain ? loadAs(kernel, weight, {depth, tile.cols}, {k, tile.col}, tileElement(a))
                  : loadAs(kernel, weight, {tile.cols, depth}, {tile.col, k}, tileElement(a));
  return plain ? kernel.multiply(a, b, acc) : kernel.multiplyRows(a, b, acc);
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
  return kernel.accumulate(kernel.index(begin), size, depth, acc, [&](Value k, Value sum) { return productStep(kernel, tile, x, weight, k, depth, sum, plain); });
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
  return kernel.multiplyRows(rows, b, acc);
}

Value buildPlainProduct(KernelBuilder &kernel, const GemmTile &tile, Value x, Value weight) {
  return product(kernel, tile, x, weight, /*acc=*/{}, /*plain=*/true);
}

Value buildRowProduct(KernelBuilder &kernel, const GemmTile &tile, Value x, Value y, Value begin, Value end, Value head) {
  return kernel.accumulate(begin, end, tile.depth, kernel.constantTile({tile.rows, tile.cols}, 0.0), [&](Value at, Value sum) {
    auto load = [&](Value view, int64_t columns, Value column) {
      if (head)
        return kernel.load(view, {tile.depth, columns}, {at, head, column}, {}, {}, {1});
      return kernel.load(view, {tile.depth, columns}, {at, column});
    };
    Value a = kernel.transpose(load(x, tile.rows, tile.row));
    return kernel.multiply(a, load(y, tile.cols, tile.col), sum);
  });
}

Value addProduct(KernelBuilder &kernel, Value sum, Value a, Value b) {
  if (!tileElement(a).isF32())
    return kernel.multiply(a, b, sum);
  return arith::AddFOp::create(kernel.body(), sum, kernel.multiply(a, b));
}

Value buildScaledProduct(KernelBuilder &kernel, const GemmTile &tile, Value values, Value scales, Value sums,
                         Value weight, int64_t scaleBlocks) {
  // Integer products are exact whatever the depth; targets that pipeline loads may cut K as for dense products.
  int64_t size = viewType(weight).getShape()[1];
  Value zero = kernel.constantTile({tile.rows, tile.cols}, 0.0);
  auto step = [&](Value k, Value block, int64_t depth, Value acc) -> Value {
    Value a = kernel.load(values, {tile.rows, depth}, {tile.row, k});
    Value s = kernel.load(scales, {tile.rows, depth / 32}, {tile.row, block});
    Value m = kernel.load(sums, {tile.rows, depth / 32}, {tile.row, block});
    Value w = kernel.load(weight, {tile.cols, depth}, {tile.col, k});
    return tile::ScaledMmaOp::create(kernel.body(), acc.getType(), a, s, m, w, acc, depth % (32 * scaleBlocks) == 0 ? scaleBlocks : 1);
  };
  if (tile.depth == 0 || tile.depth >= size)
    return step(kernel.index(0), kernel.index(0), size, zero);
  return kernel.accumulate(kernel.index(0), kernel.index(size), tile.depth, zero,
                           [&](Value k, Value sum) { return step(k, kernel.div(k, 32), tile.depth, sum); });
}

} // namespace longc
