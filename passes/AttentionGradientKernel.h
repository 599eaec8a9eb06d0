// Gradients of attention from the parts of its skeleton (FlashAttention-2, 2307.08691): blocks own queries, which walk the keys
// that they see, or keys, which walk the queries that see them. Nothing is added to by two blocks.
#pragma once

#include "passes/AttentionKernel.h"

#include "dialects/lm/LmDialect.h"

namespace longc {

// The gradient of scaled products of queries and keys: scale * p * along, through the soft cap if there is one. `s`: masked
// scores in log2 units.
mlir::Value scoreGradient(KernelBuilder &kernel, const AttentionSource &source, mlir::Value s, mlir::Value p, mlir::Value along);

// What an op with the operands and attributes of lm.packed_attention sees: each sequence its own keys and, if it has sources, those.
template <typename Op> llvm::SmallVector<AttentionSource> packedSources(Op op) {
  AttentionSource own;
  own.query = op.getQ(), own.keys = op.getK(), own.values = op.getV();
  own.causal = op.getCausal();
  own.window = op.getWindow();
  own.scale = op.getScale();
  own.softCap = op.getSoftCap();
  llvm::SmallVector<AttentionSource> sources = {own};
  if (op.getSources()) {
    AttentionSource &others = sources.emplace_back(own);
    others.layout = AttentionSource::Others;
    others.keys = op.getSourceKeys() ? op.getSourceKeys() : op.getK();
    others.pairs = op.getSources(), others.boundaries = op.getCuK();
    others.causal = false, others.window = 0;
  }
  return sources;
}

// Replace the op by a launch.
mlir::LogicalResult tileAttentionGradient(lm::AttentionQueryGradientOp op, tile::TargetAttr facts);
mlir::LogicalResult tileAttentionGradient(lm::AttentionKeyGradientOp op, tile::TargetAttr facts);

} // namespace longc
