// A gated memory as kernels: one block's rows of one head, read-out and gate being products with that head's matrices.
#pragma once

#include "dialects/lm/LmDialect.h"
#include "dialects/tile/TileDialect.h"

namespace longc {

// Replaces the op by its launch; an error on the op names what no kernel does.
mlir::LogicalResult tileGatedMemory(lm::GatedMemoryOp op, tile::TargetAttr facts);

} // namespace longc
