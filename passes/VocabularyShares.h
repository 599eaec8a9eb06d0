// A walk over the vocabulary cut into shares that are made side by side, where the rows of a call alone are too few blocks.
#pragma once

#include "passes/KernelBuilder.h"

namespace longc {

struct VocabularyShares {
  int64_t count = 1;

  // For a kernel whose blocks own `rows` rows of x. One where sums are never cut, and where the number of rows is known.
  static VocabularyShares of(tile::TargetAttr facts, mlir::RankedTensorType x, int64_t rows);

  // Where share `number` of [0, end) begins and ends: whole steps.
  std::pair<mlir::Value, mlir::Value> part(KernelBuilder &kernel, mlir::Value number, mlir::Value end, int64_t step) const;
};

} // namespace longc
