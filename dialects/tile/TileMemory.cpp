// Loads, stores, gathers: verification and interpretation.
#include "dialects/tile/TilePosition.h"

using namespace mlir;
using namespace longc;
using namespace longc::tile;

// Limits of dimension 0: all rows where none are given.
static std::pair<int64_t, int64_t> rowLimits(Value lo, Value hi, Interpreter &interpreter) {
  if (!lo || !hi)
    return {INT64_MIN, INT64_MAX};
  return {interpreter.getInteger(lo), interpreter.getInteger(hi)};
}

LogicalResult DimOp::interpret(Interpreter &interpreter) {
  interpreter.set(getSize(), interpreter.getView(getView()).dim(getDim()));
  return success();
}

LogicalResult DimOp::verify() {
  // dim_c1
  if (getDim() < 0 || getDim() >= getView().getType().getRank())
    return emitOpError("expected a dimension of the view, got ") << static_cast<int64_t>(getDim());
  return success();
}

LogicalResult ScalarOp::verify() {
  ViewType view = getView().getType();
  // scalar_c1
  if (getOffsets().size() != static_cast<size_t>(view.getRank()))
    return emitOpError("expected ") << view.getRank() << " offsets, one per dimension of the view, got "
                                    << getOffsets().size();
  // scalar_c2
  bool readsIndex = getValue().getType().isIndex() && isa<IntegerType>(view.getElementType());
  if (getValue().getType() != view.getElementType() && !readsIndex)
    return emitOpError("expected ") << view.getElementType() << " or, for integers, index, got "
                                    << getValue().getType();
  return success();
}

LogicalResult ScalarOp::interpret(Interpreter &interpreter) {
  const HostTensor &view = interpreter.getView(getView());
  double element = 0;
  SmallVector<int64_t> ones(view.rank(), 1);
  forEachElement(view.shape(), interpreter.getIntegers(getOffsets()), ones, INT64_MIN, INT64_MAX,
                 [&](int64_t, int64_t at) { element = at < 0 ? 0 : view[at]; });
  if (isa<FloatType>(getValue().getType()))
    interpreter.set(getValue(), element);
  else
    interpreter.set(getValue(), static_cast<int64_t>(element));
  return success();
}

LogicalResult LoadOp::verify() {
  return verifyPosition(*this, getView().getType(), cast<RankedTensorType>(getTile().getType()), getOffsets().size(),
                        getDropped(), bool(getLo()) != bool(getHi()));
}

// A quantised tile: integers as other elements, and the blocks' scales beside them.
static FailureOr<HostTensor> loadQuantized(LoadOp op, const HostTensor &view, ArrayRef<int64_t> offsets,
                                           ArrayRef<int64_t> shape, int64_t lo, int64_t hi) {
  if (offsets[1] % quantizedBlock != 0)
    return op.emitError("expected an offset of whole blocks, got ") << offsets[1], failure();
  std::vector<double> integers(shape[0] * shape[1]);
  BlockScales scales;
  scales.d.resize(integers.size() / quantizedBlock);
  scales.m.resize(integers.size() / quantizedBlock);
  forEachElement(view.shape(), offsets, shape, lo, hi, [&](int64_t i, int64_t at) {
    if (at < 0)
      return;
    integers[i] = view[at];
    scales.d[i / quantizedBlock] = view.scales().d[at / quantizedBlock];
    scales.m[i / quantizedBlock] = view.scales().m[at / quantizedBlock];
  });
  return HostTensor::quantized(shape[0], shape[1], std::move(integers), std::move(scales));
}

LogicalResult LoadOp::interpret(Interpreter &interpreter) {
  const HostTensor &view = interpreter.getView(getView());
  auto type = cast<RankedTensorType>(getTile().getType());
  SmallVector<int64_t> shape = *restoreDropped(type.getShape(), getDropped(), view.rank());
  SmallVector<int64_t> offsets = interpreter.getIntegers(getOffsets());
  auto [lo, hi] = rowLimits(getLo(), getHi(), interpreter);
  if (view.isQuantized()) {
    FailureOr<HostTensor> tile = loadQuantized(*this, view, offsets, shape, lo, hi);
    if (failed(tile))
      return failure();
    interpreter.set(getTile(), std::move(*tile));
    return success();
  }
  HostTensor tile(type.getShape(), type.getElementType());
  double *data = tile.mutableData();
  forEachElement(view.shape(), offsets, shape, lo, hi, [&](int64_t i, int64_t at) { data[i] = at < 0 ? 0 : view[at]; });
  interpreter.set(getTile(), std::move(tile));
  return success();
}

LogicalResult StoreOp::verify() {
  return verifyPosition(*this, getView().getType(), cast<RankedTensorType>(getTile().getType()), getOffsets().size(),
                        getDropped(), bool(getLo()) != bool(getHi()));
}

LogicalResult StoreOp::interpret(Interpreter &interpreter) {
  HostTensor &view = interpreter.getView(getView());
  const HostTensor &tile = interpreter.getTensor(getTile());
  SmallVector<int64_t> shape = *restoreDropped(tile.shape(), getDropped(), view.rank());
  auto [lo, hi] = rowLimits(getLo(), getHi(), interpreter);
  double *data = view.mutableData();
  forEachElement(view.shape(), interpreter.getIntegers(getOffsets()), shape, lo, hi, [&](int64_t i, int64_t at) {
    if (at >= 0)
      data[at] = tile[i] + (getAccumulate() ? data[at] : 0);
  });
  return success();
}

// gather_c1 .. gather_c3, shared by gather and scatter: offsets are those of dimensions 1 and up.
static LogicalResult verifyRows(Operation *op, ViewType view, RankedTensorType tile, RankedTensorType indices,
                                size_t offsets, ArrayRef<int64_t> dropped) {
  // gather_c1
  if (offsets + 1 != static_cast<size_t>(view.getRank()))
    return op->emitOpError("expected ") << view.getRank() - 1 << " offsets, one per dimension after the first, got "
                                        << offsets;
  // gather_c2
  auto shape = restoreDropped(tile.getShape(), dropped, view.getRank());
  if (!shape || (*shape)[0] != indices.getDimSize(0))
    return op->emitOpError("expected a tile with one row per index, got ") << tile << " and " << indices;
  return success();
}

LogicalResult GatherOp::verify() {
  ViewType view = getView().getType();
  auto tile = cast<RankedTensorType>(getTile().getType());
  if (failed(verifyRows(*this, view, tile, getIndices().getType(), getOffsets().size(), getDropped())))
    return failure();
  // gather_c3
  bool decodes = isa<QuantizedType>(view.getElementType()) && isa<FloatType>(tile.getElementType());
  if (tile.getElementType() != view.getElementType() && !decodes)
    return emitOpError("expected a tile of ") << view.getElementType() << ", got " << tile.getElementType();
  return success();
}

// Calls f(position in the tile, position in the view or -1) for the rows that the indices pick.
static void forEachRowElement(const HostTensor &view, const HostTensor &indices, ArrayRef<int64_t> offsets,
                              ArrayRef<int64_t> shape, function_ref<void(int64_t, int64_t)> f) {
  SmallVector<int64_t> rowShape(shape), position;
  rowShape[0] = 1;
  int64_t rowSize = 1;
  for (int64_t size : rowShape)
    rowSize *= size;
  for (int64_t row = 0; row < shape[0]; ++row) {
    position.assign(1, static_cast<int64_t>(indices[row]));
    position.append(offsets.begin(), offsets.end());
    forEachElement(view.shape(), position, rowShape, INT64_MIN, INT64_MAX,
                   [&](int64_t i, int64_t at) { f(row * rowSize + i, at); });
  }
}

LogicalResult GatherOp::interpret(Interpreter &interpreter) {
  const HostTensor &view = interpreter.getView(getView());
  auto type = cast<RankedTensorType>(getTile().getType());
  if (view.isQuantized() && !isa<FloatType>(type.getElementType()))
    return emitError("the interpreter gathers quantised rows as decoded values alone");
  HostTensor tile(type.getShape(), type.getElementType());
  double *data = tile.mutableData();
  forEachRowElement(view, interpreter.getTensor(getIndices()), interpreter.getIntegers(getOffsets()),
                    *restoreDropped(type.getShape(), getDropped(), view.rank()),
                    [&](int64_t i, int64_t at) { data[i] = at < 0 ? 0 : view.value(at); });
  interpreter.set(getTile(), std::move(tile));
  return success();
}

LogicalResult ScatterOp::verify() {
  ViewType view = getView().getType();
  auto tile = cast<RankedTensorType>(getTile().getType());
  if (failed(verifyRows(*this, view, tile, getIndices().getType(), getOffsets().size(), getDropped())))
    return failure();
  // scatter_c1
  if (tile.getElementType() != view.getElementType())
    return emitOpError("expected a tile of ") << view.getElementType() << ", got " << tile.getElementType();
  return success();
}

LogicalResult ScatterOp::interpret(Interpreter &interpreter) {
  HostTensor &view = interpreter.getView(getView());
  const HostTensor &tile = interpreter.getTensor(getTile());
  double *data = view.mutableData();
  forEachRowElement(view, interpreter.getTensor(getIndices()), interpreter.getIntegers(getOffsets()),
                    *restoreDropped(tile.shape(), getDropped(), view.rank()), [&](int64_t i, int64_t at) {
                      if (at >= 0)
                        data[at] = tile[i];
                    });
  return success();
}
