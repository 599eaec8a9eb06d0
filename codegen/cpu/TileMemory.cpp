// Elements of tiles in memory: buffers of scratch, views of arguments, matrices in panels.
//
// What lies outside a view is read from a row of zeros and written to a row that nobody reads: a pointer is chosen, no
// branch is taken.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace longc::cpu {

Value KernelEmitter::bufferAddress(const Buffer &buffer, Value tile, ValueRange lead, Column column) {
  Value row;
  for (auto [position, size] : llvm::zip(lead, tileType(tile).getShape()))
    row = row ? add(mul(row, size), position) : position;
  if (row && buffer.firstRow)
    row = sub(row, buffer.firstRow);
  Value at = row ? mul(row, buffer.columns) : Value();
  at = column.base ? add(at, column.base) : at;
  Value base = at ? address(buffer.base, buffer.element, at) : buffer.base;
  return address(base, column.offset * elementBytes(buffer.element));
}

Value KernelEmitter::bufferChunk(const Buffer &buffer, Value tile, ValueRange lead, Column column, int64_t width) {
  return loadAt(bufferAddress(buffer, tile, lead, column), typeOf(buffer.element, width));
}

Place KernelEmitter::makePlace(Value viewValue, ValueRange offsets, Value lo, Value hi, ArrayRef<int64_t> dropped,
                               RankedTensorType tile) {
  const View &view = views_[viewValue];
  auto type = cast<tile::ViewType>(viewValue.getType());
  Place place;
  if (view.panels) {
    place.panelRow = mapped(offsets[0]);
    place.panelColumn = mapped(offsets[1]);
    return place;
  }
  Value at;
  int64_t tileDim = 0;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    Value offset = mapped(offsets[dim]);
    at = add(at, mul(offset, view.strides[dim]));
    if (llvm::is_contained(dropped, dim))
      continue;
    int64_t extent = tile.getDimSize(tileDim++);
    place.strides.push_back(view.strides[dim]);
    place.unitColumns = dim == type.getRank() - 1;
    bool narrowed = dim == 0 && hi;
    if (!narrowed && isInside(offsets[dim], extent, type.getShape()[dim])) {
      place.limits.push_back({});
      continue;
    }
    Value end = view.sizes[dim];
    if (narrowed)
      end = minimum(end, mapped(hi));
    place.limits.push_back(sub(end, offset));
    if (narrowed && lo && lo != offsets[dim])
      place.firstRow = sub(mapped(lo), offset);
  }
  place.base = address(view.data, type.getElementType(), at);
  return place;
}

Value KernelEmitter::rowOf(const Place &place, Type element, ValueRange lead) {
  Value at;
  for (auto [position, stride] : llvm::zip(lead, place.strides))
    at = add(at, mul(position, stride));
  return at ? address(place.base, element, at) : place.base;
}

// Whether the row is inside the view; null when all are.
Value KernelEmitter::rowInside(const Place &place, ValueRange lead) {
  Value inside;
  auto require = [&](arith::CmpIPredicate predicate, Value a, Value c) {
    Value condition = arith::CmpIOp::create(b_, predicate, a, c);
    inside = inside ? Value(arith::AndIOp::create(b_, inside, condition)) : condition;
  };
  for (auto [position, limit] : llvm::zip(lead, place.limits))
    if (limit)
      require(arith::CmpIPredicate::slt, position, limit);
  if (place.firstRow && !lead.empty())
    require(arith::CmpIPredicate::sge, lead[0], place.firstRow);
  return inside;
}

// The first `count` of the lanes.
Value KernelEmitter::firstLanes(Value count, int64_t width) {
  VectorType shorts = vectorOf(width, b_.getI32Type());
  SmallVector<int32_t> steps = llvm::to_vector(llvm::seq<int32_t>(0, width));
  Value step = arith::ConstantOp::create(b_, DenseIntElementsAttr::get(shorts, steps));
  count = arith::IndexCastOp::create(b_, b_.getI32Type(), count);
  return arith::CmpIOp::create(b_, arith::CmpIPredicate::slt, step, broadcast(count, width));
}

// Which of the columns are inside the view; null when all are. A scalar's condition for width 0.
Value KernelEmitter::columnMask(const Place &place, Column column, int64_t width) {
  bool rows = place.limits.size() == 1 && place.firstRow; // a vector loaded by rows
  if (!place.limits.back() && !rows)
    return {};
  Value left = place.limits.back() ? sub(place.limits.back(), valueOf(column)) : Value();
  if (!width) {
    Value inside = left ? Value(arith::CmpIOp::create(b_, arith::CmpIPredicate::sgt, left, index(0))) : Value();
    if (rows) {
      Value after = arith::CmpIOp::create(b_, arith::CmpIPredicate::sge, valueOf(column), place.firstRow);
      inside = inside ? Value(arith::AndIOp::create(b_, inside, after)) : after;
    }
    return inside;
  }
  left = arith::MaxSIOp::create(b_, minimum(left, index(width)), index(0));
  Value mask = firstLanes(left, width);
  if (rows) {
    Value before = firstLanes(sub(place.firstRow, valueOf(column)), width);
    mask = arith::AndIOp::create(b_, mask, arith::XOrIOp::create(b_, before, constantOf(before.getType(), 1)));
  }
  return mask;
}

Value KernelEmitter::loadChunk(tile::LoadOp load, ValueRange lead, Column column, int64_t width) {
  const Place &place = places_[load];
  Type element = tileType(load.getTile()).getElementType();
  if (!place.base) { // panels
    Value row = add(place.panelRow, lead[0]);
    Column from{column.base ? add(place.panelColumn, column.base) : place.panelColumn, column.offset};
    return panelChunk(views_[load.getView()], cast<tile::ViewType>(load.getView().getType()), row, {}, from, width,
                      element);
  }
  if (width && !place.unitColumns) {
    SmallVector<Value> elements;
    for (int64_t i = 0; i < width; ++i)
      elements.push_back(loadChunk(load, lead, column + i, 0));
    return vector::FromElementsOp::create(b_, typeOf(element, width), elements);
  }
  Value row = rowOf(place, element, lead);
  int64_t rowBytes = tileType(load.getTile()).getShape().back() * elementBytes(element);
  if (Value inside = rowInside(place, lead))
    row = arith::SelectOp::create(b_, inside, row, zeroRow(rowBytes));
  Value scalarMask = width ? Value() : columnMask(place, column, 0);
  Value where = valueOf(column);
  if (!place.unitColumns)
    where = mul(where, place.strides.back());
  if (scalarMask) {
    Value pointer = arith::SelectOp::create(b_, scalarMask, address(row, element, where), zeroRow(rowBytes));
    return loadAt(pointer, typeOf(element, 0));
  }
  Value pointer =
      column.base || !place.unitColumns ? address(row, element, where) : address(row, column.offset * elementBytes(element));
  Value mask = width ? columnMask(place, column, width) : Value();
  if (!mask)
    return loadAt(pointer, typeOf(element, width));
  Type type = typeOf(element, width);
  return LLVM::MaskedLoadOp::create(b_, type, pointer, mask, constantOf(type, 0), /*alignment=*/1).getResult();
}

void KernelEmitter::storeChunk(tile::StoreOp store, ValueRange lead, Column column, Value value) {
  const Place &place = places_[store];
  auto vector = dyn_cast<VectorType>(value.getType());
  Type element = getElementTypeOrSelf(value);
  int64_t width = vector ? vector.getNumElements() : 0;
  Value row = rowOf(place, element, lead);
  if (Value inside = rowInside(place, lead))
    row = arith::SelectOp::create(b_, inside, row, trashRow_);
  if (width && !place.unitColumns) {
    refuse(store, "expected the tile's last dimension to be the view's");
    return;
  }
  Value where = place.unitColumns ? valueOf(column) : mul(valueOf(column), place.strides.back());
  Value pointer =
      column.base || !place.unitColumns ? address(row, element, where) : address(row, column.offset * elementBytes(element));
  Value mask = columnMask(place, column, width);
  if (mask && !width) {
    pointer = arith::SelectOp::create(b_, mask, pointer, trashRow_);
    mask = {};
  }
  if (store.getAccumulate()) {
    Value old = mask ? LLVM::MaskedLoadOp::create(b_, vector, pointer, mask, constantOf(vector, 0), 1).getResult()
                     : loadAt(pointer, value.getType());
    Type stored = tileType(store.getTile()).getElementType();
    value = combine(tile::Reduction::add, widened(old, stored), widened(value, stored));
    value = stored.isBF16() ? toBf16(value) : value;
  }
  if (mask)
    LLVM::MaskedStoreOp::create(b_, value, pointer, mask, /*alignment=*/1);
  else
    storeAt(value, pointer);
}

// The element of a view, in a row of it, that an element of a gathered or scattered tile is.
template <typename Op> Value KernelEmitter::elementOf(Op op, Value row, ValueRange lead, Column column) {
  const View &view = views_[op.getView()];
  Value at = mul(row, view.strides[0]);
  size_t tileDim = 1;
  for (size_t dim = 1; dim < view.strides.size(); ++dim) {
    Value position = mapped(op.getOffsets()[dim - 1]);
    if (!llvm::is_contained(op.getDropped(), static_cast<int64_t>(dim))) {
      position = add(position, tileDim < lead.size() ? lead[tileDim] : valueOf(column));
      ++tileDim;
    }
    at = add(at, mul(position, view.strides[dim]));
  }
  return at;
}

// Rows of a tile to the rows of a view that a tile of indices names; others go where nothing is read.
void KernelEmitter::scatterChunk(tile::ScatterOp scatter, ValueRange lead, Column column, Value value) {
  const View &view = views_[scatter.getView()];
  auto type = cast<tile::ViewType>(scatter.getView().getType());
  Value raw =
      lead.empty() ? chunk(scatter.getIndices(), {}, column, 0) : chunk(scatter.getIndices(), {}, {lead[0], 0}, 0);
  Value row = arith::IndexCastOp::create(b_, b_.getIndexType(), raw);
  Value inside = arith::CmpIOp::create(b_, arith::CmpIPredicate::ult, row, view.sizes[0]);
  Value at = elementOf(scatter, row, lead, column);
  Type memory = type.getElementType();
  storeAt(value, arith::SelectOp::create(b_, inside, address(view.data, memory, at), trashRow_));
}

Value KernelEmitter::gatherChunk(tile::GatherOp gather, ValueRange lead, Column column, int64_t width) {
  const View &view = views_[gather.getView()];
  auto type = cast<tile::ViewType>(gather.getView().getType());
  Type element = tileType(gather.getTile()).getElementType();
  Value raw =
      lead.empty() ? chunk(gather.getIndices(), {}, column, 0) : chunk(gather.getIndices(), {}, {lead[0], 0}, 0);
  Value row = arith::IndexCastOp::create(b_, b_.getIndexType(), raw);
  Value inside = arith::CmpIOp::create(b_, arith::CmpIPredicate::ult, row, view.sizes[0]);
  row = arith::SelectOp::create(b_, inside, row, index(0));
  if (view.panels) {
    Value first = mapped(gather.getOffsets()[0]);
    Column from{column.base ? add(first, column.base) : first, column.offset};
    return panelChunk(view, type, row, inside, from, width, element);
  }
  Value at = elementOf(gather, row, lead, column);
  Type memory = type.getElementType();
  int64_t rowBytes = tileType(gather.getTile()).getShape().back() * elementBytes(memory);
  Value pointer = arith::SelectOp::create(b_, inside, address(view.data, memory, at), zeroRow(rowBytes));
  return loadAt(pointer, typeOf(memory, width));
}

// Values of one row of a matrix in panels (runtime/io/Panels.h), decoded when quantised.
Value KernelEmitter::panelChunk(const View &view, tile::ViewType type, Value row, Value inside, Column column,
                                int64_t width, Type element) {
  int64_t k = type.getShape()[1];
  Value panel = divide(row, panelRows), lane = remainder(row, panelRows);
  auto zeroOutside = [&](Value value) -> Value {
    return inside ? Value(arith::SelectOp::create(b_, inside, value, constantOf(value.getType(), 0))) : value;
  };
  auto quantized = dyn_cast<tile::QuantizedType>(type.getElementType());
  if (!quantized) {
    int64_t group = stepOf(type.getElementType());
    Value first = mul(panel, (k + group - 1) / group * group * panelRows);
    SmallVector<Value> elements;
    for (int64_t i = 0; i < std::max<int64_t>(width, 1); ++i) {
      Value at = valueOf(column + i);
      Value offset = add(mul(add(mul(divide(at, group), panelRows), lane), group), remainder(at, group));
      elements.push_back(
          loadAt(address(view.data, type.getElementType(), add(first, offset)), typeOf(type.getElementType(), 0)));
    }
    Value values = width ? Value(vector::FromElementsOp::create(b_, typeOf(type.getElementType(), width), elements))
                         : elements[0];
    return zeroOutside(values);
  }
  if (width != lanes || column.offset % lanes) {
    refuse(kernel_, "expected whole chunks of 16 columns of a quantised matrix");
    return constantOf(typeOf(element, width), 0);
  }
  const BlockFormat layout = blockFormat(quantized.getFormat());
  const bool bytes = layout.bytes;
  int64_t half = column.offset / lanes % 2;
  Value block = divide(valueOf(column), blockColumns);
  Value at = mul(add(mul(panel, k / blockColumns), block), layout.size());
  Value base = address(view.data, b_.getI8Type(), at);
  auto scale = [&](int64_t offset) -> Value {
    Type stored = layout.scaleBytes == 4 ? Type(b_.getF32Type()) : Type(b_.getF16Type());
    Value value = loadAt(address(address(base, offset), stored, lane), stored);
    return stored.isF32() ? value : Value(arith::ExtFOp::create(b_, b_.getF32Type(), value));
  };
  Value group = address(address(base, layout.header()), b_.getI32Type(), lane);
  SmallVector<Value> words;
  for (int64_t v = 0; v < (bytes ? 4 : 2); ++v)
    words.push_back(loadAt(address(group, ((bytes ? 4 : 2) * half + v) * 64), b_.getI32Type()));
  VectorType floats = vectorOf(lanes, b_.getF32Type());
  Value q;
  if (bytes) {
    Value packed = vector::FromElementsOp::create(b_, vectorOf(4, b_.getI32Type()), words);
    q = arith::SIToFPOp::create(b_, floats, bitcast(packed, vectorOf(lanes, b_.getI8Type())));
    if (layout.halves) {
      Value pair = address(address(base, layout.secondAt()), b_.getI16Type(), lane);
      Value ofHalf = arith::SIToFPOp::create(b_, b_.getF32Type(), loadAt(address(pair, half), b_.getI8Type()));
      q = arith::MulFOp::create(b_, q, broadcast(ofHalf, lanes));
    }
  } else {
    VectorType pair = vectorOf(2, b_.getI32Type());
    Value packed = vector::FromElementsOp::create(b_, pair, words);
    Value low = arith::AndIOp::create(b_, packed, constantOf(pair, 0x0f0f0f0f));
    Value high = arith::AndIOp::create(b_, arith::ShRUIOp::create(b_, packed, constantOf(pair, 4)),
                                       constantOf(pair, 0x0f0f0f0f));
    Value ordered = shuffle(low, high, {0, 2, 1, 3});
    q = arith::SIToFPOp::create(b_, floats, bitcast(ordered, vectorOf(lanes, b_.getI8Type())));
    if (layout.shift)
      q = arith::SubFOp::create(b_, q, constantOf(floats, layout.shift));
  }
  Value value = arith::MulFOp::create(b_, q, broadcast(scale(0), lanes));
  if (layout.minimum)
    value = arith::AddFOp::create(b_, value, broadcast(scale(layout.secondAt()), lanes));
  if (element.isBF16())
    value = toBf16(value);
  return zeroOutside(value);
}

} // namespace longc::cpu
