// longc-reduce: makes IR that shows a defect as small as it can.
#include "frontends/tools/reduce/ReduceOps.h"
#include "frontends/tools/RegisterAll.h"

#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  longc::registerAllDialects(registry);
  longc::registerAllPasses();
  longc::registerReduceOpsPass();
  mlir::MLIRContext context(registry);
  return mlir::failed(mlir::mlirReduceMain(argc, argv, context));
}
