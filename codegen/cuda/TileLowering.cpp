// Tiles to threads, the value half: what one thread holds of a tile, products, reductions, stores.
#include "codegen/cuda/TileLowering.h"

using namespace mlir;
using namespace longc;
using namespace longc::cuda;
using arith::CmpIPredicate;

namespace {

constexpr int64_t kWarpLanes = 32;

/// Registers a thread needs for a tile.
int64_t registerCount(RankedTensorType type) {
  switch (*layoutOf(type)) {
  case Layout::row:
    return 2;
  case Layout::column:
    return type.getDimSize(0) / 4;
  default:
    return type.getDimSize(1) / 2;
  }
}

/// The one value of a tile made by a splat constant; null otherwise.
TypedAttr splatOf(Value tile) {
  auto constant = tile.getDefiningOp<arith::ConstantOp>();
  return constant ? cast<TypedAttr>(cast<DenseElementsAttr>(constant.getValue()).getSplatValue<Attribute>()) : TypedAttr();
}

bool isZero(Value tile) {
  auto value = dyn_cast_or_null<FloatAttr>(splatOf(tile));
  return value && value.getValue().isPosZero();
}

} // namespace

Value TileLowering::declare(StringRef name, Value tile) {
  return declare(name, registerCount(tileType(tile)), tileType(tile).getElementType());
}

void TileLowering::fill(Value registers, Value tile) {
  const Layout layout = *layoutOf(tile.getType());
  unrolled(registerCount(tileType(tile)), [&](Value index) {
    Point point = pointAt(layout, index);
    set(scalarAt(tile, point), registers, index);
  });
}

Value TileLowering::materialise(StringRef name, Value tile) {
  Value registers = declare(name, tile);
  fill(registers, tile);
  registers_[tile] = registers;
  return registers;
}

/// Whether a tile is computed where it is used instead of being kept in registers: it costs nothing, or all its uses
/// end in one op of the same block, which asks for each element once. Row vectors are kept: two registers save
/// recomputing them for every element.
bool TileLowering::isInlined(Operation *op) {
  if (isa<arith::ConstantOp, tile::SplatOp, tile::IotaOp, tile::ExpandOp>(op))
    return true;
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (type.getRank() == 2 && !type.getElementType().isF32() && !isa<tile::LoadOp>(op))
    return true; // masks, indices, rounded copies
  if (type.getRank() == 1 && !isa<tile::LoadOp>(op))
    return false;
  return endOf(op) != nullptr;
}

/// The one op in which all uses of a tile end, through inlined ops; null when there are several or it lies elsewhere.
Operation *TileLowering::endOf(Operation *op) {
  auto [found, isNew] = ends_.try_emplace(op, nullptr);
  if (!isNew)
    return found->second;
  Operation *end = nullptr;
  for (Operation *user : op->getUsers()) {
    const bool passes = user->getNumResults() == 1 && user->getNumRegions() == 0 &&
                        (isa<tile::ExpandOp>(user) || OpTrait::hasElementwiseMappableTraits(user)) && isInlined(user);
    Operation *reached = user->getBlock() != op->getBlock() ? nullptr : passes ? endOf(user) : user;
    if (!reached || (end && end != reached))
      return nullptr;
    end = reached;
  }
  return ends_[op] = end;
}

Point TileLowering::pointAt(Layout layout, Value index) {
  return Point(layout == Layout::row      ? Point::rowElement
               : layout == Layout::column ? Point::columnElement
                                          : Point::fragmentElement,
               index);
}

Value TileLowering::rowRegister(Point &point) {
  if (!point.rowRegister)
    point.rowRegister = point.kind == Point::rowElement ? point.index : rem(div(point.index, 2), 2);
  return point.rowRegister;
}

Value TileLowering::columnRegister(Point &point) {
  if (!point.columnRegister)
    point.columnRegister = point.kind == Point::columnElement
                               ? point.index
                               : add(mul(div(point.index, 4), 2), rem(point.index, 2));
  return point.columnRegister;
}

Value TileLowering::row(Point &point) {
  if (!point.row) {
    Value element = point.kind == Point::rowElement ? mul(point.index, 2) : point.index;
    point.row = add(rowBase, pureCall("fragment_row", b.getIndexType(), element));
  }
  return point.row;
}

Value TileLowering::column(Point &point) {
  if (!point.column) {
    Value element = point.kind == Point::columnElement ? add(mul(div(point.index, 2), 4), rem(point.index, 2)) : point.index;
    point.column = pureCall("fragment_column", b.getIndexType(), element);
  }
  return point.column;
}

Value TileLowering::scalarAt(Value tile, Point &point) {
  Value &known = point.known[tile];
  if (!known) {
    Value made = makeScalar(tile, point); // may grow the map
    point.known[tile] = made;
    return made;
  }
  return known;
}

Value TileLowering::makeScalar(Value tile, Point &point) {
  const Layout layout = *layoutOf(tile.getType());
  if (Value registers = registers_.lookup(tile))
    return get(registers, layout == Layout::row      ? rowRegister(point)
                          : layout == Layout::column ? columnRegister(point)
                                                     : point.index);
  if (TypedAttr splat = splatOf(tile))
    return arith::ConstantOp::create(b, loc, splat);
  Operation *op = tile.getDefiningOp();
  if (auto splat = dyn_cast<tile::SplatOp>(op))
    return scalars.lookup(splat.getValue());
  if (auto iota = dyn_cast<tile::IotaOp>(op)) {
    Value coordinate = layout == Layout::row || (layout == Layout::fragment && iota.getDim() == 0) ? row(point)
                                                                                                  : column(point);
    return arith::IndexCastOp::create(b, loc, tileType(tile).getElementType(), coordinate);
  }
  if (auto expand = dyn_cast<tile::ExpandOp>(op))
    return scalarAt(expand.getSource(), point);
  if (Value held = held_.lookup(tile)) {
    Value number = columnRegister(point);
    return impureCall("column_of", tileType(tile).getElementType(), {get(held, div(number, 8)), number});
  }
  if (auto load = dyn_cast<tile::LoadOp>(op))
    return loadAt(load, layout == Layout::column ? Value() : row(point), layout == Layout::row ? Value() : column(point));
  // Any element-wise op: the same op on scalars. What it means is the emitter's table's business alone.
  SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(isa<RankedTensorType>(operand.getType()) ? scalarAt(operand, point) : scalars.lookup(operand));
  return b
      .create(op->getLoc(), op->getName().getIdentifier(), operands, TypeRange(tileType(tile).getElementType()),
              op->getAttrs())
      ->getResult(0);
}

/// A value as f32; a rounding to bf16 is left to the packing instruction that follows.
Value TileLowering::f32At(Value tile, Point &point) {
  if (auto round = tile.getDefiningOp<arith::TruncFOp>(); round && !registers_.contains(tile))
    return scalarAt(round.getIn(), point);
  Value value = scalarAt(tile, point);
  return value.getType().isF32() ? value : Value(arith::ExtFOp::create(b, loc, b.getF32Type(), value));
}

template <typename Op> TileLowering::Access TileLowering::access(Op op, Type tile, Value row, Value column) {
  auto view = cast<tile::ViewType>(op.getView().getType());
  const Layout layout = *layoutOf(tile);
  SmallVector<Value> coordinates{row, column};
  if (layout != Layout::fragment)
    coordinates = {layout == Layout::row ? row : column};
  Access result;
  unsigned next = 0;
  Value viewValue = scalars.lookup(op.getView());
  for (int64_t dim = 0; dim < view.getRank(); ++dim) {
    Value position = scalars.lookup(op.getOffsets()[dim]);
    if (!llvm::is_contained(op.getDropped(), dim))
      position = add(position, coordinates[next++]);
    result.inRange = both(result.inRange, compare(CmpIPredicate::slt, position, sizeOf(viewValue, dim)));
    if (dim == 0 && op.getLo()) {
      if (op.getLo() != op.getOffsets()[0])
        result.inRange = both(result.inRange, compare(CmpIPredicate::sge, position, scalars.lookup(op.getLo())));
      result.inRange = both(result.inRange, compare(CmpIPredicate::slt, position, scalars.lookup(op.getHi())));
    }
    Value term = wide(position);
    if (dim + 1 != view.getRank())
      term = arith::MulIOp::create(b, loc, term, stride(viewValue, dim));
    result.offset = result.offset ? Value(arith::AddIOp::create(b, loc, result.offset, term)) : term;
  }
  return result;
}

/// Whether a warp holds a vector over columns once, its lanes a part each: one that a loop reads anew in each pass, and reads at places
/// that all lanes come to. A thread would load each of its columns by itself.
bool TileLowering::isHeldByWarp(Operation *op) {
  auto load = dyn_cast<tile::LoadOp>(op);
  if (!load || !isa<scf::ForOp>(op->getParentOp()) || *layoutOf(load.getTile().getType()) != Layout::column)
    return false;
  auto type = tileType(load.getTile());
  Operation *end = endOf(op);
  return type.getElementTypeBitWidth() == 32 && type.getDimSize(0) % kWarpLanes == 0 && end && !isa<tile::StoreOp>(end);
}

void TileLowering::holdByWarp(tile::LoadOp op) {
  const int64_t count = tileType(op.getTile()).getDimSize(0) / kWarpLanes;
  Value held = held_[op.getTile()] = declare("held", count, tileType(op.getTile()).getElementType());
  unrolled(count, [&](Value number) {
    set(loadAt(op, {}, add(mul(number, kWarpLanes), rem(threadIndex(), kWarpLanes))), held, number);
  });
}

Value TileLowering::loadAt(tile::LoadOp op, Value row, Value column) {
  return readOrZero(scalars.lookup(op.getView()), access(op, op.getTile().getType(), row, column));
}

/// Whether a tile is nothing but the left operand of products: it is packed where it is made, which frees its floats.
bool TileLowering::isLeftOperand(Operation *op) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  return type.getRank() == 2 && type.getElementType().isBF16() && llvm::all_of(op->getUses(), [&](OpOperand &use) {
           return isa<tile::MmaOp>(use.getOwner()) && use.getOperandNumber() == 0 &&
                  use.getOwner()->getBlock() == op->getBlock();
         });
}

/// The accumulator's registers, packed in pairs, are the left operand's: no shuffle.
Value TileLowering::pack(Value tile) {
  const int64_t pairs = tileType(tile).getDimSize(1) / 4;
  Value packed = declare("operand", pairs, b.getI32Type());
  unrolled(pairs / 2, [&](Value quad) { // two columns of two rows: what goes by column is the same
    SmallVector<Point, 4> points;
    for (int64_t i = 0; i < 4; ++i)
      points.emplace_back(Point::fragmentElement, add(mul(quad, 4), i));
    for (int64_t i = 0; i < 4; i += 2) {
      Value first = f32At(tile, points[i]), second = f32At(tile, points[i + 1]);
      set(pureCall("cvt_bf16x2", b.getI32Type(), {first, second}), packed, add(mul(quad, 2), i / 2));
      for (int64_t j = 0; i == 0 && j < 2; ++j)
        for (auto [known, scalar] : points[j].known)
          if (layoutOf(known.getType()) == Layout::column)
            points[2 + j].known[known] = scalar;
    }
  });
  return packed_[tile] = packed;
}

void TileLowering::lower(tile::MmaOp op) {
  auto type = tileType(op.getResult());
  const int64_t columns = type.getDimSize(1), depth = tileType(op.getA()).getDimSize(1);
  const bool fresh = isZero(op.getAcc()), fromShared = layoutOf(op.getA().getType()) == Layout::shared;
  Value product = declare("product", op.getResult());
  if (!fresh)
    fill(product, op.getAcc());
  Value left;
  if (!fromShared)
    left = packed_.contains(op.getA()) ? packed_[op.getA()] : pack(op.getA());
  const SharedTile &right = shared_[op.getB()];
  const int64_t rightRows = tileType(op.getB()).getDimSize(0);
  const std::string shape = "wgmma_m64n" + std::to_string(columns) + "k16";
  Value zero = constant(0);
  call("register_fence", product);
  call("wgmma_fence");
  unrolled(depth / 16, [&](Value step) {
    auto descriptor = [&](Value address, int64_t leading) {
      return pureCall("wgmma_descriptor", b.getI64Type(), {address, constant(leading)});
    };
    // Along the contraction: 16 columns are 32 bytes of a row, 64 fill a box.
    auto alongRow = [&](Value address, int64_t rows) {
      return add(add(address, mul(div(step, 4), rows * 128)), mul(rem(step, 4), 32));
    };
    Value b1 = op.getTransposeB() ? descriptor(alongRow(right.address, rightRows), 0)
                                  : descriptor(add(right.address, mul(step, 2048)), rightRows * 128);
    Value accumulate = fresh ? compare(CmpIPredicate::ne, step, zero)
                             : Value(arith::ConstantIntOp::create(b, loc, b.getI1Type(), 1));
    const char *transpose = op.getTransposeB() ? "0" : "1";
    if (fromShared && op.getA().getDefiningOp<tile::TransposeOp>()) { // a warpgroup's 64 rows are a box of columns
      Value box = add(shared_[op.getA()].address, mul(warpgroup, depth * 128));
      Value a1 = descriptor(add(box, mul(step, 2048)), depth * 128);
      call(shape + "_ss<1, " + transpose + ">", {product, a1, b1, accumulate});
    } else if (fromShared) {
      Value rows = add(shared_[op.getA()].address, mul(rowBase, 128));
      Value a1 = descriptor(alongRow(rows, tileType(op.getA()).getDimSize(0)), 0);
      call(shape + "_ss<0, " + transpose + ">", {product, a1, b1, accumulate});
    } else {
      SmallVector<Value> arguments{product};
      for (int64_t i = 0; i < 4; ++i)
        arguments.push_back(get(left, add(mul(step, 4), i)));
      arguments.append({b1, accumulate});
      call(shape + "_rs<" + transpose + ">", arguments);
    }
  });
  call("wgmma_commit_group");
  call("wgmma_wait_group<0>");
  call("register_fence", product);
  registers_[op.getResult()] = product;
}

void TileLowering::lower(tile::ReduceOp op) {
  Value source = op.getSource();
  auto type = tileType(op.getResult());
  const bool isMax = op.getKind() == tile::Reduction::max;
  auto combine = [&](Value x, Value y) -> Value {
    return isMax ? Value(arith::MaxNumFOp::create(b, loc, x, y)) : Value(arith::AddFOp::create(b, loc, x, y));
  };
  Value result = declare("reduced", op.getResult());
  unrolled(2, [&](Value r) {
    auto start = isMax ? APFloat::getInf(APFloat::IEEEsingle(), /*Negative=*/true) : APFloat(0.0f);
    set(arith::ConstantOp::create(b, loc, b.getFloatAttr(type.getElementType(), start)), result, r);
  });
  unrolled(registerCount(tileType(source)), [&](Value index) {
    Point point = pointAt(Layout::fragment, index);
    Value value = scalarAt(source, point);
    set(combine(get(result, rowRegister(point)), value), result, rowRegister(point));
  });
  registers_[op.getResult()] = result;
  if (op->hasAttr(kPartialAttribute))
    return;
  unrolled(2, [&](Value r) { // the four threads of a quad share a row
    Value value = get(result, r);
    for (int64_t lanes : {1, 2})
      value = combine(value, impureCall("shfl_xor", value.getType(), {value, constant(lanes)}));
    set(value, result, r);
  });
}

LogicalResult TileLowering::lower(tile::StoreOp op) {
  auto type = tileType(op.getTile());
  auto view = op.getView().getType();
  const Layout layout = *layoutOf(type);
  if (layout == Layout::column)
    return op.emitOpError("cannot be compiled for CUDA yet: a tile that goes by column is stored");
  if (op.getAccumulate())
    return op.emitOpError("cannot be compiled for CUDA yet: a store accumulates");
  if (layout == Layout::fragment && llvm::is_contained(op.getDropped(), view.getRank() - 1))
    return op.emitOpError("cannot be compiled for CUDA yet: the tile's columns are not the view's last dimension");
  if (layout == Layout::fragment && type.getElementType().isBF16() && type.getDimSize(1) % 64 == 0 && hasColumnsOf(op.getView(), 8))
    storeStaged(op);
  else if (layout != Layout::fragment || !storeFloats(op))
    storeDirect(op);
  return success();
}

/// Through shared memory, 64 columns at a time, so that a thread writes 16 contiguous bytes.
void TileLowering::storeStaged(tile::StoreOp op) {
  auto type = tileType(op.getTile());
  Value staging = add(base, add(mul(warpgroup, 64 * 64 * 2), stagingOffset));
  Value barrier = add(warpgroup, 1), threads = constant(128);
  unrolled(type.getDimSize(1) / 64, [&](Value box) {
    call("bar_sync", {barrier, threads});
    unrolled(4, [&](Value group) { // 16 columns: four 8x8 matrices a warp
      SmallVector<Value> arguments;
      Value lane = rem(threadIndex(), 32), warpRow = mul(div(rem(threadIndex(), 128), 32), 16);
      Value inBox = pureCall("swizzle128", b.getIndexType(),
                             {add(warpRow, rem(lane, 16)), add(mul(group, 16), mul(div(lane, 16), 8))});
      arguments.push_back(add(staging, inBox));
      Value first = add(mul(box, 32), mul(group, 8));
      for (int64_t i = 0; i < 8; i += 2) {
        Point low(Point::fragmentElement, add(first, i)), high(Point::fragmentElement, add(first, i + 1));
        Value x = f32At(op.getTile(), low), y = f32At(op.getTile(), high);
        arguments.push_back(pureCall("cvt_bf16x2", b.getI32Type(), {x, y}));
      }
      call("stmatrix_x4", arguments);
    });
    call("bar_sync", {barrier, threads});
    unrolled(4, [&](Value pass) {
      Value thread = rem(threadIndex(), 128);
      Value column = mul(rem(thread, 8), 8), row = add(mul(pass, 16), div(thread, 8));
      Access place = access(op, type, add(rowBase, row), add(mul(box, 64), column));
      guarded(place.inRange, [&] {
        Value pointer = ElementOp::create(b, loc, PointerType::get(b.getContext(), type.getElementType()),
                                          scalars.lookup(op.getView()), place.offset);
        Value source = add(staging, pureCall("swizzle128", b.getIndexType(), {row, column}));
        Value chunk = impureCall("ld_shared_v4", VectorType::get({4}, b.getI32Type()), source);
        call("st_global_v4", {pointer, chunk});
      });
    });
  });
}

/// Element by element from the registers.
void TileLowering::storeDirect(tile::StoreOp op) {
  auto type = tileType(op.getTile());
  const Layout layout = *layoutOf(type);
  unrolled(registerCount(type), [&](Value index) {
    Point point = pointAt(layout, index);
    Value value = scalarAt(op.getTile(), point);
    Access place = access(op, type, row(point), layout == Layout::row ? Value() : column(point));
    if (layout == Layout::row) // one thread of the quad that shares the row
      place.inRange = both(place.inRange, compare(CmpIPredicate::eq, rem(threadIndex(), 4), constant(0)));
    guarded(place.inRange, [&] {
      Value pointer = ElementOp::create(b, loc, PointerType::get(b.getContext(), type.getElementType()),
                                        scalars.lookup(op.getView()), place.offset);
      StoreOp::create(b, loc, value, pointer);
    });
  });
}

template TileLowering::Access TileLowering::access(tile::LoadOp, Type, Value, Value);
template TileLowering::Access TileLowering::access(tile::StoreOp, Type, Value, Value);
