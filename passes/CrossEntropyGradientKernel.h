// Gradients of projection and loss: the vocabulary, or the rows, are walked as in the loss itself; logits are computed again,
// tile by tile, and none is stored.
#pragma once

#include "dialects/lm/LmDialect.h"
#include "dialects/tile/TileDialect.h"

namespace longc {

// Replaces the op by a launch whose blocks own rows of x.
mlir::LogicalResult tileCrossEntropyGradient(lm::CrossEntropyInputGradientOp op, tile::TargetAttr facts);
// Replaces the op by a launch whose blocks own rows of w.
mlir::LogicalResult tileCrossEntropyGradient(lm::CrossEntropyWeightGradientOp op, tile::TargetAttr facts);

} // namespace longc
