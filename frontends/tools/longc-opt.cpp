// longc-opt: reads IR, runs passes, prints IR.
#include "codegen/cpu/CpuPasses.h"
#include "codegen/cuda/CudaDialect.h"
#include "codegen/cuda/CudaPasses.h"
#include "frontends/tools/RegisterAll.h"

#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  longc::registerAllDialects(registry);
  registry.insert<longc::cuda::CudaDialect>();
  longc::registerAllPasses();
  longc::registerCpuPasses();
  longc::registerCudaPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "longc optimizer driver\n", registry));
}
