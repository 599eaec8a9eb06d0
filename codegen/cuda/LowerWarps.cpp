// Kernels of the warp form: one warp owns a point of the grid and holds every tile in registers. Nothing waits for a barrier.
#include "codegen/cuda/CudaPasses.h"
#include "codegen/cuda/PointKernel.h"
#include "codegen/cuda/WarpPlan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

namespace longc {
#define GEN_PASS_DEF_CUDALOWERWARPSPASS
#include "codegen/cuda/CudaPasses.h.inc"
} // namespace longc

using namespace mlir;
using namespace longc;
using namespace longc::cuda;
using arith::CmpIPredicate;

namespace {

/// Points of the grid that a thread block may own. A multiprocessor begins a block every 170 ns or so: too seldom for rows that
/// a warp is done with in less.
constexpr int64_t kPoints = 8;

std::string templated(StringRef name, ArrayRef<int64_t> numbers) {
  std::string text = name.str() + "<";
  for (auto [i, number] : llvm::enumerate(numbers))
    text += (i ? ", " : "") + std::to_string(number);
  return text + ">";
}

class WarpLowering {
public:
  /// Behind `waitsAfter` the kernel waits for the one before it; null: it has done so before.
  WarpLowering(const WarpPlan &plan, OpBuilder &builder, Operation *waitsAfter)
      : plan_(plan), b(builder), loc(builder.getUnknownLoc()), waitsAfter_(waitsAfter) {}

  void lowerBlock(Block &source);

  IRMapping scalars; // what is the same for all lanes

private:
  /// A register of a lane's part of a tile: its number, and the row and column of the tile that it holds.
  struct Spot {
    Value number, row, column;
    WarpLayout layout;
    Type type;
  };
  /// Where an element lies in memory, and whether it is there.
  struct Access {
    Value offset, inRange;
  };

  void lower(scf::ForOp op);
  void lower(scf::IfOp op);
  void lower(tile::LoadOp op);
  void lower(tile::MmaOp op);
  void lower(tile::ReduceOp op);
  void lower(tile::StoreOp op);
  void lower(tile::ScalarOp op);
  void storeWhole(tile::StoreOp op);
  void writeIf(tile::StoreOp op, Value condition, const Spot &spot, Value element);

  // Registers.
  Value declare(StringRef name, int64_t count, Type element) {
    return RegistersOp::create(b, loc, RegistersType::get(b.getContext(), count, element), name);
  }
  Value declare(StringRef name, Value tile) {
    return declare(name, registersOf(plan_.layoutOf(tile), tile.getType()), tileType(tile).getElementType());
  }
  Value get(Value registers, Value number) {
    return GetOp::create(b, loc, cast<RegistersType>(registers.getType()).getElementType(), registers, number);
  }
  void set(Value value, Value registers, Value number) { SetOp::create(b, loc, value, registers, number); }
  Value kept(Value tile, const WarpLayout &layout);
  void unrolled(int64_t count, function_ref<void(Value)> body);
  void fill(Value registers, Value tile, const WarpLayout &layout);
  void fill(Value registers, Value tile) { fill(registers, tile, plan_.layoutOf(tile)); }
  void copy(Value from, Value to);

  // Elements.
  Spot spotAt(const WarpLayout &layout, Type type, Value number);
  void forEachRegister(Value tile, const WarpLayout &layout, function_ref<void(const Spot &)> body);
  void forEachRegister(Value tile, function_ref<void(const Spot &)> body) { forEachRegister(tile, plan_.layoutOf(tile), body); }
  Value elementAt(Value tile, const Spot &spot);
  Value freeAt(Operation *op, Value tile, const Spot &spot);
  Value isThere(const Spot &spot);
  SmallVector<Value, 4> indicesOf(const Spot &spot);
  template <typename Op> Access access(Op op, const Spot &spot);
  template <typename Op> void forEachChunk(StringRef callee, Op op, Value registers, Value mine);

  // Arithmetic.
  Value constant(int64_t value) { return arith::ConstantIndexOp::create(b, loc, value); }
  Value add(Value x, Value y) { return b.createOrFold<arith::AddIOp>(loc, x, y); }
  Value mul(Value x, int64_t y) { return y == 1 ? x : b.createOrFold<arith::MulIOp>(loc, x, constant(y)); }
  Value div(Value x, int64_t y) { return y == 1 ? x : b.createOrFold<arith::DivSIOp>(loc, x, constant(y)); }
  Value rem(Value x, int64_t y) { return y == 1 ? constant(0) : b.createOrFold<arith::RemSIOp>(loc, x, constant(y)); }
  Value wide(Value x) { return arith::IndexCastOp::create(b, loc, b.getI64Type(), x); }
  Value compare(CmpIPredicate predicate, Value x, Value y) { return arith::CmpIOp::create(b, loc, predicate, x, y); }
  Value both(Value x, Value y) { return x && y ? Value(arith::AndIOp::create(b, loc, x, y)) : x ? x : y; }
  Value lane() { return CallOp::create(b, loc, b.getIndexType(), "lane_of_warp", ValueRange(), true).getResult(); }
  Value sizeOf(Value view, int64_t dim) {
    auto type = cast<tile::ViewType>(view.getType());
    return type.isDynamicDim(dim) ? Value(tile::DimOp::create(b, loc, view, dim)) : constant(type.getShape()[dim]);
  }
  void call(StringRef callee, ValueRange arguments) { CallOp::create(b, loc, TypeRange(), callee, arguments, false); }

  const WarpPlan &plan_;
  OpBuilder &b;
  Location loc;
  Operation *waitsAfter_;
  DenseMap<Value, Value> arrays_; // of tiles that are kept
};

//===----------------------------------------------------------------------===//
// Registers and elements
//===----------------------------------------------------------------------===//

void WarpLowering::unrolled(int64_t count, function_ref<void(Value)> body) {
  auto loop = UnrollOp::create(b, loc, count);
  OpBuilder::InsertionGuard guard(b);
  Block &block = loop.getBody().emplaceBlock();
  Value number = block.addArgument(b.getIndexType(), loc);
  b.setInsertionPointToStart(&block);
  body(number);
}

WarpLowering::Spot WarpLowering::spotAt(const WarpLayout &layout, Type type, Value number) {
  const int64_t inRow = registersOfRow(layout, type);
  Spot spot{number, div(number, inRow), rem(number, inRow), layout, type};
  const bool chunked = layout.kind == WarpLayout::spread || layout.kind == WarpLayout::rows;
  if (chunked) {
    Value chunk = add(mul(div(spot.column, kChunk), layout.lanes), rem(lane(), layout.lanes));
    spot.column = add(mul(chunk, kChunk), rem(spot.column, kChunk));
  } else if (layout.kind == WarpLayout::columns) {
    spot.column = add(mul(spot.column, layout.groups()), div(lane(), layout.lanes));
  }
  if (layout.kind == WarpLayout::rows)
    spot.row = add(mul(spot.row, layout.groups()), div(lane(), layout.lanes));
  return spot;
}

void WarpLowering::forEachRegister(Value tile, const WarpLayout &layout, function_ref<void(const Spot &)> body) {
  unrolled(registersOf(layout, tile.getType()), [&](Value number) { body(spotAt(layout, tile.getType(), number)); });
}

/// Whether a register holds an element of the tile; null where all do.
Value WarpLowering::isThere(const Spot &spot) {
  auto [rows, columns] = matrixOf(spot.type);
  const bool chunked = spot.layout.kind == WarpLayout::spread || spot.layout.kind == WarpLayout::rows;
  const int64_t stride = chunked ? spot.layout.lanes * kChunk : spot.layout.kind == WarpLayout::columns ? spot.layout.groups() : 1;
  Value there;
  if (columns % stride != 0)
    there = compare(CmpIPredicate::slt, spot.column, constant(columns));
  if (spot.layout.kind == WarpLayout::rows && rows % spot.layout.groups() != 0)
    there = both(there, compare(CmpIPredicate::slt, spot.row, constant(rows)));
  return there;
}

/// The place in the tile's own dimensions.
SmallVector<Value, 4> WarpLowering::indicesOf(const Spot &spot) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(spot.type).getShape();
  SmallVector<Value, 4> indices(shape.size());
  if (shape.empty())
    return indices;
  indices.back() = spot.column;
  Value row = spot.row;
  for (size_t dim = shape.size() - 1; dim-- > 0;) {
    indices[dim] = dim == 0 ? row : rem(row, shape[dim]);
    row = dim == 0 ? row : div(row, shape[dim]);
  }
  return indices;
}

Value WarpLowering::freeAt(Operation *op, Value tile, const Spot &spot) {
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](arith::ConstantOp constant) {
        return arith::ConstantOp::create(b, loc, cast<TypedAttr>(cast<DenseElementsAttr>(constant.getValue()).getSplatValue<Attribute>()));
      })
      .Case([&](tile::SplatOp splat) { return scalars.lookup(splat.getValue()); })
      .Case([&](tile::IotaOp iota) {
        return arith::IndexCastOp::create(b, loc, tileType(tile).getElementType(), indicesOf(spot)[iota.getDim()]);
      })
      .Case([&](tile::ReshapeOp reshape) {
        Type from = reshape.getSource().getType();
        return elementAt(reshape.getSource(), spot.layout.kind == WarpLayout::whole
                                                  ? spotAt(spot.layout, from, spot.number)
                                                  : Spot{spot.number, spot.row, spot.column, spot.layout, from});
      })
      .Case([&](tile::ExpandOp expand) {
        Value source = expand.getSource();
        if (int64_t(expand.getDim()) + 1 == tileType(tile).getRank())
          return elementAt(source, spotAt(WarpLayout{}, source.getType(), spot.row));
        return elementAt(source, {rem(spot.number, registersOfRow(spot.layout, spot.type)), constant(0), spot.column, spot.layout, source.getType()});
      })
      .Default([](Operation *) { return Value(); });
}

Value WarpLowering::elementAt(Value tile, const Spot &spot) {
  if (auto kept = arrays_.find(tile); kept != arrays_.end())
    return get(kept->second, spot.number);
  Operation *op = tile.getDefiningOp();
  if (WarpPlan::isFree(op))
    return freeAt(op, tile, spot);
  SmallVector<Value> operands; // an element-wise op: the same op on scalars
  for (Value operand : op->getOperands())
    operands.push_back(isTile(operand) ? elementAt(operand, spot) : scalars.lookup(operand));
  return b.create(op->getLoc(), op->getName().getIdentifier(), operands, TypeRange(tileType(tile).getElementType()), op->getAttrs())->getResult(0);
}

/// Writes a tile's elements, which may be the same in any layout, into the registers of one that has `layout`.
void WarpLowering::fill(Value registers, Value tile, const WarpLayout &layout) {
  forEachRegister(tile, layout, [&](const Spot &spot) { set(elementAt(tile, spot), registers, spot.number); });
}

/// The registers of a tile, which are made where it is computed where it is read.
Value WarpLowering::kept(Value tile, const WarpLayout &layout) {
  if (auto found = arrays_.find(tile); found != arrays_.end())
    return found->second;
  Value registers = declare("m", registersOf(layout, tile.getType()), tileType(tile).getElementType());
  fill(registers, tile, layout);
  return registers;
}

void WarpLowering::copy(Value from, Value to) {
  unrolled(cast<RegistersType>(to.getType()).getCount(), [&](Value number) { set(get(from, number), to, number); });
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

template <typename Op> WarpLowering::Access WarpLowering::access(Op op, const Spot &spot) {
  Value view = scalars.lookup(op.getView());
  auto type = cast<tile::ViewType>(view.getType());
  SmallVector<Value, 4> indices = indicesOf(spot);
  Access result{{}, isThere(spot)};
  size_t next = 0;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    Value position = scalars.lookup(op.getOffsets()[dim]);
    if (!llvm::is_contained(op.getDropped(), dim))
      position = add(position, indices[next++]);
    result.inRange = both(result.inRange, compare(CmpIPredicate::ult, position, sizeOf(view, dim)));
    if (dim == 0 && op.getLo())
      result.inRange = both(result.inRange, both(compare(CmpIPredicate::sge, position, scalars.lookup(op.getLo())),
                                                 compare(CmpIPredicate::slt, position, scalars.lookup(op.getHi()))));
    Value term = wide(position);
    if (dim + 1 != type.getRank())
      term = arith::MulIOp::create(b, loc, term, StrideOp::create(b, loc, b.getI64Type(), view, dim).getResult());
    result.offset = result.offset ? Value(arith::AddIOp::create(b, loc, result.offset, term)) : term;
  }
  return result;
}

/// Chunk by chunk, those of lanes for which `mine` holds.
template <typename Op> void WarpLowering::forEachChunk(StringRef callee, Op op, Value registers, Value mine) {
  const WarpLayout layout = plan_.layoutOf(op.getTile());
  Type type = op.getTile().getType(), pointer = PointerType::get(b.getContext(), op.getView().getType().getElementType());
  unrolled(registersOf(layout, type) / kChunk, [&](Value chunk) {
    Value number = mul(chunk, kChunk);
    Access place = access(op, spotAt(layout, type, number));
    call(callee, {registers, number, ElementOp::create(b, loc, pointer, scalars.lookup(op.getView()), place.offset), both(mine, place.inRange)});
  });
}

void WarpLowering::lower(tile::LoadOp op) {
  Value registers = arrays_[op.getTile()] = declare("t", op.getTile()), view = scalars.lookup(op.getView());
  const WarpLayout layout = plan_.layoutOf(op.getTile());
  Type type = op.getTile().getType(), element = op.getView().getType().getElementType();
  auto pointerTo = [&](const Access &place) -> Value {
    return ElementOp::create(b, loc, PointerType::get(b.getContext(), element), view, place.offset);
  };
  if (layout.kind == WarpLayout::spread || layout.kind == WarpLayout::rows)
    return forEachChunk(op->getParentOfType<scf::ForOp>() ? "load_chunk_here" : "load_chunk", op, registers, /*mine=*/{});
  forEachRegister(op.getTile(), [&](const Spot &spot) {
    Access place = access(op, spot);
    auto branch = scf::IfOp::create(b, loc, element, place.inRange, /*withElse=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    scf::YieldOp::create(b, loc, LoadOp::create(b, loc, element, pointerTo(place)).getResult());
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, loc, Value(arith::ConstantOp::create(b, loc, b.getZeroAttr(element))));
    b.setInsertionPointAfter(branch);
    set(branch.getResult(0), registers, spot.number);
  });
}

void WarpLowering::writeIf(tile::StoreOp op, Value condition, const Spot &spot, Value element) {
  Access place = access(op, spot);
  auto branch = scf::IfOp::create(b, loc, both(condition, place.inRange), /*withElse=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  Value pointer = ElementOp::create(b, loc, PointerType::get(b.getContext(), element.getType()), scalars.lookup(op.getView()), place.offset);
  StoreOp::create(b, loc, element, pointer);
}

/// Of what all lanes have, each stores one in 32.
void WarpLowering::storeWhole(tile::StoreOp op) {
  auto type = tileType(op.getTile());
  const int64_t count = type.getNumElements();
  Value chosen = declare("s", (count + kLanes - 1) / kLanes, type.getElementType());
  forEachRegister(op.getTile(), [&](const Spot &spot) {
    Value mine = compare(CmpIPredicate::eq, lane(), rem(spot.number, kLanes)), place = div(spot.number, kLanes);
    auto branch = scf::IfOp::create(b, loc, mine, /*withElse=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    set(elementAt(op.getTile(), spot), chosen, place);
  });
  unrolled((count + kLanes - 1) / kLanes, [&](Value number) {
    Value element = add(mul(number, kLanes), lane());
    Spot spot = spotAt(WarpLayout{}, type, element);
    writeIf(op, compare(CmpIPredicate::slt, element, constant(count)), spot, get(chosen, number));
  });
}

void WarpLowering::lower(tile::StoreOp op) {
  const WarpLayout layout = plan_.layoutOf(op.getTile());
  if (layout.kind == WarpLayout::whole)
    return storeWhole(op);
  // One group's lanes have what all have; one lane of a group what the group has.
  Value first = layout.kind == WarpLayout::columns ? rem(lane(), layout.lanes) : div(lane(), layout.lanes);
  Value writes = layout.groups() == 1 ? Value() : compare(CmpIPredicate::eq, first, constant(0));
  if (layout.kind == WarpLayout::spread && hasChunks(op))
    return forEachChunk("store_chunk", op, kept(op.getTile(), layout), writes);
  forEachRegister(op.getTile(), [&](const Spot &spot) { writeIf(op, writes, spot, elementAt(op.getTile(), spot)); });
}

void WarpLowering::lower(tile::ScalarOp op) {
  Value view = scalars.lookup(op.getView()), offset;
  auto type = op.getView().getType();
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    Value term = wide(scalars.lookup(op.getOffsets()[dim]));
    if (dim + 1 != type.getRank())
      term = arith::MulIOp::create(b, loc, term, StrideOp::create(b, loc, b.getI64Type(), view, dim).getResult());
    offset = offset ? Value(arith::AddIOp::create(b, loc, offset, term)) : term;
  }
  Type element = type.getElementType();
  Value value = LoadOp::create(b, loc, element, ElementOp::create(b, loc, PointerType::get(b.getContext(), element), view, offset));
  if (value.getType() != op.getType())
    value = arith::IndexCastOp::create(b, loc, op.getType(), value);
  scalars.map(op.getValue(), value);
}

//===----------------------------------------------------------------------===//
// Products and reductions
//===----------------------------------------------------------------------===//

void WarpLowering::lower(tile::MmaOp op) {
  const ProductLayouts layouts = layoutsOf(op);
  Value left = kept(op.getA(), layouts.left), right = kept(op.getB(), layouts.right), sum = declare("p", op.getResult());
  fill(sum, op.getAcc(), plan_.layoutOf(op.getResult()));
  arrays_[op.getResult()] = sum;
  const WarpLayout &rows = layouts.right;
  const int64_t count = matrixOf(op.getA().getType()).first;
  const int64_t inRow = registersOfRow(rows, op.getB().getType()), ofGroup = registersOf(rows, op.getB().getType()) / inRow;
  call(templated(op.getTransposeB() ? "multiply_along_rows" : "multiply_across_rows", {count, ofGroup, inRow, rows.lanes}), {sum, left, right});
}

void WarpLowering::lower(tile::ReduceOp op) {
  const WarpLayout layout = plan_.layoutOf(op.getSource());
  const bool isMax = op.getKind() == tile::Reduction::max;
  Type element = tileType(op.getResult()).getElementType();
  Value sums = arrays_[op.getResult()] = declare("r", op.getResult());
  auto start = isMax ? APFloat::getInf(APFloat::IEEEsingle(), /*Negative=*/true) : APFloat(0.0f);
  auto nothing = [&]() -> Value { return arith::ConstantOp::create(b, loc, b.getFloatAttr(element, start)); };
  const int64_t rows = tileType(op.getResult()).getNumElements();
  unrolled(rows, [&](Value row) { set(nothing(), sums, row); });
  forEachRegister(op.getSource(), [&](const Spot &spot) {
    Value next = elementAt(op.getSource(), spot), before = get(sums, spot.row);
    if (Value there = isThere(spot))
      next = arith::SelectOp::create(b, loc, there, next, nothing());
    set(isMax ? Value(arith::MaxNumFOp::create(b, loc, before, next)) : Value(arith::AddFOp::create(b, loc, before, next)), sums, spot.row);
  });
  if (layout.kind == WarpLayout::whole)
    return;
  const bool isSpread = layout.kind == WarpLayout::spread;
  const std::string callee = templated(isMax ? "lanes_max" : "lanes_sum", {isSpread ? 1 : layout.lanes, isSpread ? layout.lanes : kLanes});
  unrolled(rows, [&](Value row) { set(CallOp::create(b, loc, element, callee, get(sums, row), false).getResult(), sums, row); });
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

void WarpLowering::lower(scf::ForOp op) {
  SmallVector<Value> inits;
  for (auto [init, argument, result] : llvm::zip(op.getInits(), op.getRegionIterArgs(), op.getResults())) {
    if (!isTile(init)) {
      inits.push_back(scalars.lookup(init));
      continue;
    }
    Value registers = declare("c", argument);
    fill(registers, init, plan_.layoutOf(argument));
    arrays_[argument] = arrays_[result] = registers;
  }
  auto loop = scf::ForOp::create(b, loc, scalars.lookup(op.getLowerBound()), scalars.lookup(op.getUpperBound()), scalars.lookup(op.getStep()), inits);
  scalars.map(op.getInductionVar(), loop.getInductionVar());
  unsigned number = 0;
  for (auto [argument, result] : llvm::zip(op.getRegionIterArgs(), op.getResults()))
    if (!isTile(argument)) {
      scalars.map(argument, loop.getRegionIterArg(number));
      scalars.map(result, loop.getResult(number++));
    }
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  lowerBlock(*op.getBody());
  SmallVector<Value> yielded;
  SmallVector<std::pair<Value, Value>> next; // made before the first is replaced: they may be what others carry
  for (auto [value, argument] : llvm::zip(op.getBody()->getTerminator()->getOperands(), op.getRegionIterArgs())) {
    if (!isTile(value)) {
      yielded.push_back(scalars.lookup(value));
      continue;
    }
    next.push_back({declare("n", argument), arrays_.lookup(argument)});
    fill(next.back().first, value, plan_.layoutOf(argument));
  }
  for (auto [made, carried] : next)
    copy(made, carried);
  if (!yielded.empty())
    scf::YieldOp::create(b, loc, yielded);
}

void WarpLowering::lower(scf::IfOp op) {
  SmallVector<Type> types;
  for (Value result : op.getResults()) {
    if (isTile(result))
      arrays_[result] = declare("b", result);
    else
      types.push_back(result.getType());
  }
  const bool withElse = !op.getElseRegion().empty();
  auto branch = scf::IfOp::create(b, loc, types, scalars.lookup(op.getCondition()), withElse);
  for (unsigned side = 0; side < (withElse ? 2u : 1u); ++side) {
    Block &source = op->getRegion(side).front();
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(side ? branch.elseBlock() : branch.thenBlock());
    lowerBlock(source);
    SmallVector<Value> yielded;
    for (auto [value, result] : llvm::zip(source.getTerminator()->getOperands(), op.getResults())) {
      if (isTile(value))
        fill(arrays_.lookup(result), value, plan_.layoutOf(result));
      else
        yielded.push_back(scalars.lookup(value));
    }
    if (!yielded.empty())
      scf::YieldOp::create(b, loc, yielded);
  }
  unsigned number = 0;
  for (Value result : op.getResults())
    if (!isTile(result))
      scalars.map(result, branch.getResult(number++));
}

void WarpLowering::lowerBlock(Block &source) {
  for (Operation &op : source.without_terminator()) {
    loc = op.getLoc();
    llvm::TypeSwitch<Operation *>(&op)
        .Case<scf::ForOp, scf::IfOp, tile::LoadOp, tile::MmaOp, tile::ReduceOp, tile::StoreOp, tile::ScalarOp>([&](auto each) { lower(each); })
        .Default([&](Operation *other) {
          if (other->getNumResults() != 1 || !isTile(other->getResult(0)))
            b.clone(*other, scalars);
          else if (!WarpPlan::isFree(other)) {
            Value registers = declare("e", other->getResult(0));
            fill(registers, other->getResult(0));
            arrays_[other->getResult(0)] = registers;
          }
        });
    loc = op.getLoc();
    if (&op == waitsAfter_)
      waitBehind(&op, b, loc, scalars);
  }
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// Loads begin as soon as it is known where, so that what is read under way is read at once.
void startLoadsEarly(Block &block) {
  Operation *barrier = nullptr; // what writes memory
  for (Operation &op : llvm::make_early_inc_range(block)) {
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        startLoadsEarly(inner);
    auto writes = [](Operation *inner) { return isa<tile::StoreOp, tile::ScatterOp>(inner) ? WalkResult::interrupt() : WalkResult::advance(); };
    if (op.walk(writes).wasInterrupted())
      barrier = &op;
    if (!isa<tile::LoadOp>(op))
      continue;
    Operation *after = barrier;
    for (Value operand : op.getOperands())
      if (Operation *maker = operand.getDefiningOp(); maker && maker->getBlock() == &block && (!after || after->isBeforeInBlock(maker)))
        after = maker;
    if (after)
      op.moveAfter(after);
    else
      op.moveBefore(&block.front());
  }
}

/// Numbers of the views of weights of which each warp reads rows of its own: at most two.
SmallVector<int64_t> weightViews(tile::KernelOp kernel) {
  constexpr size_t most = 2;
  llvm::SmallSetVector<int64_t, most> numbers;
  for (auto product : kernel.getBody().getOps<tile::MmaOp>()) {
    auto load = product.getB().getDefiningOp<tile::LoadOp>();
    auto view = load ? dyn_cast<BlockArgument>(load.getView()) : BlockArgument();
    if (view && product.getTransposeB() && kernel.getGridRank() == 2 && load.getView().getType().getRank() == 2 && numbers.size() < most)
      numbers.insert(llvm::count_if(kernel.getBody().getArguments().take_front(view.getArgNumber()),
                                    [](Value other) { return isa<tile::ViewType>(other.getType()); }));
  }
  return numbers.takeVector();
}

struct CudaLowerWarps : longc::impl::CudaLowerWarpsPassBase<CudaLowerWarps> {
  using CudaLowerWarpsPassBase::CudaLowerWarpsPassBase;

  void runOnOperation() override {
    for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
      if (!kernel->hasAttr(kWarpFormAttribute))
        continue;
      WarpPlan plan(kernel);
      if (std::string obstacle = plan.run(); !obstacle.empty()) {
        kernel.emitOpError("cannot take the warp form: ") << obstacle;
        return signalPassFailure();
      }
      startLoadsEarly(kernel.getBody().front());
      Operation *parameters = startParametersFirst(kernel, /*scalarsAlone=*/false);
      OpBuilder builder(kernel);
      WarpLowering lowering(plan, builder, parameters);
      KernelOp lowered = beginKernel(kernel, kPoints * kLanes, /*sharedBytes=*/0, builder, lowering.scalars, /*ofWarp=*/true);
      lowered->setAttr(kPointsAttribute, builder.getI64IntegerAttr(kPoints));
      if (parameters)
        lowered->setAttr(kWaitsInsideAttribute, builder.getUnitAttr());
      else if (SmallVector<int64_t> weights = weightViews(kernel); !weights.empty())
        lowered->setAttr(kWeightViewsAttribute, builder.getDenseI64ArrayAttr(weights));
      lowering.lowerBlock(kernel.getBody().front());
      kernel.erase();
      if (failed(expandDivisions(lowered)))
        return signalPassFailure();
    }
  }
};

} // namespace
