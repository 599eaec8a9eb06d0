// The two steps of the fast form, for one kernel: what the passes do, and what tells whether a kernel can take it.
#pragma once

#include "codegen/cuda/CudaDialect.h"

namespace longc::cuda {

/// Gives every tile a layout; an error on the op that has no rule.
mlir::LogicalResult assignLayouts(tile::KernelOp kernel);

/// Splits the kernel into producer and consumers; an error on what cannot be split.
mlir::LogicalResult splitRoles(tile::KernelOp kernel, int64_t sharedBytes);

/// Registers a thread of the producer and of a consumer, by number of consumer warpgroups.
struct RegisterBudget {
  int64_t producer, consumer;
};
inline constexpr RegisterBudget kBudgets[] = {{0, 0}, {56, 256}, {24, 240}, {32, 160}};

/// The first kernel that has no room for its tiles, in words; nothing where all have.
std::string crowdedKernel(mlir::ModuleOp kernels);

} // namespace longc::cuda
