// What a loss adds for gates of gated memories that are open where something is to be predicted.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace longc {

// On a module: the factor of that cost, an f64 (of LIFT's development, branch gated-memory-regularization).
inline constexpr llvm::StringLiteral gateCostAttribute = "lm.gate_cost";

/// `loss` and `cost * sum_t weights[t] * g[t]`, g the mean gate of all memories and heads; `loss` where there is no memory. Everything is
/// inserted before the function's end.
mlir::Value addGateCost(mlir::func::FuncOp function, mlir::Value loss, mlir::Value weights, double cost);

} // namespace longc
