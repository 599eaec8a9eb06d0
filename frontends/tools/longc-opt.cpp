// longc-opt: reads IR, runs passes, prints IR.
#include "frontends/tools/RegisterAll.h"

#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  longc::registerAllDialects(registry);
  longc::registerAllPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "longc optimizer driver\n", registry));
}
