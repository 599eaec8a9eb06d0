// Gradients of attention from the parts of its skeleton (FlashAttention-2, 2307.08691): blocks own queries, which walk the keys
// that they see, or keys, which walk the queries that see them. Nothing is added to by two blocks.
#pragma once

#include "passes/AttentionKernel.h"

#include "dialects/lm/LmDialect.h"

namespace longc {

// The gradient of scaled products of queries and keys: scale * p * along, through the soft cap if there is one. `s`: masked
// scores in log2 units.
mlir::Value scoreGradient(KernelBuilder &kernel, const AttentionSource &source, mlir::Value s, mlir::Value p, mlir::Value along);

// Replace the op by a launch.
mlir::LogicalResult tileAttentionGradient(lm::AttentionQueryGradientOp op, tile::TargetAttr facts);
mlir::LogicalResult tileAttentionGradient(lm::AttentionKeyGradientOp op, tile::TargetAttr facts);

} // namespace longc
