// A sum cut into shares that are made side by side, where its blocks alone would leave a target idle.
#pragma once

#include "passes/KernelBuilder.h"

namespace longc {

struct SumShares {
  int64_t count = 1;

  // Of a kernel with so many blocks.
  static SumShares of(tile::TargetAttr facts, int64_t blocks);
  // Of a walk over the vocabulary whose blocks own `rows` rows of x. One where the number of rows is known.
  static SumShares ofVocabulary(tile::TargetAttr facts, mlir::RankedTensorType x, int64_t rows);

  bool areSeveral() const { return count > 1; }
  // Where share `number` of [0, end) begins and ends: whole steps.
  std::pair<mlir::Value, mlir::Value> part(KernelBuilder &kernel, mlir::Value number, mlir::Value end, int64_t step) const;
};

} // namespace longc
