// Products of heads: each head's rows times its own matrix.
#pragma once

#include "dialects/lm/LmDialect.h"
#include "dialects/tile/TileDialect.h"

namespace longc {

// Replaces a product of heads by a launch: a block is some rows of one head.
mlir::LogicalResult tileHeadProduct(lm::ProductOp op, tile::TargetAttr facts);

} // namespace longc
