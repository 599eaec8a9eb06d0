// Row loops: one scf.for over rows in which every sink of a run of element-wise work is evaluated.
//
// Within a row, sinks fall into levels: what needs a reduction's result comes after it. Narrow rows are unrolled and
// keep their chunks in registers from level to level; wide rows get one column loop a level and evaluate again.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace longc::cpu {

static constexpr int64_t narrowColumns = 128; // a row of up to this many columns is unrolled

// A value of one scalar a row: its rows are all its dimensions.
static bool isRowScalar(const Item &sink) {
  return tileType(sink.value).getRank() == 1 &&
         (sink.kind == Item::Store || sink.kind == Item::Scatter || sink.kind == Item::Keep);
}

// Dimensions that the sink's row loops run over.
static ArrayRef<int64_t> loopShape(const Item &sink) {
  ArrayRef<int64_t> shape = tileType(sink.value).getShape();
  return isRowScalar(sink) ? shape : shape.drop_back();
}

void KernelEmitter::emitRowLoop(ArrayRef<Item *> sinks, Value begin, Value end) {
  OpBuilder::InsertionGuard guard(b_);
  SmallVector<Value> position;
  for (auto [dim, size] : llvm::enumerate(loopShape(*sinks[0]))) {
    scf::ForOp rows = dim == 0 ? loop(begin, end, 1) : loop(index(0), index(size), 1);
    position.push_back(rows.getInductionVar());
    b_.setInsertionPointToStart(rows.getBody());
  }
  memo_.emplace_back();
  emitRow(sinks, position);
  memo_.pop_back();
}

// The level at which a value can be evaluated: one more than the highest reduction of this loop that it needs.
int KernelEmitter::levelOf(Value tile, DenseMap<Value, int> &levels) {
  if (auto found = levels.find(tile); found != levels.end())
    return found->second;
  Operation *op = tile.getDefiningOp();
  int level = 0;
  if (op && !buffers_.count(tile)) {
    auto need = [&](Value operand) {
      if (isa<RankedTensorType>(operand.getType()))
        level = std::max(level, levelOf(operand, levels));
    };
    for (Value operand : op->getOperands())
      need(operand);
    if (isa<scf::IfOp>(op))
      for (Region &region : op->getRegions())
        for (Value yielded : region.front().getTerminator()->getOperands())
          need(yielded);
  }
  return levels[tile] = level;
}

void KernelEmitter::emitRow(ArrayRef<Item *> sinks, ArrayRef<Value> position) {
  DenseMap<Value, int> levels;
  SmallVector<std::pair<int, Item *>> leveled;
  int last = 0;
  for (Item *sink : sinks) {
    int level = levelOf(sink->value, levels);
    if (sink->kind == Item::Reduce || sink->kind == Item::Encode)
      for (Value result : sink->op->getResults())
        levels[result] = level + 1;
    leveled.push_back({level, sink});
    last = std::max(last, level);
  }
  for (int level = 0; level <= last; ++level) {
    SmallVector<Item *> scalars;
    llvm::MapVector<int64_t, SmallVector<Item *>> byColumns;
    for (auto [at, sink] : leveled)
      if (at == level) {
        if (isRowScalar(*sink))
          scalars.push_back(sink);
        else
          byColumns[tileType(sink->value).getShape().back()].push_back(sink);
      }
    for (auto &[columns, group] : byColumns)
      emitColumns(group, columns, position);
    for (Item *sink : scalars)
      emitChunk(*sink, position.drop_back(), {position.back(), 0}, 0);
  }
}

// Evaluates what is the same for all columns of the row, so that a column loop does not.
void KernelEmitter::evaluateRowScalars(Value tile, ArrayRef<Value> position) {
  Operation *op = tile.getDefiningOp();
  if (!op || buffers_.count(tile) || isa<tile::ReshapeOp, tile::SliceOp, tile::TransposeOp, tile::ReduceOp>(op))
    return;
  if (auto expand = dyn_cast<tile::ExpandOp>(op)) {
    if (static_cast<size_t>(expand.getDim()) == position.size())
      chunk(expand.getSource(), position.drop_back(), {position.back(), 0}, 0);
    return;
  }
  for (Value operand : op->getOperands())
    if (isa<RankedTensorType>(operand.getType()) && tileType(operand).getShape() == tileType(tile).getShape())
      evaluateRowScalars(operand, position);
}

// Columns that share a scale.
static int64_t encodedColumns(const Item &sink) { return blockColumns * static_cast<int64_t>(cast<tile::EncodeOp>(sink.op).getScaleBlocks()); }

void KernelEmitter::emitColumns(ArrayRef<Item *> sinks, int64_t columns, ArrayRef<Value> position) {
  int64_t step = lanes;
  for (Item *sink : sinks)
    if (sink->kind == Item::Encode)
      step = std::max(step, encodedColumns(*sink));
  SmallVector<Item *> reductions;
  for (Item *sink : sinks)
    if (sink->kind == Item::Reduce)
      reductions.push_back(sink);
  auto kindOf = [](Item *sink) { return cast<tile::ReduceOp>(sink->op).getKind(); };
  // Partial results of each reduction: vectors of 16, and scalars of narrower ends.
  DenseMap<Item *, SmallVector<Value>> partial, ends;
  auto span = [&](Column from, int64_t count) {
    for (int64_t at = 0; at < count; at += step) {
      for (Item *sink : sinks) {
        if (sink->kind == Item::Encode) {
          for (int64_t block = at; block < at + step; block += encodedColumns(*sink))
            encodeBlocks(*sink, position, from + block);
          continue;
        }
        for (int64_t part = at; part < std::min(at + step, count); part += lanes) {
          int64_t width = std::min(lanes, count - part);
          if (sink->kind != Item::Reduce) {
            emitChunk(*sink, position, from + part, width);
            continue;
          }
          Value value =
              widened(chunk(sink->value, position, from + part, width), tileType(sink->value).getElementType());
          if (width < lanes) {
            ends[sink].push_back(acrossLanes(kindOf(sink), started(kindOf(sink), value)));
            continue;
          }
          SmallVector<Value> &held = partial[sink];
          size_t slot = part / lanes % (partialColumns / lanes);
          if (held.size() <= slot)
            held.push_back(started(kindOf(sink), value));
          else
            held[slot] = combine(kindOf(sink), held[slot], value);
        }
      }
    }
  };
  if (columns <= narrowColumns) {
    span({}, columns);
  } else {
    for (Item *sink : sinks)
      evaluateRowScalars(sink->value, position);
    const int64_t width = std::max(partialColumns, step), main = columns / width * width;
    SmallVector<Value> carried;
    for (Item *sink : reductions)
      carried.append(partialColumns / lanes, firstOf(cast<tile::ReduceOp>(sink->op)));
    scf::ForOp columnLoop = loop(index(0), index(main), width, carried);
    {
      OpBuilder::InsertionGuard guard(b_);
      b_.setInsertionPointToStart(columnLoop.getBody());
      memo_.emplace_back();
      size_t at = 0;
      for (Item *sink : reductions)
        for (int64_t slot = 0; slot < partialColumns / lanes; ++slot)
          partial[sink].push_back(columnLoop.getRegionIterArg(at++));
      span({columnLoop.getInductionVar(), 0}, width);
      SmallVector<Value> next;
      for (Item *sink : reductions)
        next.append(partial[sink].begin(), partial[sink].end());
      if (!reductions.empty())
        scf::YieldOp::create(b_, next);
      memo_.pop_back();
    }
    size_t at = 0;
    for (Item *sink : reductions)
      for (Value &slot : partial[sink])
        slot = columnLoop.getResult(at++);
    if (main < columns)
      span({Value(), main}, columns - main);
  }
  for (Item *sink : reductions) {
    SmallVector<Value> &held = partial[sink];
    Value scalar = held.empty() ? Value() : reduced(kindOf(sink), held);
    for (Value end : ends[sink])
      scalar = scalar ? combine(kindOf(sink), scalar, end) : end;
    finishReduction(*sink, position, scalar);
  }
}

void KernelEmitter::emitChunk(Item &sink, ArrayRef<Value> position, Column column, int64_t width) {
  Value value = chunk(sink.value, position, column, width);
  if (sink.kind == Item::Store)
    storeChunk(cast<tile::StoreOp>(sink.op), position, column, value);
  else if (sink.kind == Item::Scatter)
    scatterChunk(cast<tile::ScatterOp>(sink.op), position, column, value);
  else
    storeAt(value, bufferAddress(sink.to[0], sink.value, position, column));
}

// The scalar is known for the rest of this row, and in memory for later loops.
void KernelEmitter::finishReduction(Item &sink, ArrayRef<Value> position, Value scalar) {
  Value result = sink.op->getResult(0);
  scalar = tileType(result).getElementType().isBF16() ? toBf16(scalar) : scalar;
  ArrayRef<Value> lead = position.drop_back();
  Column at{position.back(), 0};
  storeAt(scalar, bufferAddress(sink.to[0], result, lead, at));
  memo_.back()[memoKey(result, lead, at, 0)] = scalar;
}

// What a reduction of 16 columns at a time begins with.
Value KernelEmitter::firstOf(tile::ReduceOp reduce) {
  Type stored = tileType(reduce.getSource()).getElementType();
  Type type = vectorOf(lanes, stored.isBF16() ? b_.getF32Type() : stored);
  double first = reduce.getKind() == tile::Reduction::add ? 0 : -std::numeric_limits<double>::infinity();
  if (!isa<FloatType>(getElementTypeOrSelf(type)) && first != 0)
    first = std::numeric_limits<int32_t>::min();
  return constantOf(type, first);
}

// The first value of a reduction: a maximum leaves NaN out.
Value KernelEmitter::started(tile::Reduction kind, Value value) {
  if (kind != tile::Reduction::max || !isa<FloatType>(getElementTypeOrSelf(value)))
    return value;
  return combine(kind, constantOf(value.getType(), -std::numeric_limits<double>::infinity()), value);
}

// A NaN `b` is left out of a maximum; `a` is none.
Value KernelEmitter::combine(tile::Reduction kind, Value a, Value b) {
  bool isFloat = isa<FloatType>(getElementTypeOrSelf(a));
  if (kind == tile::Reduction::add)
    return isFloat ? Value(arith::AddFOp::create(b_, a, b)) : Value(arith::AddIOp::create(b_, a, b));
  if (!isFloat)
    return arith::MaxSIOp::create(b_, a, b);
  Value larger = arith::CmpFOp::create(b_, arith::CmpFPredicate::OGT, b, a);
  return arith::SelectOp::create(b_, larger, b, a);
}

// One scalar of partial results: pairs first, for shorter chains.
Value KernelEmitter::reduced(tile::Reduction kind, SmallVector<Value> held) {
  while (held.size() > 1) {
    SmallVector<Value> next;
    for (size_t i = 0; i + 1 < held.size(); i += 2)
      next.push_back(combine(kind, held[i], held[i + 1]));
    if (held.size() % 2)
      next.push_back(held.back());
    held = next;
  }
  return acrossLanes(kind, held[0]);
}

Value KernelEmitter::acrossLanes(tile::Reduction kind, Value vector) {
  bool isFloat = isa<FloatType>(getElementTypeOrSelf(vector));
  if (kind == tile::Reduction::add)
    return vector::ReductionOp::create(b_, vector::CombiningKind::ADD, vector,
                                       isFloat ? arith::FastMathFlags::reassoc : arith::FastMathFlags::none);
  if (isFloat)
    return vector::ReductionOp::create(b_, vector::CombiningKind::MAXNUMF, vector, arith::FastMathFlags::nnan);
  return vector::ReductionOp::create(b_, vector::CombiningKind::MAXSI, vector);
}

// The values that share a scale to int8 or int16 with it and the sum of each block (tile.encode). Both keep a NaN, whose own value is 0.
void KernelEmitter::encodeBlocks(Item &sink, ArrayRef<Value> position, Column column) {
  auto encode = cast<tile::EncodeOp>(sink.op);
  const int64_t count = encodedColumns(sink) / lanes;
  SmallVector<Value> parts;
  Value largest = constantOf(vectorOf(lanes, b_.getF32Type()), 0), nan;
  for (int64_t part = 0; part < count; ++part) {
    parts.push_back(chunk(sink.value, position, column + part * lanes, lanes));
    largest = combine(tile::Reduction::max, largest, math::AbsFOp::create(b_, parts.back()));
  }
  for (int64_t part = 0; part < count; part += 2) {
    Value pair = arith::CmpFOp::create(b_, arith::CmpFPredicate::UNO, parts[part], parts[part + 1]);
    nan = nan ? Value(arith::OrIOp::create(b_, nan, pair)) : pair;
  }
  Type f32 = b_.getF32Type();
  Type element = tileType(encode.getValues()).getElementType();
  double levels = element.isInteger(16) ? 127.0 * 256 : 127.0;
  Value top = acrossLanes(tile::Reduction::max, largest);
  nan = vector::ReductionOp::create(b_, vector::CombiningKind::OR, nan);
  top = arith::SelectOp::create(b_, nan, constantOf(f32, std::numeric_limits<double>::quiet_NaN()), top);
  Value scale = arith::MulFOp::create(b_, top, constantOf(f32, 1.0 / levels));
  Value empty = arith::CmpFOp::create(b_, arith::CmpFPredicate::UEQ, top, constantOf(f32, 0));
  Value inverse = arith::DivFOp::create(b_, constantOf(f32, levels), top);
  inverse = arith::SelectOp::create(b_, empty, constantOf(f32, 0), inverse);
  Value factor = broadcast(inverse, lanes), total;
  for (int64_t part = 0; part < count; ++part) {
    Value rounded = math::RoundEvenOp::create(b_, arith::MulFOp::create(b_, parts[part], factor));
    Value whole = arith::FPToSIOp::create(b_, vectorOf(lanes, b_.getI32Type()), rounded);
    const bool isFirst = part % (blockColumns / lanes) == 0;
    total = isFirst ? whole : combine(tile::Reduction::add, total, whole);
    Value narrow = arith::TruncIOp::create(b_, vectorOf(lanes, element), whole);
    storeAt(narrow, bufferAddress(sink.to[0], encode.getValues(), position, column + part * lanes));
    if (isFirst)
      continue;
    Value sum = arith::SIToFPOp::create(b_, f32, acrossLanes(tile::Reduction::add, total));
    Column block{column.base ? divide(column.base, blockColumns) : Value(), column.offset / blockColumns + part * lanes / blockColumns};
    storeAt(scale, bufferAddress(sink.to[1], encode.getScales(), position, block));
    storeAt(arith::MulFOp::create(b_, sum, scale), bufferAddress(sink.to[2], encode.getSums(), position, block));
  }
}

} // namespace longc::cpu
