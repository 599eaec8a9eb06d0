// Row-wise ops on tiles: norms, activations, gathers, rounding, stores. Rotations and appends: RowTilesRope.cpp; chunks
// and soft tokens: RowTilesChunk.cpp.
#include "passes/RowTiles.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;

namespace longc {

bool RowTiles::isRowWise(Operation *op) {
  return isa<lm::AddOp, lm::ApplyRopeOp, lm::CacheAppendOp, lm::ChunkPoolOp, lm::EmbeddingOp, lm::GatherRowsOp,
             lm::GegluOp, lm::GeluOp, lm::LayerNormOp, lm::MemoryAppendOp, lm::MergeHeadsOp, lm::QuantizeOp, lm::RmsNormOp,
             lm::RopeAnglesOp, lm::RoundOp, lm::ScaleOp, lm::ScatterRowsOp, lm::SliceColumnsOp, lm::SplitHeadsOp, lm::SwigluOp>(op);
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
  if (window_.column && shape.size() == 2)
    shape.back() = window_.columns / (window_.width / shape.back());
  return shape;
}

const RowTiles::Pieces &RowTiles::piecesOf(Value value) {
  auto found = pieces_.find(value);
  if (found != pieces_.end())
    return found->second;
  SmallVector<int64_t> shape = shapeOf(value);
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
  ImplicitLocOpBuilder &b = kernel_.body();
  // Only rotations make pieces: two halves, perhaps a rest. Equal pieces side by side are a dimension before the last.
  SmallVector<int64_t> shape = shapeOf(value);
  int64_t count = pieces.size(), width = tileShape(pieces.front().second).back();
  SmallVector<int64_t> split(shape.begin(), shape.end() - 1);
  split.append({count, width});
  int64_t dim = split.size() - 2;
  Value place = make<tile::IotaOp>(tileType(split, b.getI32Type()), dim), joined;
  for (auto [number, piece] : llvm::enumerate(pieces)) {
    Value spread = kernel_.expand(piece.second, dim, count);
    if (!joined) {
      joined = spread;
      continue;
    }
    Value here =
        make<arith::ConstantOp>(DenseElementsAttr::get(tileType(split, b.getI32Type()), static_cast<int32_t>(number)));
    Value mine = make<arith::CmpIOp>(arith::CmpIPredicate::eq, place, here);
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

static Type withElement(Value tile, Type element) { return tileType(tileShape(tile), element); }

Value RowTiles::widened(Value value) {
  Value tile = whole(value);
  Type f32 = kernel_.body().getF32Type();
  return tileElement(tile) == f32 ? tile : make<arith::ExtFOp>(withElement(tile, f32), tile);
}

// Binds a value computed in f32, rounded to the value's own element type.
void RowTiles::set(Value value, Value tile) {
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  if (tileElement(tile) != element)
    tile = make<arith::TruncFOp>(withElement(tile, element), tile);
  bind(value, tile);
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

// y = (x - mean) / sqrt(mean of squares + epsilon) * weight + bias; the mean is 0 unless `center`. Heads are rows.
void RowTiles::emitNorm(Value x, Value weight, Value bias, double epsilon, bool center, Value result) {
  Value tile = widened(x);
  SmallVector<int64_t> given(tileShape(tile));
  if (given.size() == 3)
    tile = kernel_.reshape(tile, {given[0] * given[1], given[2]});
  ArrayRef<int64_t> shape = tileShape(tile);
  int64_t rows = shape[0], width = shape[1];
  Type row = tileType({rows}, kernel_.body().getF32Type());
  Value share = kernel_.constantTile({rows}, 1.0 / static_cast<double>(width));
  if (center) {
    Value sum = make<tile::ReduceOp>(row, tile::Reduction::add, tile, 1);
    Value mean = make<arith::MulFOp>(sum, share);
    tile = make<arith::SubFOp>(tile, kernel_.expand(mean, 1, width));
  }
  Value squares = make<tile::ReduceOp>(row, tile::Reduction::add, make<arith::MulFOp>(tile, tile), 1);
  Value variance = make<arith::AddFOp>(make<arith::MulFOp>(squares, share), kernel_.constantTile({rows}, epsilon));
  Value factor = make<math::RsqrtOp>(variance);
  Value y = make<arith::MulFOp>(tile, kernel_.expand(factor, 1, width));
  y = make<arith::MulFOp>(y, kernel_.expand(vector(weight), 0, rows));
  if (bias)
    y = make<arith::AddFOp>(y, kernel_.expand(vector(bias), 0, rows));
  set(result, given.size() == 3 ? kernel_.reshape(y, given) : y);
}

// x / 2 * (1 + erf(x / sqrt(2))), or its form by tanh.
Value RowTiles::gelu(Value x, bool tanh) {
  Value inner;
  if (tanh) {
    Value cube = make<arith::MulFOp>(make<arith::MulFOp>(x, x), x);
    Value bent = make<arith::AddFOp>(x, make<arith::MulFOp>(cube, constantLike(x, 0.044715)));
    inner = make<math::TanhOp>(make<arith::MulFOp>(bent, constantLike(x, std::sqrt(2.0 / M_PI))));
  } else {
    inner = make<math::ErfOp>(make<arith::MulFOp>(x, constantLike(x, std::sqrt(0.5))));
  }
  Value factor = make<arith::AddFOp>(inner, constantLike(x, 1.0));
  return make<arith::MulFOp>(make<arith::MulFOp>(x, constantLike(x, 0.5)), factor);
}

LogicalResult RowTiles::emit(Operation *op) {
  kernel_.body().setLoc(op->getLoc());
  bool elementWise = isa<lm::AddOp, lm::GegluOp, lm::GeluOp, lm::QuantizeOp, lm::RoundOp, lm::ScaleOp, lm::SwigluOp>(op);
  if (window_.column && window_.columns < window_.width && !elementWise)
    return op->emitOpError("needs whole rows: a block of this kernel has ")
           << window_.columns << " of " << window_.width << " columns";
  // Parts of unequal width cannot be joined again.
  if (!isa<lm::RoundOp>(op))
    for (Value operand : op->getOperands())
      if (auto found = pieces_.find(operand); found != pieces_.end() && found->second.size() > 2)
        return op->emitOpError("takes a partly rotated value inside one kernel, which only roundings, appends and "
                               "stores can");
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<lm::EmbeddingOp>([&](auto op) {
        SmallVector<int64_t> shape = shapeOf(op.getResult());
        Type element = cast<RankedTensorType>(op.getResult().getType()).getElementType();
        Value table = kernel_.input(op.getTable());
        Type stored = cast<tile::ViewType>(table.getType()).getElementType();
        Type read = isa<tile::QuantizedType>(stored) ? element : stored;
        Value rows = make<tile::GatherOp>(tileType(shape, read), table, rowIndices(op.getTokens()), kernel_.index(0),
                                          ArrayRef<int64_t>{});
        if (read != element)
          rows = make<arith::ExtFOp>(tileType(shape, element), rows);
        bind(op.getResult(), rows);
        return success();
      })
      .Case<lm::GatherRowsOp>([&](auto op) {
        if (pieces_.contains(op.getX()))
          return LogicalResult(op.emitOpError("expected a source from outside the group: its rows are other blocks'"));
        Type element = cast<RankedTensorType>(op.getX().getType()).getElementType();
        bind(op.getResult(), make<tile::GatherOp>(tileType(shapeOf(op.getResult()), element), kernel_.input(op.getX()),
                                                  rowIndices(op.getRows()), kernel_.index(0), ArrayRef<int64_t>{}));
        return LogicalResult(success());
      })
      .Case<lm::ChunkPoolOp>([&](auto op) { return emitChunkPool(op); })
      .Case<lm::RmsNormOp>([&](auto op) {
        emitNorm(op.getX(), op.getW(), {}, op.getEpsilon(), /*center=*/false, op.getResult());
        return success();
      })
      .Case<lm::LayerNormOp>([&](auto op) {
        emitNorm(op.getX(), op.getW(), op.getBias(), op.getEpsilon(), /*center=*/true, op.getResult());
        return success();
      })
      .Case<lm::AddOp>([&](auto op) {
        set(op.getResult(), make<arith::AddFOp>(widened(op.getX()), widened(op.getY())));
        return success();
      })
      .Case<lm::SwigluOp>([&](auto op) {
        // silu(g) = g / (1 + exp(-g)), with exp by exp2, the one exponential that kernels use.
        Value gate = widened(op.getGate());
        Value power = make<math::Exp2Op>(make<arith::MulFOp>(gate, constantLike(gate, -M_LOG2E)));
        Value silu = make<arith::DivFOp>(gate, make<arith::AddFOp>(power, constantLike(gate, 1.0)));
        set(op.getResult(), make<arith::MulFOp>(silu, widened(op.getUp())));
        return success();
      })
      .Case<lm::GeluOp>([&](auto op) {
        set(op.getResult(), gelu(widened(op.getX()), op.getTanh()));
        return success();
      })
      .Case<lm::GegluOp>([&](auto op) {
        Value active = gelu(widened(op.getGate()), /*tanh=*/true);
        set(op.getResult(), make<arith::MulFOp>(active, widened(op.getUp())));
        return success();
      })
      .Case<lm::ScaleOp>([&](auto op) {
        Value x = widened(op.getX());
        set(op.getResult(), make<arith::MulFOp>(x, constantLike(x, op.getFactor())));
        return success();
      })
      .Case<lm::QuantizeOp>([&](auto op) {
        Value x = widened(op.getX());
        ArrayRef<int64_t> shape = tileShape(x);
        Type integer = cast<RankedTensorType>(op.getValues().getType()).getElementType();
        Type f32 = kernel_.body().getF32Type();
        Type blocks = tileType({shape[0], shape[1] / 32}, f32);
        auto encode = tile::EncodeOp::create(kernel_.body(), tileType(shape, integer), blocks, blocks, x);
        bind(op.getValues(), encode.getValues());
        bind(op.getScales(), encode.getScales());
        bind(op.getSums(), encode.getSums());
        return success();
      })
      .Case<lm::RoundOp>([&](auto op) {
        Type element = cast<RankedTensorType>(op.getResult().getType()).getElementType();
        Pieces rounded;
        for (auto [begin, tile] : Pieces(piecesOf(op.getX()))) {
          if (tileElement(tile).getIntOrFloatBitWidth() > element.getIntOrFloatBitWidth())
            tile = make<arith::TruncFOp>(withElement(tile, element), tile);
          else if (tileElement(tile) != element)
            tile = make<arith::ExtFOp>(withElement(tile, element), tile);
          rounded.push_back({begin, tile});
        }
        pieces_[op.getResult()] = rounded;
        return success();
      })
      .Case<lm::SplitHeadsOp, lm::MergeHeadsOp>([&](auto op) {
        Value source = whole(op.getX());
        bind(op.getResult(), kernel_.reshape(source, shapeOf(op.getResult())));
        return success();
      })
      .Case<lm::SliceColumnsOp>([&](auto op) {
        // A slice of what lies in memory is a load of fewer columns.
        Value x = op.getX();
        SmallVector<int64_t> shape = shapeOf(op.getResult());
        if (!pieces_.contains(x))
          bind(op.getResult(), kernel_.load(kernel_.input(x), shape, {window_.row, kernel_.index(op.getBegin())},
                                            window_.lo, window_.hi));
        else
          bind(op.getResult(), make<tile::SliceOp>(tileType(shape, tileElement(whole(x))), whole(x),
                                                   ArrayRef<int64_t>{0, static_cast<int64_t>(op.getBegin())}));
        return success();
      })
      .Case<lm::RopeAnglesOp>([&](auto op) {
        emitAngles(op);
        return success();
      })
      .Case<lm::ApplyRopeOp>([&](auto op) { return emitRope(op); })
      .Default(
          [](Operation *op) { return LogicalResult(op->emitOpError("is not row-wise: no kernel is made of it")); });
}

void RowTiles::store(Value value, Value view) {
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  for (auto [begin, tile] : Pieces(piecesOf(value))) {
    SmallVector<Value> offsets = {window_.row};
    for (int64_t dim = 1; dim < rank; ++dim) {
      bool last = dim == rank - 1;
      Value offset = rank == 2 ? columnOffset(cast<RankedTensorType>(value.getType()).getDimSize(1)) : kernel_.index(0);
      offsets.push_back(last && begin > 0 ? kernel_.add(offset, kernel_.index(begin)) : offset);
    }
    kernel_.store(tile, view, offsets, window_.lo, window_.hi);
  }
}

} // namespace longc
