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

/// tile.kernel to printable cuda.kernel: forms; layouts, roles, tiles to registers; blocks; clean-up. The kernels named take
/// the block form in any case.
void buildCudaPipeline(mlir::OpPassManager &manager, llvm::ArrayRef<std::string> blockForm = {});

/// Makes the passes, the pipeline `longc-cuda` and the target known to a command line.
void registerCudaPasses();

} // namespace longc
