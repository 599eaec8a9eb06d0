// How many rows of each tile matter: tiles whose rows correspond share one bound, taken from what is stored of them.
#pragma once

#include "dialects/tile/TileDialect.h"

#include "llvm/ADT/EquivalenceClasses.h"

namespace longc::cpu {

// Rows of a tile along dimension 0; of a selection, its rows. 0 for anything else.
int64_t rowsOf(mlir::Value tile);

class RowBounds {
public:
  explicit RowBounds(tile::KernelOp kernel);

  // Values with the same answer have corresponding rows. Null for values without rows.
  const void *classOf(mlir::Value tile) const;
  // The stores that bound the tile's class; empty when all rows matter.
  llvm::ArrayRef<tile::StoreOp> storesOf(mlir::Value tile) const;

private:
  void visit(mlir::Operation *op);
  void join(mlir::Value a, mlir::Value b);
  void needAll(mlir::Value tile) { unbounded_.push_back(tile); }

  llvm::EquivalenceClasses<const void *> classes_;
  llvm::SmallVector<mlir::Value> unbounded_;
  llvm::DenseMap<const void *, llvm::SmallVector<tile::StoreOp>> stores_;
};

} // namespace longc::cpu
