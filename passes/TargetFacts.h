// The sizes that a tiling pass reads: the module's #tile.target attribute.
#pragma once

#include "dialects/tile/TileDialect.h"

#include "mlir/IR/BuiltinOps.h"

namespace longc {

inline constexpr llvm::StringLiteral targetAttributeName = "tile.target";

// The module's facts; an error on the module when it has none.
mlir::FailureOr<tile::TargetAttr> targetFacts(mlir::ModuleOp module);

} // namespace longc
