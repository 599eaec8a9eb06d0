// Passes of the CPU target and its pipelines.
#pragma once

#include "codegen/cpu/CpuDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace longc {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "codegen/cpu/CpuPasses.h.inc"

/// All that is decided about kernels for one CPU variant, then functions of vector code.
void buildCpuKernelPipeline(mlir::OpPassManager &manager, llvm::StringRef variant);

/// Functions of vector code to the LLVM dialect.
void buildCpuToLLVMPipeline(mlir::OpPassManager &manager);

/// Makes the passes, the pipelines `longc-cpu-kernels{variant=...}` and `longc-cpu-to-llvm` and the target `cpu` known to a command line.
void registerCpuPasses();

} // namespace longc
