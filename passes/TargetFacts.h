// The sizes that a tiling pass reads: the module's #tile.target attribute, and where tools get it from.
#pragma once

#include "dialects/tile/TileDialect.h"

#include "mlir/IR/BuiltinOps.h"

namespace longc {

inline constexpr llvm::StringLiteral targetAttributeName = "tile.target";

// The module's facts; an error on the module when it has none.
mlir::FailureOr<tile::TargetAttr> targetFacts(mlir::ModuleOp module);

// Makes a target known to longc-set-target. Each target of codegen does so; the first is what a module gets that names
// none.
using MakeFacts = tile::TargetAttr (*)(mlir::MLIRContext *context);
void registerTarget(llvm::StringRef name, MakeFacts facts);

// The facts of a target by name, of the first where it is empty; an error on the module for a name that nobody knows.
mlir::FailureOr<tile::TargetAttr> factsOf(llvm::StringRef target, mlir::ModuleOp module);

} // namespace longc
