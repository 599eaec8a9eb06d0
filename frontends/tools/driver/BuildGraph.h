// A checkpoint as a graph: types of its parameters, the model of its family, every tensor accounted for.
#pragma once

#include "frontends/Checkpoint.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace longc {

// `@forward` and its parameters. Missing, misshapen and surplus tensors are errors that name them as the file does.
Result<mlir::OwningOpRef<mlir::ModuleOp>> buildGraph(mlir::MLIRContext *context, const Checkpoint &checkpoint);

} // namespace longc
