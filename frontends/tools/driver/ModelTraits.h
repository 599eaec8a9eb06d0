// What a program says of its model's arithmetic, so that a saved memory can tell another model by name.
#pragma once

#include "runtime/abi/program.pb.h"

#include "mlir/IR/BuiltinOps.h"

namespace longc {

/// Adds to `module` every attribute of every kind of op in a model's graph ("rope theta" = "10000"), its heads, and a hash
/// of all of it, which tells what no attribute says.
void describeTraits(mlir::ModuleOp graph, abi::Module &module);

} // namespace longc
