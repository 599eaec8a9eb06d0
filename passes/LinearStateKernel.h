// Linear states of a gated memory (Infini-attention, 2404.07143): what a block reads of one, and the kernel that
// writes.
#pragma once

#include "dialects/lm/LmDialect.h"
#include "passes/KernelBuilder.h"

namespace longc {

// One head's state [D, D] and norm [D] as tiles. `sequence` is null where there is one state for all rows.
struct LinearState {
  mlir::Value state, norm;
};
LinearState loadLinearState(KernelBuilder &kernel, lm::GatedMemoryOp op, mlir::Value sequence, mlir::Value head);

// elu(x) + 1 of an f32 tile.
mlir::Value stateFeature(KernelBuilder &kernel, mlir::Value x);
// What rows of features [rows, D] read: zeros where a row's length by the norm is 0.
mlir::Value readLinearState(KernelBuilder &kernel, const LinearState &state, mlir::Value features);

// First and last row of a sequence in the kernel; all rows of `rows`, a host tensor, where the op has no sequences.
std::pair<mlir::Value, mlir::Value> sequenceRows(KernelBuilder &kernel, lm::GatedMemoryOp op, mlir::Value sequence,
                                                 mlir::Value rows);

// Launches the kernel that writes the op's keys and values; gives the new state and norm.
std::pair<mlir::Value, mlir::Value> writeLinearState(lm::GatedMemoryOp op);

} // namespace longc
