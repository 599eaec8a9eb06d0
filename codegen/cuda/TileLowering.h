// Lowering of one kernel's tiles to registers of a thread: shared by LowerTiles.cpp (control, rings) and
// TileLowering.cpp (values).
#pragma once

#include "codegen/cuda/KernelLowering.h"

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

class TileLowering : public KernelLowering {
public:
  using KernelLowering::KernelLowering;

  mlir::LogicalResult lowerBlock(mlir::Block &source);

  llvm::DenseMap<mlir::Value, RingPlace> rings;
  mlir::Value base, warpgroup, rowBase; // shared base; which consumer; first row it owns
  int64_t stagingOffset = 0, drawRing = 0;
  bool producer = false; // the role that is lowered

  mlir::Value threadIndex() { return pureCall("thread_index", b.getIndexType()); }
  mlir::Value symbol(llvm::StringRef name) { return pureCall(name, b.getI64Type()); }

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
  using KernelLowering::declare, KernelLowering::lower;
  mlir::Value declare(llvm::StringRef name, mlir::Value tile);
  /// Writes a tile's elements into an array.
  void fill(mlir::Value registers, mlir::Value tile);
  mlir::Value materialise(llvm::StringRef name, mlir::Value tile);

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

  template <typename Op> Access access(Op op, mlir::Type tileType, mlir::Value row, mlir::Value column);

  llvm::DenseMap<mlir::Value, mlir::Value> registers_; // tile -> its array
  llvm::DenseMap<mlir::Value, mlir::Value> packed_;    // left operand of a product -> its array of pairs
  llvm::DenseMap<mlir::Value, mlir::Value> held_;      // vector over columns -> its array, of which the warp's lanes have a part each
  llvm::DenseMap<mlir::Value, SharedTile> shared_;
  llvm::DenseMap<mlir::Operation *, mlir::Operation *> ends_;
};

} // namespace longc::cuda
