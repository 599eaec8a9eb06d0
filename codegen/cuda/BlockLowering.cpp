// Stages of block-form kernels. Threads walk over the elements of a tile; a barrier stands where one stage touches what
// another left in shared memory.
#include "codegen/cuda/BlockLowering.h"

#include "codegen/cuda/PointKernel.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace longc;
using namespace longc::cuda;
using arith::CmpIPredicate;

static PointerType pointerType(Type element) { return PointerType::get(element.getContext(), element); }

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

void BlockLowering::barrier() {
  if (plan_.hasCopies())
    call("wait_for_copies");
  call("__syncthreads");
  readSince_.clear();
  writtenSince_.clear();
}

/// Waits where this stage reads what another wrote, or writes what another read or wrote, since the last barrier.
void BlockLowering::beginStage(ValueRange read, Value written) {
  auto range = [&](Value tile) {
    const int64_t begin = plan_.offsetOf(tile);
    return Range{begin, begin + BlockPlan::bytesOf(tile.getType())};
  };
  auto touches = [](const std::vector<Range> &ranges, Range range) {
    return llvm::any_of(ranges, [&](Range other) { return range.begin < other.end && other.begin < range.end; });
  };
  SmallVector<Value> leaves;
  for (Value tile : read)
    plan_.leavesOf(tile, leaves);
  bool waits = written && (touches(readSince_, range(written)) || touches(writtenSince_, range(written)));
  for (Value leaf : leaves)
    waits |= touches(writtenSince_, range(leaf));
  if (waits)
    barrier();
  for (Value leaf : leaves)
    readSince_.push_back(range(leaf));
  if (written)
    writtenSince_.push_back(range(written));
}

scf::ForOp BlockLowering::openLoop(Value begin, Value end, int64_t step, ValueRange carried) {
  auto loop = scf::ForOp::create(b, loc, begin, end, constant(step), carried);
  b.setInsertionPointToStart(loop.getBody());
  return loop;
}

void BlockLowering::forEachElement(ArrayRef<int64_t> shape, function_ref<void(const Indices &)> body) {
  OpBuilder::InsertionGuard guard(b);
  llvm::SaveAndRestore<decltype(known_)> known(known_, {});
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  body(indicesIn(shape, openLoop(thread(), constant(count), kBlockThreads).getInductionVar()));
}

/// Of the element with this number.
BlockLowering::Indices BlockLowering::indicesIn(ArrayRef<int64_t> shape, Value element) {
  Indices at(shape.size());
  for (size_t dim = shape.size(); dim-- > 0;) {
    at[dim] = dim == 0 ? element : rem(element, shape[dim]);
    element = dim == 0 ? element : div(element, shape[dim]);
  }
  return at;
}

/// Evaluates a tile into a place of the same shape.
void BlockLowering::copyInto(Value tile, Value place) {
  if (plan_.isStored(tile) && plan_.sharePlace(tile, place))
    return; // it lies there already
  beginStage(tile, place);
  forEachElement(tileType(tile).getShape(),
                 [&](const Indices &at) { StoreOp::create(b, loc, elementAt(tile, at), pointerTo(place, at)); });
}

/// Evaluates an expression that is kept into its own place.
void BlockLowering::keep(Value tile) {
  SmallVector<Value> operands(llvm::make_filter_range(tile.getDefiningOp()->getOperands(), isTile));
  beginStage(operands, tile);
  forEachElement(tileType(tile).getShape(),
                 [&](const Indices &at) { StoreOp::create(b, loc, expressionAt(tile, at), pointerTo(tile, at)); });
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

Value BlockLowering::linear(RankedTensorType type, const Indices &at) {
  Value offset = constant(0);
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    const int64_t size = dim + 1 == type.getRank() ? BlockPlan::pitchOf(type) : type.getDimSize(dim);
    offset = add(dim == 0 ? offset : mul(offset, size), at[dim]);
  }
  return offset;
}

Value BlockLowering::pointerTo(Value tile) {
  return SharedTileOp::create(b, loc, pointerType(tileType(tile).getElementType()), plan_.offsetOf(tile));
}

Value BlockLowering::pointerTo(Value tile, const Indices &at) {
  Value first = pointerTo(tile);
  return AtOp::create(b, loc, first.getType(), first, linear(tileType(tile), at));
}

Value BlockLowering::elementAt(Value tile, const Indices &at) {
  std::vector<const void *> place;
  for (Value index : at)
    place.push_back(index.getAsOpaquePointer());
  std::pair key(static_cast<const void *>(tile.getAsOpaquePointer()), place);
  if (auto found = known_.find(key); found != known_.end())
    return found->second;
  Value element = plan_.isStored(tile)
                      ? Value(LoadOp::create(b, loc, tileType(tile).getElementType(), pointerTo(tile, at)))
                      : expressionAt(tile, at);
  return known_[key] = element;
}

Value BlockLowering::reshaped(tile::ReshapeOp op, const Indices &at) {
  auto from = tileType(op.getSource()), to = tileType(op.getResult());
  Value element = constant(0);
  for (int64_t dim = 0; dim < to.getRank(); ++dim)
    element = add(mul(element, to.getDimSize(dim)), at[dim]);
  return elementAt(op.getSource(), indicesIn(from.getShape(), element));
}

Value BlockLowering::expressionAt(Value tile, const Indices &at) {
  Type element = tileType(tile).getElementType();
  Operation *op = tile.getDefiningOp();
  if (plan_.isChoice(op)) {
    const unsigned number = cast<OpResult>(tile).getResultNumber();
    auto side = [&](unsigned region) {
      return elementAt(op->getRegion(region).front().getTerminator()->getOperand(number), at);
    };
    return arith::SelectOp::create(b, loc, scalars.lookup(op->getOperand(0)), side(0), side(1));
  }
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](arith::ConstantOp constant) -> Value {
        auto values = cast<DenseElementsAttr>(constant.getValue());
        if (values.isSplat())
          return arith::ConstantOp::create(b, loc, cast<TypedAttr>(values.getSplatValue<Attribute>()));
        Value table = tables_.lookup(tile), place = arith::ConstantIndexOp::create(b, loc, 0);
        for (auto [index, size] : llvm::zip(at, tileType(tile).getShape()))
          place = add(b.createOrFold<arith::MulIOp>(loc, place, arith::ConstantIndexOp::create(b, loc, size)), index);
        return LoadOp::create(b, loc, element, AtOp::create(b, loc, table.getType(), table, place));
      })
      .Case([&](tile::SplatOp splat) { return scalars.lookup(splat.getValue()); })
      .Case([&](tile::IotaOp iota) -> Value { return arith::IndexCastOp::create(b, loc, element, at[iota.getDim()]); })
      .Case([&](tile::ExpandOp expand) {
        Indices source(at);
        source.erase(source.begin() + expand.getDim());
        return elementAt(expand.getSource(), source);
      })
      .Case([&](tile::ReshapeOp reshape) { return reshaped(reshape, at); })
      .Case([&](tile::SliceOp slice) {
        Indices source;
        for (auto [index, offset] : llvm::zip(at, slice.getOffsets()))
          source.push_back(offset ? add(index, constant(offset)) : index);
        return elementAt(slice.getSource(), source);
      })
      .Case([&](tile::TransposeOp transpose) {
        return elementAt(transpose.getSource(), Indices{at[1], at[0]});
      })
      .Default([&](Operation *other) -> Value { // any element-wise op: the same op on scalars
        SmallVector<Value> operands;
        for (Value operand : other->getOperands())
          operands.push_back(isTile(operand) ? elementAt(operand, at) : scalars.lookup(operand));
        return b.create(other->getLoc(), other->getName().getIdentifier(), operands, TypeRange(element), other->getAttrs())
            ->getResult(0);
      });
}

/// Positions in a view: the offsets, and the tile's indices in the dimensions that it has.
BlockLowering::Indices BlockLowering::positionsOf(ValueRange offsets, ArrayRef<int64_t> dropped, const Indices &at) {
  Indices positions;
  size_t next = 0;
  for (auto [dim, offset] : llvm::enumerate(offsets)) {
    Value position = scalars.lookup(offset);
    positions.push_back(llvm::is_contained(dropped, int64_t(dim)) ? position : add(position, at[next++]));
  }
  return positions;
}

template <typename Op> KernelLowering::Access BlockLowering::placeOf(Op op, const Indices &at) {
  const Indices positions = positionsOf(op.getOffsets(), op.getDropped(), at);
  Value lo = op.getLo() ? scalars.lookup(op.getLo()) : Value(), hi = op.getHi() ? scalars.lookup(op.getHi()) : Value();
  return access(scalars.lookup(op.getView()), [&](int64_t dim) { return positions[dim]; }, lo, hi);
}

/// In rows that the op names by their indices.
template <typename Op> KernelLowering::Access BlockLowering::placeOfRow(Op op, const Indices &at) {
  Value row = arith::IndexCastOp::create(b, loc, b.getIndexType(), elementAt(op.getIndices(), Indices{at[0]}));
  SmallVector<int64_t> dropped; // counted from the first dimension, which the indices stand for
  for (int64_t dim : op.getDropped())
    dropped.push_back(dim - 1);
  Indices positions = positionsOf(op.getOffsets(), dropped, Indices(llvm::drop_begin(at)));
  positions.insert(positions.begin(), row);
  return access(scalars.lookup(op.getView()), [&](int64_t dim) { return positions[dim]; }, {}, {});
}

void BlockLowering::writeIf(Value view, const Access &place, function_ref<Value()> value) {
  llvm::SaveAndRestore known(known_);
  KernelLowering::writeIf(view, place, value);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// The rows of a tile in memory: where the first begins, how far it is to the next, which of them are there.
BlockLowering::RowCopy BlockLowering::rowsOf(tile::LoadOp op) {
  Value view = scalars.lookup(op.getView());
  auto type = op.getView().getType();
  RowCopy copy;
  Value offset, end;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    Value position = scalars.lookup(op.getOffsets()[dim]), term = wide(position);
    if (dim + 1 != type.getRank())
      term = arith::MulIOp::create(b, loc, term, stride(view, dim));
    offset = offset ? Value(arith::AddIOp::create(b, loc, offset, term)) : term;
    if (llvm::is_contained(op.getDropped(), dim) || dim + 1 == type.getRank())
      continue; // a dropped dimension is looked at below
    copy.stride = stride(view, dim);
    Value limit = sizeOf(view, dim);
    copy.begin = constant(0);
    if (op.getLo() && dim == 0) {
      limit = arith::MinSIOp::create(b, loc, limit, scalars.lookup(op.getHi()));
      copy.begin = arith::MaxSIOp::create(b, loc, copy.begin,
                                          arith::SubIOp::create(b, loc, scalars.lookup(op.getLo()), position));
    }
    end = arith::SubIOp::create(b, loc, limit, position);
  }
  for (int64_t dim : op.getDropped()) {
    Value inside = compare(CmpIPredicate::ult, scalars.lookup(op.getOffsets()[dim]), sizeOf(view, dim));
    end = arith::SelectOp::create(b, loc, inside, end, constant(0));
  }
  copy.pointer = pointerIn(view, offset);
  copy.end = end;
  return copy;
}

void BlockLowering::copyRows(tile::LoadOp op) {
  auto type = tileType(op.getTile());
  if (type.getRank() == 1) { // one row
    Value first = pointerIn(scalars.lookup(op.getView()), wide(scalars.lookup(op.getOffsets().front())));
    const int64_t size = type.getDimSize(0);
    return call(templated("copy_rows", {1, size, size}), {pointerTo(op.getTile()), first, wide(constant(0)), constant(0), constant(1)});
  }
  RowCopy copy = rowsOf(op);
  call(templated("copy_rows", {type.getDimSize(0), type.getDimSize(1), BlockPlan::pitchOf(type)}),
       {pointerTo(op.getTile()), copy.pointer, copy.stride, copy.begin, copy.end});
}

void BlockLowering::lower(tile::LoadOp op) {
  if (plan_.isDirect(op) || op.getTile().use_empty())
    return;
  beginStage({}, op.getTile());
  if (hasAlignedRows(op))
    return copyRows(op);
  forEachElement(tileType(op.getTile()).getShape(), [&](const Indices &at) {
    StoreOp::create(b, loc, readOrZero(scalars.lookup(op.getView()), placeOf(op, at)), pointerTo(op.getTile(), at));
  });
}

void BlockLowering::lower(tile::GatherOp op) {
  beginStage(op.getIndices(), op.getTile());
  forEachElement(tileType(op.getTile()).getShape(), [&](const Indices &at) {
    StoreOp::create(b, loc, readOrZero(scalars.lookup(op.getView()), placeOfRow(op, at)), pointerTo(op.getTile(), at));
  });
}

void BlockLowering::lower(tile::StoreOp op) {
  Value view = scalars.lookup(op.getView());
  beginStage(op.getTile(), {});
  forEachElement(tileType(op.getTile()).getShape(), [&](const Indices &at) {
    const Access place = placeOf(op, at);
    writeIf(view, place, [&]() -> Value {
      Value element = elementAt(op.getTile(), at);
      if (!op.getAccumulate())
        return element;
      // The same thread adds to an element each time: a block owns what it adds to, and walks a tile's shape in one way.
      Value there = LoadOp::create(b, loc, element.getType(), pointerIn(view, place.offset));
      return arith::AddFOp::create(b, loc, there, element);
    });
  });
}

void BlockLowering::lower(tile::ScatterOp op) {
  beginStage({op.getTile(), op.getIndices()}, {});
  forEachElement(tileType(op.getTile()).getShape(), [&](const Indices &at) {
    writeIf(scalars.lookup(op.getView()), placeOfRow(op, at), [&] { return elementAt(op.getTile(), at); });
  });
}

//===----------------------------------------------------------------------===//
// Products and reductions
//===----------------------------------------------------------------------===//

void BlockLowering::lower(tile::MmaOp op) {
  auto a = tileType(op.getA()), right = tileType(op.getB()), type = tileType(op.getResult());
  const int64_t rows = type.getDimSize(0), columns = type.getDimSize(1), depth = a.getDimSize(1);
  copyInto(op.getAcc(), op.getResult());
  Value sum = pointerTo(op.getResult()), left = pointerTo(op.getA());
  const int64_t pitches[] = {BlockPlan::pitchOf(type), BlockPlan::pitchOf(a), BlockPlan::pitchOf(right)};
  if (auto load = op.getB().getDefiningOp<tile::LoadOp>(); load && plan_.isDirect(load)) {
    beginStage({op.getA(), op.getResult()}, op.getResult());
    RowCopy copy = rowsOf(load);
    return call(templated("multiply_few_rows", {rows, columns, depth, pitches[0], pitches[1]}),
                {sum, left, copy.pointer, copy.stride, copy.begin, copy.end});
  }
  beginStage({op.getA(), op.getB(), op.getResult()}, op.getResult());
  const bool fragments = a.getElementType().isBF16() && rows % 16 == 0 && columns % 8 == 0 && depth % 16 == 0;
  call(templated(fragments ? "multiply_fragments" : "multiply_elements",
                 {rows, columns, depth, op.getTransposeB(), pitches[0], pitches[1], pitches[2]}),
       {sum, left, pointerTo(op.getB())});
}

/// Of every `step`-th element along the dimension, from `begin` on.
Value BlockLowering::reduced(tile::ReduceOp op, const Indices &at, Value begin, int64_t step) {
  const bool isMax = op.getKind() == tile::Reduction::max;
  auto start = isMax ? APFloat::getInf(APFloat::IEEEsingle(), /*Negative=*/true) : APFloat(0.0f);
  Value first = arith::ConstantOp::create(b, loc, b.getFloatAttr(tileType(op.getResult()).getElementType(), start));
  const int64_t size = tileType(op.getSource()).getDimSize(op.getDim());
  OpBuilder::InsertionGuard guard(b);
  llvm::SaveAndRestore outer(known_);
  auto loop = openLoop(begin, constant(size), step, first);
  Indices source(at);
  source.insert(source.begin() + op.getDim(), loop.getInductionVar());
  Value element = elementAt(op.getSource(), source), sum = loop.getRegionIterArg(0);
  scf::YieldOp::create(b, loc, isMax ? Value(arith::MaxNumFOp::create(b, loc, sum, element))
                                     : Value(arith::AddFOp::create(b, loc, sum, element)));
  return loop.getResult(0);
}

/// A warp a row: its lanes take turns on the columns.
void BlockLowering::reduceRows(tile::ReduceOp op) {
  auto type = tileType(op.getResult());
  OpBuilder::InsertionGuard guard(b);
  llvm::SaveAndRestore<decltype(known_)> known(known_, {});
  Value lane = rem(thread(), kWarpThreads);
  Value row = openLoop(div(thread(), kWarpThreads), constant(type.getNumElements()), kBlockThreads / kWarpThreads)
                  .getInductionVar();
  const Indices at = indicesIn(type.getShape(), row);
  const bool isMax = op.getKind() == tile::Reduction::max;
  Value whole = impureCall(isMax ? "warp_max" : "warp_sum", type.getElementType(), reduced(op, at, lane, kWarpThreads));
  guarded(compare(CmpIPredicate::eq, lane, constant(0)), [&] { StoreOp::create(b, loc, whole, pointerTo(op.getResult(), at)); });
}

void BlockLowering::lower(tile::ReduceOp op) {
  auto type = tileType(op.getResult()), from = tileType(op.getSource());
  beginStage(op.getSource(), op.getResult());
  if (int64_t(op.getDim()) + 1 == from.getRank())
    return reduceRows(op);
  forEachElement(type.getShape(), [&](const Indices &at) { // a thread an element of the result
    StoreOp::create(b, loc, reduced(op, at, constant(0), 1), pointerTo(op.getResult(), at));
  });
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

LogicalResult BlockLowering::lower(scf::ForOp op) {
  for (auto [init, argument] : llvm::zip(op.getInits(), op.getRegionIterArgs()))
    if (isHeld(init))
      copyInto(init, argument);
  const LogicalResult result = loopLike(op, [&]() -> LogicalResult {
    barrier(); // what the pass before left is there
    if (failed(lowerBlock(*op.getBody())))
      return failure();
    for (auto [value, argument] : llvm::zip(op.getBody()->getTerminator()->getOperands(), op.getRegionIterArgs()))
      if (isHeld(value))
        copyInto(value, argument);
    return success();
  });
  barrier();
  return result;
}

LogicalResult BlockLowering::lower(scf::IfOp op) {
  if (plan_.isChoice(op)) { // its scalars are computed in any case
    for (Region &region : op->getRegions())
      for (Operation &inner : region.getOps())
        if (!isa<scf::YieldOp>(inner) && !BlockPlan::isExpression(&inner))
          b.clone(inner, scalars);
    return success();
  }
  barrier();
  const LogicalResult result = branchLike(op, [&](Block &side) -> LogicalResult {
    if (failed(lowerBlock(side)))
      return failure();
    for (auto [value, place] : llvm::zip(side.getTerminator()->getOperands(), op.getResults()))
      if (isTile(value))
        copyInto(value, place);
    return success();
  });
  barrier();
  return result;
}

LogicalResult BlockLowering::lowerBlock(Block &source) {
  llvm::SaveAndRestore outer(loc); // what follows the block is not of its last op
  for (Operation &op : source.without_terminator()) {
    loc = op.getLoc();
    LogicalResult result = success();
    llvm::TypeSwitch<Operation *>(&op)
        .Case<scf::ForOp, scf::IfOp>([&](auto control) { result = lower(control); })
        .Case<tile::LoadOp, tile::GatherOp, tile::MmaOp, tile::ReduceOp, tile::StoreOp, tile::ScatterOp, tile::ScalarOp,
              tile::TopkInitOp, tile::TopkUpdateOp, tile::TopkThresholdOp>([&](auto stage) { lower(stage); })
        .Default([&](Operation *other) {
          auto constant = dyn_cast<arith::ConstantOp>(other);
          if (auto values = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : nullptr; values && !values.isSplat())
            tables_[constant] = TableOp::create(b, loc, pointerType(values.getElementType()), values);
          if (!BlockPlan::isExpression(other))
            b.clone(*other, scalars);
          else if (plan_.isStored(other->getResult(0)))
            keep(other->getResult(0));
        });
    if (failed(result))
      return failure();
    if (&op == waitsAfter_)
      waitBehind(&op, b, loc, scalars);
  }
  return success();
}
