// Projection and loss as one kernel: the GEMM-like skeleton walks the vocabulary under an online log-sum-exp, so that
// no row of logits is ever stored.
#pragma once

#include "dialects/lm/LmDialect.h"
#include "dialects/tile/TileDialect.h"

namespace longc {

// Replaces the op by two launches: the loss of each row, and their sum in row order.
mlir::LogicalResult tileCrossEntropy(lm::CrossEntropyOp op, tile::TargetAttr facts);

} // namespace longc
