// What libFuzzer takes for coverage although the code that has it, MLIR and most of ours, may not be instrumented.
#pragma once

#include "mlir/IR/BuiltinOps.h"

namespace longc::fuzz {

/// Text that tells this input from others: inputs with news are kept. Sizes and numbers of values are none.
void noteFeature(llvm::StringRef text, unsigned kind);
/// The names of all ops of a module.
void noteOps(mlir::ModuleOp module, unsigned kind);

} // namespace longc::fuzz
