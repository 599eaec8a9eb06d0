// Passes of the CUDA target and its pipeline.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace longc {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "codegen/cuda/CudaPasses.h.inc"

/// tile.kernel to printable cuda.kernel: layouts, roles, tiles to registers, clean-up.
void buildCudaPipeline(mlir::OpPassManager &manager);

/// Makes the passes, the pipeline `longc-cuda` and the target known to a command line.
void registerCudaPasses();

} // namespace longc
