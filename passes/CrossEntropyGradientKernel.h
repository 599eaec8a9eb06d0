// Gradients of projection and loss: the vocabulary, or the rows, are walked as in the loss itself; logits are computed again,
// tile by tile, and none is stored.
#pragma once

#include "dialects/lm/LmDialect.h"
#include "dialects/tile/TileDialect.h"

namespace longc {

// Whether so many columns are more than a block can add up while it makes logits: such gradients are made chunk by chunk.
bool exceedBlock(tile::TargetAttr facts, int64_t columns);

// Replaces the op by a launch whose blocks own rows of x.
mlir::LogicalResult tileCrossEntropyGradient(lm::CrossEntropyInputGradientOp op, tile::TargetAttr facts);
// Replaces the op by a launch whose blocks own rows of w.
mlir::LogicalResult tileCrossEntropyGradient(lm::CrossEntropyWeightGradientOp op, tile::TargetAttr facts);

} // namespace longc
