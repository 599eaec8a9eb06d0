// Sums over rows of outer products of rows: x^T y, in tiles of the result.
#pragma once

#include "dialects/lm/LmDialect.h"
#include "dialects/tile/TileDialect.h"

namespace longc {

// Replaces the op by a launch whose blocks each walk all rows, so that a sum has one order.
mlir::LogicalResult tileRowProduct(lm::RowProductOp op, tile::TargetAttr facts);

} // namespace longc
