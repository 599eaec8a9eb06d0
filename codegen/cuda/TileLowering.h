// Lowering of one kernel's tiles to registers of a thread: shared by LowerTiles.cpp (control, rings) and
// TileLowering.cpp (values).
#pragma once

#include "codegen/cuda/CudaDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

namespace longc::cuda {

/// Place of a ring in shared memory; offsets from the block's base.
struct RingPlace {
  int64_t tiles = 0, tileBytes = 0, full = 0, empty = 0, stages = 1;
  mlir::Value stageCount; // the number of stages by name
  mlir::Value counter;    // registers<1 x index>: how many stages this role has passed
};

/// A tile in shared memory and the barrier that gives it back.
struct SharedTile {
  mlir::Value address, emptyBarrier;
};

/// One element of a tile as a thread sees it; values are made when first asked for.
class Point {
public:
  enum Kind { fragmentElement, rowElement, columnElement };
  Point(Kind kind, mlir::Value index) : kind(kind), index(index) {}
  Kind kind;
  mlir::Value index;                            // of the register array the point walks over
  mlir::Value rowRegister, columnRegister;      // indices into row and column arrays
  mlir::Value row, column;                      // coordinates in the block's tile
  llvm::DenseMap<mlir::Value, mlir::Value> known; // tile -> its scalar at this point
};

class TileLowering {
public:
  TileLowering(mlir::OpBuilder &builder, mlir::Location loc) : b(builder), loc(loc) {}

  mlir::LogicalResult lowerBlock(mlir::Block &source);

  mlir::IRMapping scalars;
  llvm::DenseMap<mlir::Value, RingPlace> rings;
  mlir::Value base, warpgroup, rowBase; // shared base; which consumer; first row it owns
  int64_t stagingOffset = 0, drawRing = 0;
  bool producer = false; // the role that is lowered

  // Arithmetic on block-uniform and per-thread integers, folded where it is constant.
  mlir::Value constant(int64_t value) { return mlir::arith::ConstantIndexOp::create(b, loc, value); }
  mlir::Value add(mlir::Value x, mlir::Value y) { return b.createOrFold<mlir::arith::AddIOp>(loc, x, y); }
  mlir::Value sub(mlir::Value x, mlir::Value y) { return b.createOrFold<mlir::arith::SubIOp>(loc, x, y); }
  mlir::Value mul(mlir::Value x, mlir::Value y) { return b.createOrFold<mlir::arith::MulIOp>(loc, x, y); }
  mlir::Value add(mlir::Value x, int64_t y) { return y ? add(x, constant(y)) : x; }
  mlir::Value mul(mlir::Value x, int64_t y) { return y == 1 ? x : mul(x, constant(y)); }
  mlir::Value div(mlir::Value x, int64_t y) { return b.createOrFold<mlir::arith::DivSIOp>(loc, x, constant(y)); }
  mlir::Value rem(mlir::Value x, int64_t y) {
    return y == 1 ? constant(0) : b.createOrFold<mlir::arith::RemSIOp>(loc, x, constant(y));
  }
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, mlir::Value x, mlir::Value y) {
    return mlir::arith::CmpIOp::create(b, loc, predicate, x, y);
  }
  mlir::Value both(mlir::Value x, mlir::Value y) {
    return x && y ? mlir::Value(mlir::arith::AndIOp::create(b, loc, x, y)) : x ? x : y;
  }
  void call(llvm::StringRef callee, mlir::ValueRange arguments = {}) {
    CallOp::create(b, loc, mlir::TypeRange(), callee, arguments, false);
  }
  mlir::Value pureCall(llvm::StringRef callee, mlir::Type type, mlir::ValueRange arguments = {}) {
    return CallOp::create(b, loc, mlir::TypeRange(type), callee, arguments, true).getResult();
  }
  mlir::Value impureCall(llvm::StringRef callee, mlir::Type type, mlir::ValueRange arguments = {}) {
    return CallOp::create(b, loc, mlir::TypeRange(type), callee, arguments, false).getResult();
  }
  mlir::Value threadIndex() { return pureCall("thread_index", b.getIndexType()); }
  mlir::Value symbol(llvm::StringRef name) { return pureCall(name, b.getI64Type()); }
  /// Runs `body` under a condition, or under none.
  void guarded(mlir::Value condition, llvm::function_ref<void()> body);
  void unrolled(int64_t count, llvm::function_ref<void(mlir::Value)> body);

private:
  // Rings (LowerTiles.cpp).
  std::pair<mlir::Value, mlir::Value> stageAndPhase(const RingPlace &ring, mlir::Value count);
  void lower(ProduceOp op);
  void lower(AcquireOp op);
  void lower(ReleaseOp op);
  mlir::LogicalResult lower(DrawOp op);
  mlir::LogicalResult lower(mlir::scf::ForOp op);
  mlir::LogicalResult lower(mlir::scf::IfOp op);
  bool mayCarryInPlace(mlir::scf::ForOp op, mlir::Value init);
  mlir::Value takenOver(mlir::scf::IfOp op, unsigned result);

  // Values (TileLowering.cpp).
  void lower(tile::MmaOp op);
  void lower(tile::ReduceOp op);
  mlir::LogicalResult lower(tile::StoreOp op);
  void lower(tile::ScalarOp op);
  void storeStaged(tile::StoreOp op);
  void storeDirect(tile::StoreOp op);
  // Of f32 (StoreFloats.cpp).
  struct Leaves;
  bool storeFloats(tile::StoreOp op);
  bool isReadByRows(mlir::Value tile, mlir::Type stored);
  bool readsRows(mlir::Value tile, mlir::Type stored);
  void findLeaves(mlir::Value tile, mlir::Type stored, Leaves &leaves);
  mlir::Value readRows(tile::LoadOp load, mlir::Value box);
  mlir::Value turnToRows(mlir::Value tile, mlir::Value box);
  std::pair<mlir::Value, mlir::Value> chunkOf(mlir::Value pass);
  bool isInlined(mlir::Operation *op);
  mlir::Operation *endOf(mlir::Operation *op);
  bool isLeftOperand(mlir::Operation *op);
  mlir::Value pack(mlir::Value tile);
  mlir::Value declare(llvm::StringRef name, mlir::Value tile);
  mlir::Value declare(llvm::StringRef name, int64_t count, mlir::Type element);
  /// Writes a tile's elements into an array.
  void fill(mlir::Value registers, mlir::Value tile);
  mlir::Value materialise(llvm::StringRef name, mlir::Value tile);
  mlir::Value get(mlir::Value registers, mlir::Value index) {
    return GetOp::create(b, loc, mlir::cast<RegistersType>(registers.getType()).getElementType(), registers, index);
  }
  void set(mlir::Value value, mlir::Value registers, mlir::Value index) {
    SetOp::create(b, loc, value, registers, index);
  }

  Point pointAt(Layout layout, mlir::Value index);
  mlir::Value rowRegister(Point &point);
  mlir::Value columnRegister(Point &point);
  mlir::Value row(Point &point);
  mlir::Value column(Point &point);
  mlir::Value scalarAt(mlir::Value tile, Point &point);
  mlir::Value makeScalar(mlir::Value tile, Point &point);
  mlir::Value loadAt(tile::LoadOp op, mlir::Value row, mlir::Value column);
  bool isHeldByWarp(mlir::Operation *op);
  void holdByWarp(tile::LoadOp op);
  mlir::Value f32At(mlir::Value tile, Point &point);

  /// Coordinates of an element in a view, whether they are in range, and its address.
  struct Access {
    mlir::Value inRange, offset;
  };
  mlir::Value stride(mlir::Value view, int64_t dim) { return StrideOp::create(b, loc, b.getI64Type(), view, dim); }
  template <typename Op> Access access(Op op, mlir::Type tileType, mlir::Value row, mlir::Value column);

  mlir::OpBuilder &b;
  mlir::Location loc;
  llvm::DenseMap<mlir::Value, mlir::Value> registers_; // tile -> its array
  llvm::DenseMap<mlir::Value, mlir::Value> packed_;    // left operand of a product -> its array of pairs
  llvm::DenseMap<mlir::Value, mlir::Value> held_;      // vector over columns -> its array, of which the warp's lanes have a part each
  llvm::DenseMap<mlir::Value, SharedTile> shared_;
  llvm::DenseMap<mlir::Operation *, mlir::Operation *> ends_;
};

} // namespace longc::cuda
