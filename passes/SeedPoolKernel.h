// Chunks pooled by learned queries: a block is one chunk and one head, the seeds attend to the chunk's rows.
#pragma once

#include "dialects/lm/LmDialect.h"
#include "passes/KernelBuilder.h"

namespace longc {

// The soft tokens of a `pma` pool out of its keys and values, [S, W] each; an error on the op names what no kernel
// does.
mlir::FailureOr<mlir::Value> buildSeedPool(lm::ChunkPoolOp op, mlir::Value keys, mlir::Value values,
                                           tile::TargetAttr facts);

} // namespace longc
