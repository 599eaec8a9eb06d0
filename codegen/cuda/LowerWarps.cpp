// Kernels of the warp form: one warp owns a point of the grid and holds every tile in registers. Nothing waits for a barrier.
#include "codegen/cuda/CudaPasses.h"
#include "codegen/cuda/KernelLowering.h"
#include "codegen/cuda/PointKernel.h"
#include "codegen/cuda/WarpPlan.h"

#include "mlir/Dialect/Math/IR/Math.h"
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

class WarpLowering : public KernelLowering {
public:
  /// Behind `waitsAfter` the kernel waits for the one before it; null: it has done so before.
  WarpLowering(const WarpPlan &plan, OpBuilder &builder, Operation *waitsAfter)
      : KernelLowering(builder, builder.getUnknownLoc()), plan_(plan), waitsAfter_(waitsAfter) {}

  void lowerBlock(Block &source);

private:
  /// A register of a lane's part of a tile: its number, and the row and column of the tile that it holds.
  struct Spot {
    Value number, row, column;
    WarpLayout layout;
    Type type;
  };

  using KernelLowering::access, KernelLowering::declare, KernelLowering::lower, KernelLowering::writeIf;
  void lower(scf::ForOp op);
  void lower(scf::IfOp op);
  void lower(tile::LoadOp op);
  void lower(tile::MmaOp op);
  void lower(tile::ReduceOp op);
  void lower(tile::StoreOp op);
  void storeWhole(tile::StoreOp op);
  void writeIf(tile::StoreOp op, Value condition, const Spot &spot, Value element);

  // Registers.
  Value declare(StringRef name, Value tile) {
    return declare(name, registersOf(plan_.layoutOf(tile), tile.getType()), tileType(tile).getElementType());
  }
  Value kept(Value tile, const WarpLayout &layout);
  void fill(Value registers, Value tile, const WarpLayout &layout);
  void fill(Value registers, Value tile) { fill(registers, tile, plan_.layoutOf(tile)); }

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

  Value lane() { return pureCall("lane_of_warp", b.getIndexType()); }

  const WarpPlan &plan_;
  Operation *waitsAfter_;
  DenseMap<Value, Value> arrays_; // of tiles that are kept
};

//===----------------------------------------------------------------------===//
// Registers and elements
//===----------------------------------------------------------------------===//

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

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

template <typename Op> KernelLowering::Access WarpLowering::access(Op op, const Spot &spot) {
  SmallVector<Value, 4> indices = indicesOf(spot);
  Value there = isThere(spot), lo = op.getLo() ? scalars.lookup(op.getLo()) : Value(), hi = op.getHi() ? scalars.lookup(op.getHi()) : Value();
  size_t next = 0;
  auto positionOf = [&](int64_t dim) {
    Value position = scalars.lookup(op.getOffsets()[dim]);
    return llvm::is_contained(op.getDropped(), dim) ? position : add(position, indices[next++]);
  };
  return access(scalars.lookup(op.getView()), positionOf, lo, hi, there);
}

/// Chunk by chunk, those of lanes for which `mine` holds.
template <typename Op> void WarpLowering::forEachChunk(StringRef callee, Op op, Value registers, Value mine) {
  const WarpLayout layout = plan_.layoutOf(op.getTile());
  Type type = op.getTile().getType();
  Value view = scalars.lookup(op.getView());
  unrolled(registersOf(layout, type) / kChunk, [&](Value chunk) {
    Value number = mul(chunk, kChunk);
    Access place = access(op, spotAt(layout, type, number));
    call(callee, {registers, number, pointerIn(view, place.offset), both(mine, place.inRange)});
  });
}

void WarpLowering::lower(tile::LoadOp op) {
  Value registers = arrays_[op.getTile()] = declare("t", op.getTile());
  const WarpLayout layout = plan_.layoutOf(op.getTile());
  if (layout.kind == WarpLayout::spread || layout.kind == WarpLayout::rows)
    return forEachChunk(op->getParentOfType<scf::ForOp>() ? "load_chunk_here" : "load_chunk", op, registers, /*mine=*/{});
  forEachRegister(op.getTile(), [&](const Spot &spot) { set(readOrZero(scalars.lookup(op.getView()), access(op, spot)), registers, spot.number); });
}

void WarpLowering::writeIf(tile::StoreOp op, Value condition, const Spot &spot, Value element) {
  Access place = access(op, spot);
  place.inRange = both(condition, place.inRange);
  writeIf(scalars.lookup(op.getView()), place, [&] { return element; });
}

/// Of what all lanes have, each stores one in 32.
void WarpLowering::storeWhole(tile::StoreOp op) {
  auto type = tileType(op.getTile());
  const int64_t count = type.getNumElements();
  Value chosen = declare("s", (count + kLanes - 1) / kLanes, type.getElementType());
  forEachRegister(op.getTile(), [&](const Spot &spot) {
    Value mine = compare(CmpIPredicate::eq, lane(), rem(spot.number, kLanes)), place = div(spot.number, kLanes);
    guarded(mine, [&] { set(elementAt(op.getTile(), spot), chosen, place); });
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
  unrolled(rows, [&](Value row) { set(impureCall(callee, element, get(sums, row)), sums, row); });
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

void WarpLowering::lower(scf::ForOp op) {
  for (auto [init, argument, result] : llvm::zip(op.getInits(), op.getRegionIterArgs(), op.getResults()))
    if (isTile(init)) {
      Value registers = declare("c", argument);
      fill(registers, init, plan_.layoutOf(argument));
      arrays_[argument] = arrays_[result] = registers;
    }
  (void)loopLike(op, [&] {
    lowerBlock(*op.getBody());
    SmallVector<std::pair<Value, Value>> next; // made before the first is replaced: they may be what others carry
    for (auto [value, argument] : llvm::zip(op.getBody()->getTerminator()->getOperands(), op.getRegionIterArgs()))
      if (isTile(value)) {
        next.push_back({declare("n", argument), arrays_.lookup(argument)});
        fill(next.back().first, value, plan_.layoutOf(argument));
      }
    for (auto [made, carried] : next)
      copy(made, carried);
    return success();
  });
}

void WarpLowering::lower(scf::IfOp op) {
  for (Value result : llvm::make_filter_range(op.getResults(), isTile))
    arrays_[result] = declare("b", result);
  (void)branchLike(op, [&](Block &side) {
    lowerBlock(side);
    for (auto [value, result] : llvm::zip(side.getTerminator()->getOperands(), op.getResults()))
      if (isTile(value))
        fill(arrays_.lookup(result), value, plan_.layoutOf(result));
    return success();
  });
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
