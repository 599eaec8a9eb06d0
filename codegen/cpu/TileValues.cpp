// Elements of tiles: evaluates 16 columns of one row, or one scalar, where they are needed.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace longc::cpu {

static RankedTensorType tileType(Value tile) { return cast<RankedTensorType>(tile.getType()); }

// The same element of the same tile is evaluated once a row.
Value KernelEmitter::chunk(Value tile, ValueRange lead, Column column, int64_t width) {
  std::vector<intptr_t> key{reinterpret_cast<intptr_t>(tile.getAsOpaquePointer())};
  for (Value index : lead)
    key.push_back(reinterpret_cast<intptr_t>(index.getAsOpaquePointer()));
  key.insert(key.end(), {reinterpret_cast<intptr_t>(column.base.getAsOpaquePointer()), column.offset, width});
  for (const Memo &memo : llvm::reverse(memo_))
    if (auto found = memo.find(key); found != memo.end())
      return found->second;
  Value value = computeChunk(tile, lead, column, width);
  if (!memo_.empty())
    memo_.back()[key] = value;
  return value;
}

Value KernelEmitter::computeChunk(Value tile, ValueRange lead, Column column, int64_t width) {
  if (auto found = buffers_.find(tile); found != buffers_.end())
    return bufferChunk(found->second, tile, lead, column, width);
  Type type = typeOf(tileType(tile).getElementType(), width);
  Operation *op = tile.getDefiningOp();
  if (!op) {
    refuse(kernel_, "a block argument has no place in memory");
    return constantOf(type, 0);
  }
  auto none = [&](const Twine &why) -> Value {
    refuse(op, why);
    return constantOf(type, 0);
  };
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](tile::LoadOp load) { return loadChunk(load, lead, column, width); })
      .Case([&](tile::GatherOp gather) { return gatherChunk(gather, lead, column, width); })
      .Case([&](tile::ReshapeOp reshape) { return reshapeChunk(reshape, lead, column, width); })
      .Case([&](scf::IfOp) { return lazyIfChunk(cast<OpResult>(tile), lead, column, width); })
      .Case([&](tile::SplatOp splat) { return broadcast(mapped(splat.getValue()), width); })
      .Case([&](tile::ExpandOp expand) -> Value {
        int64_t dim = expand.getDim();
        SmallVector<Value> inner(lead);
        if (dim < static_cast<int64_t>(lead.size())) {
          inner.erase(inner.begin() + dim);
          return chunk(expand.getSource(), inner, column, width);
        }
        Value last = inner.empty() ? index(0) : inner.pop_back_val();
        return broadcast(chunk(expand.getSource(), inner, {last, 0}, 0), width);
      })
      .Case([&](tile::IotaOp iota) -> Value {
        int64_t dim = iota.getDim();
        bool last = dim == static_cast<int64_t>(lead.size());
        Value first = arith::IndexCastOp::create(b_, b_.getI32Type(), last ? valueOf(column) : lead[dim]);
        if (!width)
          return first;
        Value all = broadcast(first, width);
        if (!last)
          return all;
        SmallVector<int32_t> steps = llvm::to_vector(llvm::seq<int32_t>(0, width));
        Value step = arith::ConstantOp::create(b_, DenseIntElementsAttr::get(cast<VectorType>(type), steps));
        return arith::AddIOp::create(b_, all, step);
      })
      .Case([&](tile::SliceOp slice) -> Value {
        SmallVector<Value> inner;
        for (auto [position, offset] : llvm::zip(lead, slice.getOffsets()))
          inner.push_back(add(position, offset));
        return chunk(slice.getSource(), inner, column + slice.getOffsets().back(), width);
      })
      .Case([&](tile::TransposeOp transpose) -> Value {
        if (!width)
          return chunk(transpose.getSource(), ValueRange(valueOf(column)), {lead[0], 0}, 0);
        SmallVector<Value> elements;
        for (int64_t i = 0; i < width; ++i)
          elements.push_back(chunk(transpose.getSource(), ValueRange(valueOf(column + i)), {lead[0], 0}, 0));
        return vector::FromElementsOp::create(b_, type, elements);
      })
      .Case([&](tile::DecodeOp decode) -> Value {
        auto load = decode.getSource().getDefiningOp<tile::LoadOp>();
        if (!load)
          return none("expected a quantised tile that is loaded by this kernel");
        const Place &place = places_[load];
        Value row = add(place.panelRow, lead[0]);
        Column from{column.base ? add(place.panelColumn, column.base) : place.panelColumn, column.offset};
        return panelChunk(views_[load.getView()], cast<tile::ViewType>(load.getView().getType()), row, {}, from, width,
                          tileType(tile).getElementType());
      })
      .Case([&](arith::ConstantOp constant) -> Value {
        auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
        if (!dense)
          return none("expected a dense constant");
        if (!dense.isSplat()) {
          Buffer table{constantTable(dense), tileType(tile).getElementType(), tileType(tile).getShape().back(), {}};
          return bufferChunk(table, tile, lead, column, width);
        }
        TypedAttr value = dense.getSplatValue<TypedAttr>();
        if (!width)
          return arith::ConstantOp::create(b_, value);
        return arith::ConstantOp::create(b_, DenseElementsAttr::get(cast<VectorType>(type), value));
      })
      .Default([&](Operation *other) -> Value {
        if (other->getNumResults() == 1 && OpTrait::hasElementwiseMappableTraits(other))
          return elementwiseChunk(other, lead, column, width);
        return none("cannot be evaluated here by the CPU target");
      });
}

Value KernelEmitter::elementwiseChunk(Operation *op, ValueRange lead, Column column, int64_t width) {
  SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(isa<RankedTensorType>(operand.getType()) ? chunk(operand, lead, column, width)
                                                                : mapped(operand));
  Type element = tileType(op->getResult(0)).getElementType();
  Type type = typeOf(element, width);
  if (isa<IndexType>(element)) {
    refuse(op, "expected tiles of i32, not of index");
    return constantOf(typeOf(b_.getI64Type(), width), 0);
  }
  auto larger = [&](arith::CmpFPredicate predicate) -> Value {
    Value first = arith::CmpFOp::create(b_, predicate, operands[0], operands[1]);
    return arith::SelectOp::create(b_, first, operands[0], operands[1]);
  };
  auto one = [&] { return constantOf(operands[0].getType(), 1.0); };
  Value special =
      llvm::TypeSwitch<Operation *, Value>(op)
          .Case([&](arith::TruncFOp) { return element.isBF16() && getElementTypeOrSelf(operands[0]).isF32()
                                                  ? toBf16(operands[0]) : Value(); })
          .Case<arith::MaximumFOp, arith::MaxNumFOp>([&](auto) { return larger(arith::CmpFPredicate::OGT); })
          .Case<arith::MinimumFOp, arith::MinNumFOp>([&](auto) { return larger(arith::CmpFPredicate::OLT); })
          .Case([&](math::Exp2Op) -> Value {
            if (!element.isF32())
              return {};
            bool forBf16 = llvm::any_of(op->getUsers(), [](Operation *user) {
              return isa<arith::TruncFOp>(user) &&
                     cast<RankedTensorType>(user->getResult(0).getType()).getElementType().isBF16();
            });
            return exp2(operands[0], forBf16);
          })
          .Case([&](math::ExpOp) { return element.isF32() ? exponential(operands[0]) : Value(); })
          .Case([&](math::TanhOp) -> Value {
            if (!element.isF32())
              return {};
            // (1 - e) / (1 + e) with e = exp(-2|x|): no overflow; the sign last.
            Value e = exponential(arith::MulFOp::create(b_, math::AbsFOp::create(b_, operands[0]),
                                                        constantOf(type, -2.0)));
            Value ratio = arith::DivFOp::create(b_, arith::SubFOp::create(b_, one(), e),
                                                arith::AddFOp::create(b_, one(), e));
            return math::CopySignOp::create(b_, ratio, operands[0]);
          })
          .Case([&](math::RsqrtOp) -> Value {
            return arith::DivFOp::create(b_, one(), math::SqrtOp::create(b_, operands[0]));
          })
          .Default([](Operation *) { return Value(); });
  if (special)
    return special;
  OperationState state(b_.getLoc(), op->getName(), operands, {type}, op->getAttrs());
  Operation *clone = b_.create(state);
  if (auto fast = dyn_cast<arith::ArithFastMathInterface>(clone))
    clone->setAttr(fast.getFastMathAttrName(),
                   arith::FastMathFlagsAttr::get(b_.getContext(), arith::FastMathFlags::contract));
  return clone->getResult(0);
}

// A branch on a block-uniform condition, taken row by row; LLVM takes it out of the loop.
Value KernelEmitter::lazyIfChunk(OpResult result, ValueRange lead, Column column, int64_t width) {
  auto branch = cast<scf::IfOp>(result.getOwner());
  Type type = typeOf(tileType(result).getElementType(), width);
  auto chosen = scf::IfOp::create(b_, TypeRange(type), mapped(branch.getCondition()), /*withElseRegion=*/true);
  for (auto [from, to] : llvm::zip_equal(branch->getRegions(), chosen->getRegions())) {
    OpBuilder::InsertionGuard guard(b_);
    b_.setInsertionPointToStart(&to.front());
    memo_.emplace_back();
    Value value = chunk(from.front().getTerminator()->getOperand(result.getResultNumber()), lead, column, width);
    scf::YieldOp::create(b_, ValueRange(value));
    memo_.pop_back();
  }
  return chosen.getResult(0);
}

Value KernelEmitter::reshapeChunk(tile::ReshapeOp reshape, ValueRange lead, Column column, int64_t width) {
  ArrayRef<int64_t> from = tileType(reshape.getSource()).getShape(), to = tileType(reshape.getResult()).getShape();
  if (from.back() == to.back() && from.size() + 1 == to.size() && from.size() >= 2) {
    // [M, C] seen as [M / G, G, C].
    SmallVector<Value> inner{add(mul(lead[0], to[1]), lead[1])};
    inner.append(lead.begin() + 2, lead.end());
    return chunk(reshape.getSource(), inner, column, width);
  }
  if (from.size() == 2 && to.size() == 3 && from[0] == to[0]) // [M, H * C] seen as [M, H, C]
    return chunk(reshape.getSource(), lead.take_front(1),
                 {add(mul(lead[1], to[2]), column.base), column.offset}, width);
  if (from.size() == 2 && to.size() == 2 && to[1] % from[1] == 0 && (from[1] % lanes == 0 || !width)) {
    // [M, C] seen as [M / G, G * C]: a chunk stays in one row.
    Value at = valueOf(column);
    Value row = add(mul(lead[0], to[1] / from[1]), divide(at, from[1]));
    return chunk(reshape.getSource(), ValueRange(row), {remainder(at, from[1]), 0}, width);
  }
  // In general: the linear position, divided up again.
  Value linear;
  for (auto [position, size] : llvm::zip(lead, to))
    linear = linear ? add(mul(linear, size), position) : position;
  linear = linear ? mul(linear, to.back()) : Value();
  if (from.back() == to.back()) {
    SmallVector<Value> inner;
    Value row = linear ? divide(linear, to.back()) : index(0);
    for (int64_t size : llvm::reverse(from.drop_front().drop_back())) {
      inner.insert(inner.begin(), remainder(row, size));
      row = divide(row, size);
    }
    if (from.size() > 1)
      inner.insert(inner.begin(), row);
    return chunk(reshape.getSource(), inner, column, width);
  }
  auto element = [&](int64_t i) {
    Value at = add(linear, valueOf(column + i));
    SmallVector<Value> position;
    for (int64_t size : llvm::reverse(from.drop_front())) {
      position.insert(position.begin(), remainder(at, size));
      at = divide(at, size);
    }
    position.insert(position.begin(), at);
    Value last = position.pop_back_val();
    return chunk(reshape.getSource(), position, {last, 0}, 0);
  };
  if (!width)
    return element(0);
  if (from.back() % to.back() == 0 && (to.back() % lanes == 0 || to.back() == width)) { // a chunk stays in one row
    Value at = add(linear, valueOf(column));
    SmallVector<Value> position;
    Value last = remainder(at, from.back());
    Value row = divide(at, from.back());
    for (int64_t size : llvm::reverse(from.drop_front().drop_back())) {
      position.insert(position.begin(), remainder(row, size));
      row = divide(row, size);
    }
    if (from.size() > 1)
      position.insert(position.begin(), row);
    return chunk(reshape.getSource(), position, {last, 0}, width);
  }
  SmallVector<Value> elements;
  for (int64_t i = 0; i < width; ++i)
    elements.push_back(element(i));
  return vector::FromElementsOp::create(b_, typeOf(tileType(reshape.getResult()).getElementType(), width), elements);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value KernelEmitter::bufferAddress(const Buffer &buffer, Value tile, ValueRange lead, Column column) {
  Value row;
  for (auto [position, size] : llvm::zip(lead, tileType(tile).getShape()))
    row = row ? add(mul(row, size), position) : position;
  if (row && buffer.firstRow)
    row = sub(row, buffer.firstRow);
  Value at = row ? mul(row, buffer.columns) : Value();
  at = column.base ? add(at, column.base) : at;
  Value base = at ? address(buffer.base, buffer.element, at) : buffer.base;
  return address(base, column.offset * bytesOf(buffer.element));
}

Value KernelEmitter::bufferChunk(const Buffer &buffer, Value tile, ValueRange lead, Column column, int64_t width) {
  return loadAt(bufferAddress(buffer, tile, lead, column), typeOf(buffer.element, width));
}

// Whether [offset, offset + extent) is known to lie inside [0, size).
bool KernelEmitter::isInside(Value offset, int64_t extent, int64_t size) {
  if (ShapedType::isDynamic(size))
    return false;
  IntegerAttr constant;
  if (matchPattern(offset, m_Constant(&constant)))
    return constant.getInt() >= 0 && constant.getInt() + extent <= size;
  // A block or step of a whole number of tiles: launches have no block past the end.
  if (auto quotient = offset.getDefiningOp<arith::DivUIOp>()) {
    auto product = quotient.getLhs().getDefiningOp<arith::MulIOp>();
    IntegerAttr factor;
    if (product && matchPattern(quotient.getRhs(), m_Constant(&constant)) &&
        matchPattern(product.getRhs(), m_Constant(&factor)) && constant.getInt() > 0) {
      int64_t step = factor.getInt() / constant.getInt();
      return step > 0 && factor.getInt() % constant.getInt() == 0 && size % step == 0 && extent <= step;
    }
  }
  if (auto product = offset.getDefiningOp<arith::MulIOp>())
    for (Value factor : product->getOperands())
      if (matchPattern(factor, m_Constant(&constant)) && constant.getInt() > 0)
        return size % constant.getInt() == 0 && extent <= constant.getInt();
  if (auto argument = dyn_cast<BlockArgument>(offset)) {
    if (auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp()))
      if (matchPattern(loop.getStep(), m_Constant(&constant)) && argument == loop.getInductionVar())
        return size % constant.getInt() == 0 && extent <= constant.getInt();
    if (argument.getOwner()->getParentOp() == kernel_)
      return extent == 1;
  }
  // Key head of a query head, and the like: single elements along a dimension that the grid covers.
  return extent == 1 && isa_and_nonnull<arith::DivUIOp, arith::DivSIOp>(offset.getDefiningOp());
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
  VectorType shorts = vectorOf(width, b_.getI32Type());
  SmallVector<int32_t> steps = llvm::to_vector(llvm::seq<int32_t>(0, width));
  Value step = arith::ConstantOp::create(b_, DenseIntElementsAttr::get(shorts, steps));
  Value count = arith::IndexCastOp::create(b_, b_.getI32Type(), left);
  Value mask = arith::CmpIOp::create(b_, arith::CmpIPredicate::slt, step, broadcast(count, width));
  if (rows) {
    Value first = arith::IndexCastOp::create(b_, b_.getI32Type(), sub(place.firstRow, valueOf(column)));
    Value after = arith::CmpIOp::create(b_, arith::CmpIPredicate::sge, step, broadcast(first, width));
    mask = arith::AndIOp::create(b_, mask, after);
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
    return vector::FromElementsOp::create(b_, vectorOf(width, element), elements);
  }
  Value at;
  for (auto [position, stride] : llvm::zip(lead, place.strides))
    at = add(at, mul(position, stride));
  Value row = at ? address(place.base, element, at) : place.base;
  int64_t rowBytes = tileType(load.getTile()).getShape().back() * bytesOf(element);
  if (Value inside = rowInside(place, lead))
    row = arith::SelectOp::create(b_, inside, row, zeroRow(rowBytes));
  Value scalarMask = width ? Value() : columnMask(place, column, 0);
  Value where = valueOf(column);
  if (!place.unitColumns)
    where = mul(where, place.strides.back());
  if (scalarMask) {
    Value pointer = arith::SelectOp::create(b_, scalarMask, address(row, element, where), zeroRow(rowBytes));
    return loadAt(pointer, element);
  }
  Value pointer = column.base || !place.unitColumns ? address(row, element, where)
                                                    : address(row, column.offset * bytesOf(element));
  Value mask = width ? columnMask(place, column, width) : Value();
  if (!mask)
    return loadAt(pointer, typeOf(element, width));
  VectorType type = vectorOf(width, element);
  return LLVM::MaskedLoadOp::create(b_, type, pointer, mask, constantOf(type, 0), /*alignment=*/1).getResult();
}

void KernelEmitter::storeChunk(tile::StoreOp store, ValueRange lead, Column column, Value value) {
  const Place &place = places_[store];
  auto vector = dyn_cast<VectorType>(value.getType());
  Type element = getElementTypeOrSelf(value);
  int64_t width = vector ? vector.getNumElements() : 0;
  Value at;
  for (auto [position, stride] : llvm::zip(lead, place.strides))
    at = add(at, mul(position, stride));
  Value row = at ? address(place.base, element, at) : place.base;
  int64_t rowBytes = tileType(store.getTile()).getShape().back() * bytesOf(element);
  if (Value inside = rowInside(place, lead))
    row = arith::SelectOp::create(b_, inside, row, trashRow(rowBytes));
  if (width && !place.unitColumns) {
    refuse(store, "expected the tile's last dimension to be the view's");
    return;
  }
  Value where = place.unitColumns ? valueOf(column) : mul(valueOf(column), place.strides.back());
  Value pointer = column.base || !place.unitColumns ? address(row, element, where)
                                                    : address(row, column.offset * bytesOf(element));
  Value mask = columnMask(place, column, width);
  if (mask && !width) {
    pointer = arith::SelectOp::create(b_, mask, pointer, trashRow(rowBytes));
    mask = {};
  }
  if (store.getAccumulate()) {
    Value old = mask ? LLVM::MaskedLoadOp::create(b_, vector, pointer, mask, constantOf(vector, 0), 1).getResult()
                     : loadAt(pointer, value.getType());
    value = isa<FloatType>(element) ? Value(arith::AddFOp::create(b_, old, value))
                                    : Value(arith::AddIOp::create(b_, old, value));
  }
  if (mask)
    LLVM::MaskedStoreOp::create(b_, value, pointer, mask, /*alignment=*/1);
  else
    storeAt(value, pointer);
}

// Rows of a tile to the rows of a view that a tile of indices names; others go where nothing is read.
void KernelEmitter::scatterChunk(tile::ScatterOp scatter, ValueRange lead, Column column, Value value) {
  const View &view = views_[scatter.getView()];
  auto type = cast<tile::ViewType>(scatter.getView().getType());
  Value raw = lead.empty() ? chunk(scatter.getIndices(), {}, column, 0)
                           : chunk(scatter.getIndices(), {}, {lead[0], 0}, 0);
  Value row = arith::IndexCastOp::create(b_, b_.getIndexType(), raw);
  Value inside = arith::CmpIOp::create(b_, arith::CmpIPredicate::ult, row, view.sizes[0]);
  Value at = mul(row, view.strides[0]);
  int64_t tileDim = 1, rank = tileType(scatter.getTile()).getRank();
  for (int64_t dim = 1; dim < type.getRank(); ++dim) {
    Value position = mapped(scatter.getOffsets()[dim - 1]);
    if (!llvm::is_contained(scatter.getDropped(), dim)) {
      position = add(position, tileDim < rank - 1 ? lead[tileDim] : valueOf(column));
      ++tileDim;
    }
    at = add(at, mul(position, view.strides[dim]));
  }
  Type memory = type.getElementType();
  int64_t rowBytes = tileType(scatter.getTile()).getShape().back() * bytesOf(memory);
  storeAt(value, arith::SelectOp::create(b_, inside, address(view.data, memory, at), trashRow(rowBytes)));
}

Value KernelEmitter::gatherChunk(tile::GatherOp gather, ValueRange lead, Column column, int64_t width) {
  const View &view = views_[gather.getView()];
  auto type = cast<tile::ViewType>(gather.getView().getType());
  Type element = tileType(gather.getTile()).getElementType();
  Value raw = lead.empty() ? chunk(gather.getIndices(), {}, column, 0)
                           : chunk(gather.getIndices(), {}, {lead[0], 0}, 0);
  Value row = arith::IndexCastOp::create(b_, b_.getIndexType(), raw);
  Value inside = arith::CmpIOp::create(b_, arith::CmpIPredicate::ult, row, view.sizes[0]);
  row = arith::SelectOp::create(b_, inside, row, index(0));
  if (view.panels) {
    Value first = mapped(gather.getOffsets()[0]);
    Column from{column.base ? add(first, column.base) : first, column.offset};
    return panelChunk(view, type, row, inside, from, width, element);
  }
  Value at = mul(row, view.strides[0]);
  int64_t tileDim = 1;
  for (int64_t dim = 1; dim < type.getRank(); ++dim) {
    Value position = mapped(gather.getOffsets()[dim - 1]);
    if (!llvm::is_contained(gather.getDropped(), dim)) {
      position = add(position, tileDim < static_cast<int64_t>(lead.size()) ? lead[tileDim] : valueOf(column));
      ++tileDim;
    }
    at = add(at, mul(position, view.strides[dim]));
  }
  Type memory = type.getElementType();
  int64_t rowBytes = tileType(gather.getTile()).getShape().back() * bytesOf(memory);
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
      elements.push_back(loadAt(address(view.data, type.getElementType(), add(first, offset)), type.getElementType()));
    }
    Value values = width ? Value(vector::FromElementsOp::create(b_, vectorOf(width, type.getElementType()), elements))
                         : elements[0];
    return zeroOutside(values);
  }
  if (width != lanes || column.offset % lanes) {
    refuse(kernel_, "expected whole chunks of 16 columns of a quantised matrix");
    return constantOf(typeOf(element, width), 0);
  }
  bool bytes = quantized.getFormat() == tile::Format::q8_0, minimum = quantized.getFormat() == tile::Format::q4_1;
  int64_t header = minimum ? 64 : 32, size = header + (bytes ? 512 : 256), half = column.offset / lanes % 2;
  Value block = divide(valueOf(column), blockSize);
  Value at = mul(add(mul(panel, k / blockSize), block), size);
  Value base = address(view.data, b_.getI8Type(), at);
  auto scale = [&](int64_t offset) -> Value {
    Value value = loadAt(address(address(base, offset), b_.getF16Type(), lane), b_.getF16Type());
    return arith::ExtFOp::create(b_, b_.getF32Type(), value);
  };
  Value group = address(address(base, header), b_.getI32Type(), lane);
  SmallVector<Value> words;
  for (int64_t v = 0; v < (bytes ? 4 : 2); ++v)
    words.push_back(loadAt(address(group, ((bytes ? 4 : 2) * half + v) * 64), b_.getI32Type()));
  VectorType floats = vectorOf(lanes, b_.getF32Type());
  Value q;
  if (bytes) {
    Value packed = vector::FromElementsOp::create(b_, vectorOf(4, b_.getI32Type()), words);
    q = arith::SIToFPOp::create(b_, floats, bitcast(packed, vectorOf(lanes, b_.getI8Type())));
  } else {
    VectorType pair = vectorOf(2, b_.getI32Type());
    Value packed = vector::FromElementsOp::create(b_, pair, words);
    Value low = arith::AndIOp::create(b_, packed, constantOf(pair, 0x0f0f0f0f));
    Value high = arith::AndIOp::create(b_, arith::ShRUIOp::create(b_, packed, constantOf(pair, 4)),
                                       constantOf(pair, 0x0f0f0f0f));
    Value ordered = shuffle(low, high, {0, 2, 1, 3});
    q = arith::SIToFPOp::create(b_, floats, bitcast(ordered, vectorOf(lanes, b_.getI8Type())));
    if (!minimum)
      q = arith::SubFOp::create(b_, q, constantOf(floats, 8));
  }
  Value value = arith::MulFOp::create(b_, q, broadcast(scale(0), lanes));
  if (minimum)
    value = arith::AddFOp::create(b_, value, broadcast(scale(32), lanes));
  if (element.isBF16())
    value = toBf16(value);
  return zeroOutside(value);
}

} // namespace longc::cpu
