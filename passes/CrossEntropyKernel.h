// Projection and loss as one kernel: the GEMM-like skeleton walks the vocabulary under an online log-sum-exp, so that
// no row of logits is ever stored.
#pragma once

#include "dialects/lm/LmDialect.h"
#include "dialects/tile/TileDialect.h"

namespace longc {

// Replaces the op by two launches: the loss of each row, and their sum in row order. Three where the vocabulary is walked in shares. With `gradient`, the first of them also
// gives the gradient of the rows, which that op is then made of.
mlir::LogicalResult tileCrossEntropy(lm::CrossEntropyOp op, tile::TargetAttr facts, lm::CrossEntropyInputGradientOp gradient = {});

// The gradient of the rows of a loss, where the loss's own walk over the vocabulary can make it; null otherwise.
lm::CrossEntropyInputGradientOp gradientInSameWalk(lm::CrossEntropyOp op, tile::TargetAttr facts);

} // namespace longc
