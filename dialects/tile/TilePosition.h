// Which element of a view each element of a tile stands for: offsets, dropped dimensions, row limits.
#pragma once

#include "dialects/interpreter/Interpreter.h"
#include "dialects/tile/TileDialect.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace longc::tile {

// The tile's shape with its dropped dimensions put back as 1; nothing if a dropped dimension does not fit the rank.
std::optional<llvm::SmallVector<int64_t>> restoreDropped(llvm::ArrayRef<int64_t> tileShape,
                                                         llvm::ArrayRef<int64_t> dropped, int64_t rank);

// load_c1 .. load_c4, shared by load and store.
mlir::LogicalResult verifyPosition(mlir::Operation *op, ViewType view, mlir::RankedTensorType tile, size_t offsets,
                                   llvm::ArrayRef<int64_t> dropped, bool oneLimitAlone);

// Calls f(position in the tile, position in the view or -1 where it is out of range), in the tile's row-major order.
// `shape` has the view's rank; rows of dimension 0 outside [lo, hi) are out of range.
void forEachElement(llvm::ArrayRef<int64_t> viewShape, llvm::ArrayRef<int64_t> offsets, llvm::ArrayRef<int64_t> shape,
                    int64_t lo, int64_t hi, llvm::function_ref<void(int64_t, int64_t)> f);

} // namespace longc::tile
