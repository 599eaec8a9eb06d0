// Row-wise ops on tiles: chunks pooled to rows, and rows placed among others.
#include "passes/RowTiles.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace longc {

// Rows of a chunk that one product adds up.
static constexpr int64_t pooledRows = 32;

// Mean of the rows [begin, end) of a view, as [1, C] f32: rows of ones times the rows.
Value RowTiles::chunkMean(Value x, Value begin, Value end) {
  ImplicitLocOpBuilder &b = kernel_.body();
  auto type = cast<tile::ViewType>(x.getType());
  int64_t width = type.getShape()[1];
  FloatType element = cast<FloatType>(type.getElementType());
  Attribute unit = b.getFloatAttr(element, 1.0);
  Value one = make<arith::ConstantOp>(DenseElementsAttr::get(tileType({1, pooledRows}, element), ArrayRef(unit)));
  Value all = kernel_.accumulate(begin, end, pooledRows, kernel_.constantTile({1, width}, 0.0), [&](Value row, Value sum) {
    return kernel_.multiply(one, kernel_.load(x, {pooledRows, width}, {row, kernel_.index(0)}, begin, end), sum);
  });
  Value count = kernel_.max(kernel_.sub(end, begin), kernel_.index(1));
  Value divisor = make<arith::SIToFPOp>(b.getF32Type(), make<arith::IndexCastOp>(b.getI32Type(), count));
  return make<arith::DivFOp>(all, kernel_.splat({1, width}, divisor));
}

// A block owns the rows of one chunk.
LogicalResult RowTiles::evaluate(lm::ChunkPoolOp op) {
  if (op.getPool() == lm::Pool::pma)
    return op.emitOpError("pools by learned queries, a kernel of its own that tile-linear makes: expected it outside a "
                          "group");
  if (pieces_.contains(op.getX()))
    return op.emitOpError("expected a source from outside the group: its rows are other blocks'");
  int64_t kept = op.getTokensPerChunk(), width = cast<RankedTensorType>(op.getX().getType()).getDimSize(1);
  if (window_.column || window_.slot || window_.rows != kept)
    return op.emitOpError("expected to be in a kernel over chunks of ") << kept << " rows each";
  Value x = kernel_.input(op.getX()), boundaries = kernel_.input(op.getCuSeqlens());
  Value chunk = kernel_.div(window_.row, kept);
  Value begin = kernel_.scalar(boundaries, chunk), end = kernel_.scalar(boundaries, kernel_.add(chunk, kernel_.index(1))), tile;
  if (op.getPool() == lm::Pool::mean) {
    tile = chunkMean(x, begin, end);
  } else {
    bool last = op.getPool() == lm::Pool::last;
    Value first = last ? kernel_.max(begin, kernel_.sub(end, kernel_.index(kept))) : begin;
    tile = kernel_.widened(kernel_.load(x, {kept, width}, {first, kernel_.index(0)}, begin, end));
  }
  if (op.getNormalize()) {
    Value squares = kernel_.reduce(tile::Reduction::add, make<arith::MulFOp>(tile, tile), 1);
    // A zero row has no direction and stays.
    Value factor = make<math::RsqrtOp>(make<arith::MaximumFOp>(squares, kernel_.constantTile({kept}, 1e-30)));
    tile = make<arith::MulFOp>(tile, kernel_.expand(factor, 1, width));
  }
  set(op.getResult(), tile);
  return success();
}

LogicalResult RowTiles::emitScatter(lm::ScatterRowsOp op, Value view) {
  ImplicitLocOpBuilder &b = kernel_.body();
  b.setLoc(op->getLoc());
  Value destinations = kernel_.input(op.getDestinations());
  Value place = kernel_.load(destinations, {window_.rows}, window_.row);
  // Rows past the last soft token go nowhere.
  Value left = kernel_.splat({window_.rows}, kernel_.sub(kernel_.size(destinations, 0), window_.row));
  Value mine = make<arith::CmpIOp>(arith::CmpIPredicate::slt, kernel_.counted({window_.rows}, 0), left);
  place = make<arith::SelectOp>(mine, place, kernel_.integers({window_.rows}, -1));
  tile::ScatterOp::create(b, whole(op.getSoft()), view, place, kernel_.index(0), ArrayRef<int64_t>{});
  return success();
}

} // namespace longc
