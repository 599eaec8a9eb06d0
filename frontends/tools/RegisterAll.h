// What every tool on IR knows: the dialects, the passes and targets, upstream's canonicalizer and its like.
#pragma once

#include "dialects/lm/LmDialect.h"
#include "dialects/tile/TileDialect.h"
#include "passes/Passes.h"
#include "passes/Target.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/Passes.h"

namespace longc {

// Of codegen/cpu and codegen/cuda, whose headers bring more than tools on IR want to see.
void registerCpuPasses();
void registerCudaPasses();
const Target &cpuTarget();
const Target &cudaTarget();

// All that compilers here know, in the order in which a program gets their code.
inline void registerTargets() {
  registerTarget(cpuTarget());
  registerTarget(cudaTarget());
}

inline void registerAllDialects(mlir::DialectRegistry &registry) {
  registry.insert<lm::LmDialect, tile::TileDialect, mlir::arith::ArithDialect, mlir::func::FuncDialect,
                  mlir::math::MathDialect, mlir::scf::SCFDialect, mlir::tensor::TensorDialect>();
}

inline void registerAllPasses() {
  registerPasses();
  registerTargets();
  registerCpuPasses();
  registerCudaPasses();
  mlir::registerTransformsPasses();
}

} // namespace longc
