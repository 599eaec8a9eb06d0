// Compiles tile kernels to object files that hold every CPU variant.
#pragma once

#include "codegen/KernelTable.h"
#include "dialects/tile/TileDialect.h"
#include "passes/Target.h"

namespace longc {

// Lowers every tile.kernel of the module (which is left as it is) for each variant.
mlir::FailureOr<KernelCode> compileCpu(mlir::ModuleOp kernels, llvm::ArrayRef<llvm::StringRef> variants, const CodeOptions &options = {});

const Target &cpuTarget();

namespace tile {
// The sizes that tiling should use for this target.
TargetAttr cpuSizes(mlir::MLIRContext *context);
} // namespace tile

} // namespace longc
