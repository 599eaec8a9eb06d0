// The interface of element-wise ops, and what all of them share.
#pragma once

#include "dialects/lm/Formula.h"

#include "mlir/IR/OpDefinition.h"

namespace longc {
class Interpreter;
} // namespace longc

namespace longc::lm {

// elementwise_c1
llvm::LogicalResult verifyElementwise(mlir::Operation *op);
// `evaluate` on every element.
llvm::LogicalResult interpretElementwise(mlir::Operation *op, Interpreter &interpreter);

} // namespace longc::lm

#include "dialects/lm/ElementwiseOpInterface.h.inc"
