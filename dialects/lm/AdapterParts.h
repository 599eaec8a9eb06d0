// Adapters of products that were joined, or that share their first product: A [S, K] holds the rows of several, B [N, R] below each other,
// and each row of B multiplies R of the S columns of h = x A^T.
#pragma once

#include "mlir/IR/Operation.h"
#include "llvm/ADT/SmallVector.h"

namespace longc::lm {

/// Rows of B by the columns of h that they multiply: those of part p multiply columns [first + p R, first + (p + 1) R). An op that says
/// nothing has one part, all rows, and S = R. Constraints: `adapter_parts_c1` rows are positive and those of B in all; `adapter_parts_c2` the
/// columns are among the S. Attributes: `lm.adapter_first`, `lm.adapter_rows`.
struct AdapterParts {
  int64_t first = 0;
  llvm::SmallVector<int64_t> rows;

  /// Of an op whose adapter has `outputs` rows of B.
  static AdapterParts of(mlir::Operation *op, int64_t outputs);
  void setOn(mlir::Operation *op) const;
};

} // namespace longc::lm
