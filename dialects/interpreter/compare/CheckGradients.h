// Gradients of a function against finite differences of it, in float64.
#pragma once

#include "dialects/interpreter/compare/CompareRuns.h"

namespace longc {

// Differentiates `options.function` (after `options.pipeline`, if there is one) by longc-differentiate, draws random inputs
// and gradients of the results, and compares every gradient with differences of four values each at up to
// `options.samples` elements. Prints "gradients agree: N of N, M elements, max_error=..."; or the first element that
// differs, and fails. The error is relative to the largest magnitude of each gradient.
mlir::LogicalResult checkGradients(mlir::ModuleOp module, const CompareOptions &options, llvm::raw_ostream &os);

} // namespace longc
