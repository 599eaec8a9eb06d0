// Gradients of projection and loss where their columns are too many for a block that makes logits: the logits' gradients of some
// thousand words at a time are stored in x's type, made once, and multiplied by w and by x.
#pragma once

#include "passes/LogitGradients.h"

#include "dialects/tile/TileDialect.h"

namespace longc {

// The gradients of one loss, by x or by w or by both.
struct LossGradients {
  lm::CrossEntropyInputGradientOp byInput;
  lm::CrossEntropyWeightGradientOp byWeight;
};

// Those of a function that are made so on a target.
llvm::SmallVector<LossGradients> gradientsInChunks(mlir::Operation *function, tile::TargetAttr facts);

// Replaces them by launches.
void tileInChunks(LossGradients gradients, tile::TargetAttr facts);

} // namespace longc
