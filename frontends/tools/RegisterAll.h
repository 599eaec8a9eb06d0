// What every tool on IR knows: the dialects, the passes, upstream's canonicalizer and its like.
#pragma once

#include "dialects/lm/LmDialect.h"
#include "dialects/tile/TileDialect.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/Passes.h"

namespace longc {

inline void registerAllDialects(mlir::DialectRegistry &registry) {
  registry.insert<lm::LmDialect, tile::TileDialect, mlir::arith::ArithDialect, mlir::func::FuncDialect,
                  mlir::math::MathDialect, mlir::scf::SCFDialect, mlir::tensor::TensorDialect>();
}

inline void registerAllPasses() {
  registerPasses();
  mlir::registerTransformsPasses();
}

} // namespace longc
