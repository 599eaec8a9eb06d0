// Stores of f32 tiles: through shared memory, 32 columns at a time, so that eight threads write a line of a row. Element by element
// from a fragment, an instruction touches eight lines for 128 bytes, and the end of a product takes longer than the product.
#include "codegen/cuda/TileLowering.h"

using namespace mlir;
using namespace longc;
using namespace longc::cuda;

namespace {

constexpr int64_t boxColumns = 32, passes = 4, passRows = 16, chunk = 4, floats = passes * chunk;
constexpr size_t mostTurned = 2, mostRead = 4; // what is in registers at once

// Bytes of a float4: the view's rows begin at multiples of them.
bool hasWholeChunks(Value view) { return hasColumnsOf(view, chunk); }

} // namespace

/// What a stored value is made of, element by element: tiles in fragments, and tiles of memory.
struct TileLowering::Leaves {
  SmallVector<Value> turned;
  SmallVector<tile::LoadOp> read;
};

/// A tile of memory that is read where it is used, and can be by rows as well.
bool TileLowering::isReadByRows(Value tile, Type stored) {
  auto load = tile.getDefiningOp<tile::LoadOp>();
  if (!load || tile.getType() != stored || registers_.contains(tile) || !isInlined(load))
    return false;
  auto view = load.getView().getType();
  return view.getElementType().isF32() && hasWholeChunks(load.getView()) && !llvm::is_contained(load.getDropped(), view.getRank() - 1);
}

/// Whether such a tile goes into another.
bool TileLowering::readsRows(Value tile, Type stored) {
  if (isReadByRows(tile, stored))
    return true;
  Operation *op = tile.getDefiningOp();
  return op && !registers_.contains(tile) && OpTrait::hasElementwiseMappableTraits(op) &&
         llvm::any_of(op->getOperands(), [&](Value operand) { return readsRows(operand, stored); });
}

void TileLowering::findLeaves(Value tile, Type stored, Leaves &leaves) {
  if (isReadByRows(tile, stored)) {
    if (auto load = tile.getDefiningOp<tile::LoadOp>(); !llvm::is_contained(leaves.read, load))
      leaves.read.push_back(load);
  } else if (readsRows(tile, stored)) {
    for (Value operand : tile.getDefiningOp()->getOperands())
      if (isa<RankedTensorType>(operand.getType()))
        findLeaves(operand, stored, leaves);
  } else if (!tile.getDefiningOp<arith::ConstantOp>() && !tile.getDefiningOp<tile::SplatOp>() && !llvm::is_contained(leaves.turned, tile)) {
    leaves.turned.push_back(tile);
  }
}

/// Four chunks of a box of 32 columns: of a row in each pass, as the thread stores them.
Value TileLowering::readRows(tile::LoadOp load, Value box) {
  Value array = declare("read", floats, b.getF32Type());
  unrolled(passes, [&](Value pass) {
    auto [row, column] = chunkOf(pass);
    Access place = access(load, load.getTile().getType(), add(rowBase, row), add(mul(box, boxColumns), column));
    Value pointer = ElementOp::create(b, loc, PointerType::get(b.getContext(), b.getF32Type()), scalars.lookup(load.getView()), place.offset);
    call("ld_global_f32x4", {array, mul(pass, chunk), pointer, place.inRange});
  });
  return array;
}

/// The same of a tile in fragments.
Value TileLowering::turnToRows(Value tile, Value box) {
  Value staging = add(base, add(mul(warpgroup, 64 * boxColumns * 4), stagingOffset)), barrier = add(warpgroup, 1), threads = constant(128);
  call("bar_sync", {barrier, threads});
  unrolled(boxColumns / 4, [&](Value pair) {
    Value inBox = mul(pair, 2), first = add(mul(box, boxColumns / 2), inBox);
    Point low(Point::fragmentElement, first), high(Point::fragmentElement, add(first, 1));
    Value x = scalarAt(tile, low), y = scalarAt(tile, high);
    call("st_shared_f32x2", {add(staging, pureCall("fragment_place", b.getIndexType(), inBox)), x, y});
  });
  call("bar_sync", {barrier, threads});
  Value array = declare("turned", floats, b.getF32Type());
  unrolled(passes, [&](Value pass) {
    auto [row, column] = chunkOf(pass);
    call("ld_shared_f32x4", {array, mul(pass, chunk), add(staging, pureCall("swizzle128", b.getIndexType(), {row, mul(column, 2)}))});
  });
  return array;
}

/// Row of a warpgroup's 64 and column of a box where a thread's chunk of a pass begins.
std::pair<Value, Value> TileLowering::chunkOf(Value pass) {
  Value thread = rem(threadIndex(), 128);
  return {add(mul(pass, passRows), div(thread, boxColumns / chunk)), mul(rem(thread, boxColumns / chunk), chunk)};
}

/// False where the value or the memory does not fit.
bool TileLowering::storeFloats(tile::StoreOp op) {
  auto type = tileType(op.getTile());
  if (!type.getElementType().isF32() || type.getDimSize(1) % boxColumns != 0 || !hasWholeChunks(op.getView()))
    return false;
  Leaves leaves;
  findLeaves(op.getTile(), type, leaves);
  if (leaves.turned.size() > mostTurned || leaves.read.size() > mostRead)
    return false;
  unrolled(type.getDimSize(1) / boxColumns, [&](Value box) {
    SmallVector<std::pair<Value, Value>> arrays; // of each leaf; memory first, so that it is on its way
    for (tile::LoadOp load : leaves.read)
      arrays.emplace_back(load.getTile(), readRows(load, box));
    for (Value tile : leaves.turned)
      arrays.emplace_back(tile, turnToRows(tile, box));
    Value stored = declare("stored", floats, b.getF32Type());
    unrolled(floats, [&](Value index) {
      Point point(Point::fragmentElement, index);
      for (auto [tile, array] : arrays)
        point.known[tile] = get(array, index);
      set(scalarAt(op.getTile(), point), stored, index);
    });
    unrolled(passes, [&](Value pass) {
      auto [row, column] = chunkOf(pass);
      Access place = access(op, type, add(rowBase, row), add(mul(box, boxColumns), column));
      guarded(place.inRange, [&] {
        Value pointer = ElementOp::create(b, loc, PointerType::get(b.getContext(), b.getF32Type()), scalars.lookup(op.getView()), place.offset);
        call("st_global_f32x4", {pointer, stored, mul(pass, chunk)});
      });
    });
  });
  return true;
}
