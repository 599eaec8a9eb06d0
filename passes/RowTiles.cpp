// Row-wise ops on tiles: element-wise ops, norms, gathers, slices, stores. Rotations and appends: RowTilesRope.cpp; chunks
// and soft tokens: RowTilesChunk.cpp.
#include "passes/RowTiles.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace longc {

bool RowTiles::isRowWise(Operation *op) {
  return isa<lm::ElementwiseOpInterface>(op) || RowOps::holds(op) || RowWritingOps::holds(op);
}

// Epilogues of products own a range of columns; [T, N/32] companions of a [T, N] value own a 32nd of it.
Value RowTiles::columnOffset(int64_t width) {
  if (!window_.column)
    return kernel_.index(0);
  return width == window_.width ? window_.column : kernel_.div(window_.column, window_.width / width);
}

SmallVector<int64_t> RowTiles::shapeOf(Value value) {
  SmallVector<int64_t> shape(cast<RankedTensorType>(value.getType()).getShape());
  shape.front() = window_.rows;
  if (window_.head && shape.size() == 3)
    shape[1] = 1;
  if (window_.column && shape.size() == 2)
    shape.back() = window_.columns / (window_.width / shape.back());
  return shape;
}

const RowTiles::Pieces &RowTiles::piecesOf(Value value) {
  auto found = pieces_.find(value);
  if (found != pieces_.end())
    return found->second;
  SmallVector<int64_t> shape = shapeOf(value);
  if (columnsOfHeads_.contains(value))
    return pieces_[value] = {{0, partOfHead(value, 0, shape.back())}};
  SmallVector<Value> offsets(shape.size(), window_.row);
  for (size_t dim = 1; dim < shape.size(); ++dim)
    offsets[dim] = dim == 1 ? columnOffset(cast<RankedTensorType>(value.getType()).getDimSize(1)) : kernel_.index(0);
  Value tile = kernel_.load(kernel_.input(value), shape, offsets, window_.lo, window_.hi);
  return pieces_[value] = {{0, tile}};
}

// The tile of a value that is in one piece; pieces are joined by interleaving along a new dimension.
Value RowTiles::whole(Value value) {
  Pieces pieces = piecesOf(value);
  if (pieces.size() == 1)
    return pieces.front().second;
  // Only rotations make pieces: two halves, perhaps a rest. Equal pieces side by side are a dimension before the last.
  SmallVector<int64_t> shape = shapeOf(value);
  int64_t count = pieces.size(), width = tileShape(pieces.front().second).back();
  SmallVector<int64_t> split(shape.begin(), shape.end() - 1);
  split.append({count, width});
  int64_t dim = split.size() - 2;
  Value place = kernel_.counted(split, dim), joined;
  for (auto [number, piece] : llvm::enumerate(pieces)) {
    Value spread = kernel_.expand(piece.second, dim, count);
    if (!joined) {
      joined = spread;
      continue;
    }
    Value mine = make<arith::CmpIOp>(arith::CmpIPredicate::eq, place, kernel_.integers(split, number));
    joined = make<arith::SelectOp>(mine, spread, joined);
  }
  Value tile = kernel_.reshape(joined, shape);
  pieces_[value] = {{0, tile}};
  return tile;
}

Value RowTiles::vector(Value value) {
  auto found = pieces_.find(value);
  if (found != pieces_.end())
    return found->second.front().second;
  int64_t width = cast<RankedTensorType>(value.getType()).getDimSize(0);
  Value tile = kernel_.load(kernel_.input(value), {window_.column ? window_.columns : width}, columnOffset(width));
  pieces_[value] = {{0, tile}};
  return tile;
}

Value RowTiles::widened(Value value) { return kernel_.widened(whole(value)); }

// Binds a value computed in f32, rounded to the value's own element type.
void RowTiles::set(Value value, Value tile) {
  bind(value, kernel_.converted(tile, cast<RankedTensorType>(value.getType()).getElementType()));
}

Value RowTiles::constantLike(Value tile, double value) {
  auto type = cast<RankedTensorType>(tile.getType());
  APFloat number(value);
  bool inexact;
  number.convert(cast<FloatType>(type.getElementType()).getFloatSemantics(), APFloat::rmNearestTiesToEven, &inexact);
  return make<arith::ConstantOp>(DenseElementsAttr::get(type, number));
}

Value RowTiles::rowIndices(Value indices) {
  return kernel_.load(kernel_.input(indices), {window_.rows}, window_.row, window_.lo, window_.hi);
}

// Whether the values are in pieces of the same widths, so that one piece after the other can be worked on.
bool RowTiles::alike(ValueRange values) {
  auto shapes = [&](Value value) {
    return llvm::map_to_vector(piecesOf(value), [](auto piece) { return tileShape(piece.second); });
  };
  return llvm::all_of(values, [&](Value value) { return shapes(value) == shapes(values.front()); });
}

LogicalResult RowTiles::evaluateElements(lm::ElementwiseOpInterface op) {
  if (!alike(op->getOperands()))
    for (Value operand : op->getOperands())
      whole(operand);
  ImplicitLocOpBuilder &b = kernel_.body();
  Type element = cast<RankedTensorType>(op->getResult(0).getType()).getElementType();
  Pieces result;
  for (size_t number = 0; number < piecesOf(op->getOperand(0)).size(); ++number) {
    SmallVector<lm::Formula> operands;
    for (Value operand : op->getOperands())
      operands.emplace_back(b, kernel_.widened(piecesOf(operand)[number].second));
    int64_t begin = piecesOf(op->getOperand(0))[number].first;
    result.push_back({begin, kernel_.converted(op.onTiles(operands).tile(), element)});
  }
  pieces_[op->getResult(0)] = result;
  return success();
}

// y = (x - mean) / sqrt(mean of squares + epsilon) * weight + bias; the mean is 0 unless `center`. Heads are rows.
LogicalResult RowTiles::normalize(Operation *op, Value weight, Value bias, double epsilon, bool center) {
  Value tile = widened(op->getOperand(0));
  SmallVector<int64_t> given(tileShape(tile));
  if (given.size() == 3)
    tile = kernel_.reshape(tile, {given[0] * given[1], given[2]});
  ArrayRef<int64_t> shape = tileShape(tile);
  int64_t rows = shape[0], width = shape[1];
  Value share = kernel_.constantTile({rows}, 1.0 / static_cast<double>(width));
  if (center) {
    Value mean = make<arith::MulFOp>(kernel_.reduce(tile::Reduction::add, tile, 1), share);
    tile = make<arith::SubFOp>(tile, kernel_.expand(mean, 1, width));
  }
  Value squares = kernel_.reduce(tile::Reduction::add, make<arith::MulFOp>(tile, tile), 1);
  Value variance = make<arith::AddFOp>(make<arith::MulFOp>(squares, share), kernel_.constantTile({rows}, epsilon));
  Value factor = make<math::RsqrtOp>(variance);
  Value y = make<arith::MulFOp>(tile, kernel_.expand(factor, 1, width));
  y = make<arith::MulFOp>(y, kernel_.expand(vector(weight), 0, rows));
  if (bias)
    y = make<arith::AddFOp>(y, kernel_.expand(vector(bias), 0, rows));
  set(op->getResult(0), given.size() == 3 ? kernel_.reshape(y, given) : y);
  return success();
}

LogicalResult RowTiles::evaluate(lm::RmsNormOp op) {
  return normalize(op, op.getW(), /*bias=*/{}, op.getEpsilon(), /*center=*/false);
}

LogicalResult RowTiles::evaluate(lm::LayerNormOp op) {
  return normalize(op, op.getW(), op.getBias(), op.getEpsilon(), /*center=*/true);
}

LogicalResult RowTiles::evaluate(lm::EmbeddingOp op) {
  Type element = cast<RankedTensorType>(op.getResult().getType()).getElementType();
  Value table = kernel_.input(op.getTable());
  Type stored = cast<tile::ViewType>(table.getType()).getElementType();
  Type read = isa<tile::QuantizedType>(stored) ? element : stored;
  Value rows = make<tile::GatherOp>(tileType(shapeOf(op.getResult()), read), table, rowIndices(op.getTokens()),
                                    kernel_.index(0), ArrayRef<int64_t>{});
  bind(op.getResult(), kernel_.converted(rows, element));
  return success();
}

LogicalResult RowTiles::evaluate(lm::GatherRowsOp op) {
  if (pieces_.contains(op.getX()))
    return op.emitOpError("expected a source from outside the group: its rows are other blocks'");
  Type element = cast<RankedTensorType>(op.getX().getType()).getElementType();
  if (window_.rows == 1 && !window_.lo) { // one row is a load from where its number says
    Value number = kernel_.scalar(kernel_.input(op.getRows()), window_.row);
    bind(op.getResult(), kernel_.load(kernel_.input(op.getX()), shapeOf(op.getResult()), {number, kernel_.index(0)}));
    return success();
  }
  bind(op.getResult(), make<tile::GatherOp>(tileType(shapeOf(op.getResult()), element), kernel_.input(op.getX()),
                                            rowIndices(op.getRows()), kernel_.index(0), ArrayRef<int64_t>{}));
  return success();
}

LogicalResult RowTiles::evaluate(lm::QuantizeOp op) {
  Value x = widened(op.getX());
  ArrayRef<int64_t> shape = tileShape(x);
  Type integer = cast<RankedTensorType>(op.getValues().getType()).getElementType();
  Type blocks = tileType({shape[0], shape[1] / 32}, kernel_.body().getF32Type());
  auto encode = tile::EncodeOp::create(kernel_.body(), tileType(shape, integer), blocks, blocks, x, op.getScaleBlocks());
  bind(op.getValues(), encode.getValues());
  bind(op.getScales(), encode.getScales());
  bind(op.getSums(), encode.getSums());
  return success();
}

// Columns of the window's head.
Value RowTiles::partOfHead(Value value, int64_t begin, int64_t columns) {
  auto [of, first] = columnsOfHeads_.lookup(value);
  const int64_t width = cast<RankedTensorType>(value.getType()).getDimSize(2);
  Value column = kernel_.add(kernel_.mul(window_.head, width), kernel_.index(first + begin));
  return kernel_.reshape(kernel_.load(kernel_.input(of), {1, columns}, {window_.row, column}, window_.lo, window_.hi), {1, 1, columns});
}

LogicalResult RowTiles::reshapeHeads(Operation *op) {
  if (window_.head) {
    auto slice = op->getOperand(0).getDefiningOp<lm::SliceColumnsOp>();
    columnsOfHeads_[op->getResult(0)] = slice ? std::pair(Value(slice.getX()), static_cast<int64_t>(slice.getBegin())) : std::pair(op->getOperand(0), int64_t{0});
    return success();
  }
  bind(op->getResult(0), kernel_.reshape(whole(op->getOperand(0)), shapeOf(op->getResult(0))));
  return success();
}

LogicalResult RowTiles::evaluate(lm::SliceColumnsOp op) {
  if (window_.head) // its heads are read where it lies
    return success();
  Value x = op.getX();
  SmallVector<int64_t> shape = shapeOf(op.getResult());
  int64_t begin = op.getBegin();
  if (pieces_.contains(x))
    bind(op.getResult(), make<tile::SliceOp>(tileType(shape, tileElement(whole(x))), whole(x),
                                             ArrayRef<int64_t>{0, begin}));
  else // what lies in memory is loaded as far as it is wanted
    bind(op.getResult(),
         kernel_.load(kernel_.input(x), shape, {window_.row, kernel_.index(begin)}, window_.lo, window_.hi));
  return success();
}

LogicalResult RowTiles::emit(Operation *op) {
  kernel_.body().setLoc(op->getLoc());
  auto elementwise = dyn_cast<lm::ElementwiseOpInterface>(op);
  if (window_.column && window_.columns < window_.width && !elementwise && !isa<lm::QuantizeOp>(op))
    return op->emitOpError("needs whole rows: a block of this kernel has ")
           << window_.columns << " of " << window_.width << " columns";
  // Parts of unequal width cannot be joined again.
  bool cut = llvm::any_of(op->getOperands(), [&](Value operand) {
    auto found = pieces_.find(operand);
    return found != pieces_.end() && found->second.size() > 2;
  });
  if (cut && !(elementwise && alike(op->getOperands())))
    return op->emitOpError("takes a partly rotated value inside one kernel, which only element-wise ops on such values, "
                           "appends and stores can");
  if (elementwise)
    return evaluateElements(elementwise);
  return RowOps::visit(op, [&](auto each) { return evaluate(each); });
}

void RowTiles::store(Value value, Value view) {
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  for (auto [begin, tile] : Pieces(piecesOf(value))) {
    SmallVector<Value> offsets = {window_.row};
    for (int64_t dim = 1; dim < rank; ++dim) {
      bool last = dim == rank - 1;
      Value offset = rank == 3 && dim == 1 && window_.head ? window_.head : rank == 2 ? columnOffset(cast<RankedTensorType>(value.getType()).getDimSize(1)) : kernel_.index(0);
      offsets.push_back(last && begin > 0 ? kernel_.add(offset, kernel_.index(begin)) : offset);
    }
    kernel_.store(tile, view, offsets, window_.lo, window_.hi);
  }
}

} // namespace longc
