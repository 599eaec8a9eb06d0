// What passes and lowering ask of a kernel of tiles: facts of its IR, no decisions.
#pragma once

#include "codegen/cpu/CpuDialect.h"
#include "runtime/abi/Layout.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace longc::cpu {

inline mlir::RankedTensorType tileType(mlir::Value tile) { return mlir::cast<mlir::RankedTensorType>(tile.getType()); }

/// How a block of weights of the format lies in memory.
inline const BlockFormat &blockFormat(tile::Format format) { return *findBlockFormat(tile::stringifyFormat(format)); }

/// Bytes of an element in memory.
int64_t elementBytes(mlir::Type element);

/// Values of a row of a tile in scratch: whole chunks, unless the tile is narrower than one.
int64_t paddedColumns(mlir::RankedTensorType tile);

/// So many partial results has the reduction of a row.
inline constexpr int64_t partialColumns = 64;

/// 32 columns of 16 rows of weights that serve many rows: bytes, then d and m' as floats.
inline constexpr int64_t decodedBlock = 8 * 64 + 2 * 64;

/// Bytes of scratch that the op needs besides its results: of a packed operand, its panels last; of a product, decoded weights, or
/// activations as two halves and as pairs; of a selection, scores, indices and the scores of a chunk.
llvm::SmallVector<int64_t> packedBytes(PackOp pack);
llvm::SmallVector<int64_t> productBytes(mlir::Operation *product);
int64_t selectionBytes(tile::TopkType type);

/// Whether the argument is a matrix in panels (runtime/io/Panels.h).
bool isInPanels(mlir::Value view);

/// The load of weights in panels that is the other operand of a product, perhaps as f32 of bf16 ones or the other way round;
/// null for another tile.
tile::LoadOp panelsOf(mlir::Value operand);

/// What a tile in memory was before `cpu.keep`.
mlir::Value unkept(mlir::Value tile);

/// The tile whose rows the op goes over; null for an op that does nothing to memory.
mlir::Value rowsOfWork(mlir::Operation *op);

/// Whether the value lies in memory: a result that is made there, or a tile that a loop carries.
bool liesInMemory(mlir::Value tile);

/// Whether rows of the loaded matrix lie in their view as a product can read them: column after column, none outside.
bool liesInRows(tile::LoadOp load);

/// Whether the loop goes on with a tile of the loop before it, which no one else reads.
bool continues(mlir::scf::ForOp loop, mlir::Value init);

/// Whether [offset, offset + extent) is known to lie inside [0, size).
bool isInside(mlir::Value offset, int64_t extent, int64_t size);

/// A branch whose regions only evaluate: it becomes part of the row loops that need its results.
bool isLazy(mlir::scf::IfOp branch);

} // namespace longc::cpu
