// Elements of tiles: evaluates 16 columns of one row, or one scalar, where they are needed.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace longc::cpu {

std::vector<intptr_t> KernelEmitter::memoKey(Value tile, ValueRange lead, Column column, int64_t width) {
  auto number = [](Value value) { return reinterpret_cast<intptr_t>(value.getAsOpaquePointer()); };
  std::vector<intptr_t> key{number(tile)};
  llvm::append_range(key, llvm::map_range(lead, number));
  key.insert(key.end(), {number(column.base), column.offset, width});
  return key;
}

// The same element of the same tile is evaluated once a row.
Value KernelEmitter::chunk(Value tile, ValueRange lead, Column column, int64_t width) {
  const std::vector<intptr_t> key = memoKey(tile, lead, column, width);
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
      .Case([&](KeepOp keep) { return chunk(keep.getSource(), lead, column, width); })
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
        return constantOf(dense.getSplatValue<TypedAttr>(), width);
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
  return elementwise(op, operands, width);
}

// An element-wise op on vectors, or on scalars. Arithmetic of bf16 is that of f32, rounded.
Value KernelEmitter::elementwise(Operation *op, SmallVector<Value> operands, int64_t width) {
  Type stored = getElementTypeOrSelf(op->getResult(0));
  const bool moves = isa<arith::SelectOp, arith::BitcastOp>(op), rounds = stored.isBF16() && !moves;
  for (auto [value, operand] : llvm::zip(operands, op->getOperands()))
    if (!moves)
      value = widened(value, getElementTypeOrSelf(operand));
  Type element = rounds ? b_.getF32Type() : stored;
  Type type = typeOf(element, width);
  if (isa<IndexType>(element)) {
    refuse(op, "expected tiles of i32, not of index");
    return constantOf(typeOf(b_.getI64Type(), width), 0);
  }
  // The comparison alone takes the second where either is a NaN; what is left to ask is whether the one that matters is.
  // A constant stands there if there is one: LLVM sees that it is none.
  auto chosen = [&](arith::CmpFPredicate predicate, bool keepsNan) -> Value {
    Value first = operands[0], second = operands[1];
    if (op->getOperand(keepsNan ? 1 : 0).getDefiningOp<arith::ConstantOp>())
      std::swap(first, second);
    Value picked = arith::SelectOp::create(b_, arith::CmpFOp::create(b_, predicate, first, second), first, second);
    Value asked = keepsNan ? first : second;
    Value nan = arith::CmpFOp::create(b_, arith::CmpFPredicate::UNO, asked, asked);
    return arith::SelectOp::create(b_, nan, first, picked);
  };
  auto one = [&] { return constantOf(operands[0].getType(), 1.0); };
  Value special =
      llvm::TypeSwitch<Operation *, Value>(op)
          .Case<arith::TruncFOp, arith::ExtFOp, arith::BitcastOp>([&](auto) { // perhaps done already
            return operands[0].getType() == type ? operands[0] : Value();
          })
          .Case([&](arith::MaximumFOp) { return chosen(arith::CmpFPredicate::OGT, /*keepsNan=*/true); })
          .Case([&](arith::MinimumFOp) { return chosen(arith::CmpFPredicate::OLT, /*keepsNan=*/true); })
          .Case([&](arith::MaxNumFOp) { return chosen(arith::CmpFPredicate::OGT, /*keepsNan=*/false); })
          .Case([&](arith::MinNumFOp) { return chosen(arith::CmpFPredicate::OLT, /*keepsNan=*/false); })
          .Case([&](math::Exp2Op power) -> Value {
            if (!element.isF32())
              return {};
            return exp2(operands[0], bitEnumContainsAny(power.getFastmath(), arith::FastMathFlags::afn));
          })
          .Case([&](math::ErfOp erf) -> Value {
            if (!element.isF32())
              return {};
            return bitEnumContainsAny(erf.getFastmath(), arith::FastMathFlags::afn) ? coarseErrorFunction(operands[0]) : errorFunction(operands[0]);
          })
          .Case([&](math::ExpOp) { return element.isF32() ? exponential(operands[0]) : Value(); })
          .Case([&](math::TanhOp) -> Value {
            if (!element.isF32())
              return {};
            // (1 - e) / (1 + e) with e = exp(-2|x|): no overflow; the sign last.
            Value e =
                exponential(arith::MulFOp::create(b_, math::AbsFOp::create(b_, operands[0]), constantOf(type, -2.0)));
            Value ratio =
                arith::DivFOp::create(b_, arith::SubFOp::create(b_, one(), e), arith::AddFOp::create(b_, one(), e));
            return math::CopySignOp::create(b_, ratio, operands[0]);
          })
          .Case([&](math::RsqrtOp) -> Value {
            return arith::DivFOp::create(b_, one(), math::SqrtOp::create(b_, operands[0]));
          })
          .Default([](Operation *) { return Value(); });
  if (special)
    return rounds ? toBf16(special) : special;
  OperationState state(b_.getLoc(), op->getName(), operands, {type}, op->getAttrs());
  Value result = b_.create(state)->getResult(0);
  return rounds ? toBf16(result) : result;
}

// A branch on a block-uniform condition, taken row by row; LLVM takes it out of the loop.
Value KernelEmitter::lazyIfChunk(OpResult result, ValueRange lead, Column column, int64_t width) {
  auto branch = cast<scf::IfOp>(result.getOwner());
  Type type = typeOf(tileType(result).getElementType(), width);
  if (notTaken_.count(branch.getCondition()))
    return chunk(branch.elseYield().getOperand(result.getResultNumber()), lead, column, width);
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

// Where the element of this row-major number lies in a tile of the given shape.
SmallVector<Value> KernelEmitter::positionOf(Value number, ArrayRef<int64_t> shape) {
  SmallVector<Value> position(shape.size());
  for (size_t dim = shape.size(); dim-- > 0;) {
    position[dim] = dim ? remainder(number, shape[dim]) : number;
    number = dim ? divide(number, shape[dim]) : number;
  }
  return position;
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
    return chunk(reshape.getSource(), lead.take_front(1), {add(mul(lead[1], to[2]), column.base), column.offset},
                 width);
  if (from.size() == 2 && to.size() == 2 && to[1] % from[1] == 0 && (from[1] % lanes == 0 || !width)) {
    // [M, C] seen as [M / G, G * C]: a chunk stays in one row.
    Value at = valueOf(column);
    Value row = add(mul(lead[0], to[1] / from[1]), divide(at, from[1]));
    return chunk(reshape.getSource(), ValueRange(row), {remainder(at, from[1]), 0}, width);
  }
  if (from.size() == 1 && from.back() == to.back()) // [C] seen as [1, C]
    return chunk(reshape.getSource(), {}, column, width);
  // In general: the linear position, divided up again.
  Value linear;
  for (auto [position, size] : llvm::zip(lead, to))
    linear = linear ? add(mul(linear, size), position) : position;
  if (from.back() == to.back())
    return chunk(reshape.getSource(), positionOf(linear ? linear : index(0), from.drop_back()), column, width);
  linear = linear ? mul(linear, to.back()) : Value();
  auto values = [&](Column at, int64_t count) {
    SmallVector<Value> position = positionOf(add(linear, valueOf(at)), from);
    Value last = position.pop_back_val();
    return chunk(reshape.getSource(), position, {last, 0}, count);
  };
  auto element = [&](int64_t i) { return values(column + i, 0); };
  if (!width)
    return element(0);
  if (from.back() % to.back() == 0 && (to.back() % lanes == 0 || to.back() == width)) // a chunk stays in one row
    return values(column, width);
  SmallVector<Value> elements;
  for (int64_t i = 0; i < width; ++i)
    elements.push_back(element(i));
  return vector::FromElementsOp::create(b_, typeOf(tileType(reshape.getResult()).getElementType(), width), elements);
}

} // namespace longc::cpu
