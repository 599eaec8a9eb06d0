// longc-opt: reads IR, runs passes, prints IR.
#include "codegen/cpu/CpuDialect.h"
#include "codegen/cuda/CudaDialect.h"
#include "frontends/tools/RegisterAll.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  longc::registerAllDialects(registry);
  // What is left of a kernel on its way to code.
  registry.insert<longc::cpu::CpuDialect, longc::cuda::CudaDialect, mlir::cf::ControlFlowDialect, mlir::LLVM::LLVMDialect,
                  mlir::ub::UBDialect, mlir::vector::VectorDialect>();
  longc::registerAllPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "longc optimizer driver\n", registry));
}
