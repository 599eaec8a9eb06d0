// Row-wise ops on tiles: rotary angles and rotations, and the scattering of rows into caches and memories.
#include "passes/AttentionKernel.h"
#include "passes/RowTiles.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;

namespace longc {

// Cosine and sine in f64, by reduction to [-pi/4, pi/4] and the Taylor series to x^14 (error below 1e-14 there).
// Angles reach position * 1, so f32 would lose the digits that far positions need.
LogicalResult RowTiles::evaluate(lm::RopeAnglesOp op) {
  ImplicitLocOpBuilder &b = kernel_.body();
  int64_t half = op.getDim() / 2, rows = window_.rows;
  Type f64 = b.getF64Type();
  SmallVector<double> frequencies;
  for (int64_t pair = 0; pair < half; ++pair)
    frequencies.push_back(op.getScale() * std::pow(op.getTheta(), -2.0 * pair / op.getDim()) /
                          (op.getFactors().empty() ? 1.0 : op.getFactors()[pair]));
  Value frequency =
      make<arith::ConstantOp>(DenseElementsAttr::get(tileType({half}, f64), ArrayRef<double>(frequencies)));
  Value position = make<arith::SIToFPOp>(tileType({rows}, f64), rowIndices(op.getPositions()));
  Value angle = make<arith::MulFOp>(kernel_.expand(position, 1, half), kernel_.expand(frequency, 0, rows));

  // angle = turns * pi/2 + x
  Value turns = make<math::RoundEvenOp>(make<arith::MulFOp>(angle, constantLike(angle, M_2_PI)));
  Value x = make<arith::SubFOp>(angle, make<arith::MulFOp>(turns, constantLike(angle, M_PI_2)));
  Value square = make<arith::MulFOp>(x, x);
  // 1 - x^2/2! + x^4/4! - ... and x - x^3/3! + ..., Horner in x^2.
  auto series = [&](int64_t first, int64_t last) {
    Value sum = constantLike(angle, 1.0);
    for (int64_t n = last; n >= first; n -= 2) {
      Value term = make<arith::MulFOp>(square, sum);
      term = make<arith::MulFOp>(term, constantLike(angle, -1.0 / static_cast<double>(n * (n - 1))));
      sum = make<arith::AddFOp>(term, constantLike(angle, 1.0));
    }
    return sum;
  };
  Value cosine = series(2, 14);
  Value sine = make<arith::MulFOp>(x, series(3, 15));
  // Quarter turns exchange the two and change signs.
  auto integer = [&](int64_t value) { return kernel_.integers({rows, half}, value); };
  Value quarter = make<arith::FPToSIOp>(tileType({rows, half}, b.getI32Type()), turns);
  auto bit = [&](Value value, int32_t mask) -> Value {
    return make<arith::CmpIOp>(arith::CmpIPredicate::ne, make<arith::AndIOp>(value, integer(mask)), integer(0));
  };
  Value odd = bit(quarter, 1);
  Value zero = constantLike(angle, 0.0);
  auto select = [&](Value condition, Value yes, Value no) -> Value {
    return make<arith::SelectOp>(condition, yes, no);
  };
  auto negated = [&](Value value) -> Value { return make<arith::SubFOp>(zero, value); };
  Value c = select(odd, sine, cosine), s = select(odd, cosine, sine);
  c = select(bit(make<arith::AddIOp>(quarter, integer(1)), 2), negated(c), c);
  s = select(bit(quarter, 2), negated(s), s);
  pieces_[op.getResult()] = {{0, kernel_.widened(c)}, {half, kernel_.widened(s)}};
  return success();
}

LogicalResult RowTiles::evaluate(lm::ApplyRopeOp op) {
  if (op.getStyle() != lm::RopeStyle::half)
    return op.emitOpError("expected style half, got interleaved: the importer permutes such weights to halves");
  Value x = widened(op.getX()), angles = op.getAngles();
  Type f32 = kernel_.body().getF32Type();
  SmallVector<int64_t> shape(tileShape(x));
  int64_t rows = shape[0], heads = shape[1], width = shape[2];
  int64_t dim = cast<RankedTensorType>(angles.getType()).getDimSize(1), half = dim / 2;
  // Angles that lie in memory are read in two halves; those of this kernel are in two pieces already.
  if (!pieces_.contains(angles)) {
    Value view = kernel_.input(angles);
    Pieces loaded;
    for (int64_t begin : {int64_t(0), half})
      loaded.push_back(
          {begin, kernel_.load(view, {rows, half}, {window_.row, kernel_.index(begin)}, window_.lo, window_.hi)});
    pieces_[angles] = loaded;
  }
  auto ofHeads = [&](Value angle) { return window_.head ? kernel_.reshape(angle, {1, 1, half}) : kernel_.expand(angle, 1, heads); };
  Value cosine = ofHeads(pieces_[angles][0].second), sine = ofHeads(pieces_[angles][1].second);
  auto part = [&](int64_t begin, int64_t size) -> Value {
    if (columnsOfHeads_.contains(op.getX()))
      return kernel_.widened(partOfHead(op.getX(), begin, size));
    return make<tile::SliceOp>(tileType({rows, heads, size}, f32), x, ArrayRef<int64_t>{0, 0, begin});
  };
  Value a = part(0, half), b = part(half, half);
  if (op.getInverse())
    std::swap(a, b); // then the one that the sine is taken from is b
  Value turnedA = make<arith::SubFOp>(make<arith::MulFOp>(a, cosine), make<arith::MulFOp>(b, sine));
  Value turnedB = make<arith::AddFOp>(make<arith::MulFOp>(b, cosine), make<arith::MulFOp>(a, sine));
  if (op.getInverse())
    std::swap(turnedA, turnedB);
  Pieces pieces = {{0, turnedA}, {half, turnedB}};
  if (dim < width)
    pieces.push_back({dim, part(dim, width - dim)});
  Type element = cast<RankedTensorType>(op.getResult().getType()).getElementType();
  for (auto &[begin, tile] : pieces)
    tile = kernel_.converted(tile, element);
  pieces_[op.getResult()] = pieces;
  return success();
}

// A row's place is a number here.
void RowTiles::emitAppendOfHead(Operation *op, Value keys, Value values, Value place) {
  Value size = isa<lm::CacheAppendOp>(op) ? place : kernel_.index(pageRows), row = window_.slot;
  if (isa<lm::MemoryAppendOp>(op))
    row = kernel_.scalar(place, {window_.slot, kernel_.div(window_.diagonal, pageRows)});
  row = make<arith::AddIOp>(make<arith::MulIOp>(row, size), make<arith::RemUIOp>(window_.diagonal, size));
  for (auto [value, view] : {std::pair(op->getOperand(1), keys), std::pair(op->getOperand(2), values)})
    for (auto [begin, tile] : Pieces(piecesOf(value)))
      kernel_.store(kernel_.converted(tile, cast<tile::ViewType>(view.getType()).getElementType()), view, {row, window_.head, kernel_.index(begin)});
}

// `place` is the rows of one slot's ring for a cache, the view of the page table for a memory.
LogicalResult RowTiles::emitAppend(Operation *op, Value keys, Value values, Value place) {
  ImplicitLocOpBuilder &b = kernel_.body();
  b.setLoc(op->getLoc());
  if (!window_.slot)
    return op->emitOpError("is not in a kernel over sequences");
  if (window_.head)
    return emitAppendOfHead(op, keys, values, place), success();
  int64_t rows = window_.rows;
  auto splat = [&](Value index) { return kernel_.splat({rows}, index); };
  Value count = kernel_.sub(window_.hi, window_.lo);
  Value number = kernel_.counted({rows}, 0);
  Value row;
  if (isa<lm::CacheAppendOp>(op)) {
    // Row diagonal + n modulo the ring; n is less than the ring, so one subtraction wraps it.
    Value first = make<arith::RemUIOp>(window_.diagonal, place);
    Value plain = make<arith::AddIOp>(number, splat(first)), ring = splat(place);
    Value wraps = make<arith::CmpIOp>(arith::CmpIPredicate::sge, plain, ring);
    Value wrapped = make<arith::SelectOp>(wraps, make<arith::SubIOp>(plain, ring), plain);
    row = make<arith::AddIOp>(wrapped, splat(make<arith::MulIOp>(window_.slot, place)));
  } else {
    // The block's rows lie in the page of its first token and perhaps the next.
    Value last = kernel_.add(window_.diagonal, kernel_.sub(count, kernel_.index(1)));
    auto pageOf = [&](Value token) { return kernel_.scalar(place, {window_.slot, kernel_.div(token, pageRows)}); };
    Value offset = make<arith::AddIOp>(number, splat(kernel_.rem(window_.diagonal, pageRows)));
    Value size = kernel_.integers({rows}, pageRows);
    Value next = make<arith::CmpIOp>(arith::CmpIPredicate::sge, offset, size);
    Value firstBase = splat(kernel_.mul(pageOf(window_.diagonal), pageRows));
    Value nextBase = make<arith::SubIOp>(splat(kernel_.mul(pageOf(last), pageRows)), size);
    row = make<arith::AddIOp>(offset, make<arith::SelectOp>(next, nextBase, firstBase));
  }
  // Rows past the block's end go nowhere.
  Value mine = make<arith::CmpIOp>(arith::CmpIPredicate::slt, number, splat(count));
  row = make<arith::SelectOp>(mine, row, kernel_.integers({rows}, -1));
  for (auto [value, view] : {std::pair(op->getOperand(1), keys), std::pair(op->getOperand(2), values)}) {
    Type element = cast<tile::ViewType>(view.getType()).getElementType();
    for (auto [begin, tile] : Pieces(piecesOf(value))) {
      Value offsets[] = {kernel_.index(0), kernel_.index(begin)};
      tile::ScatterOp::create(b, kernel_.converted(tile, element), view, row, offsets, ArrayRef<int64_t>{});
    }
  }
  return success();
}

} // namespace longc
