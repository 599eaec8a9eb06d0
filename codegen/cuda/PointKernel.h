// The function of a kernel whose thread block (in the block form) or warp (in the warp form) owns one point of the grid.
#pragma once

#include "codegen/cuda/CudaDialect.h"

#include "mlir/IR/IRMapping.h"

namespace longc::cuda {

/// An empty function before the kernel, where `b` then stands: arguments as the runtime passes them, mapped in `scalars` with the
/// block's place in the grid, which comes from its number, or the warp's from its own.
KernelOp beginKernel(tile::KernelOp kernel, int64_t threads, int64_t sharedBytes, mlir::OpBuilder &b, mlir::IRMapping &scalars, bool ofWarp = false);

/// Moves what a kernel reads of parameters, at places that its point of the grid tells, to its beginning: scalars alone, or tiles too. Returns
/// the last op of that; null where there is none.
mlir::Operation *startParametersFirst(tile::KernelOp kernel, bool scalarsAlone);

/// The wait for the kernel before it, behind all that was computed of lists up to `last`, an op of the tile kernel.
void waitBehind(mlir::Operation *last, mlir::OpBuilder &b, mlir::Location loc, const mlir::IRMapping &scalars);

/// Rewrites divisions that C++ does not have: those that round up or down.
mlir::LogicalResult expandDivisions(KernelOp kernel);

} // namespace longc::cuda
