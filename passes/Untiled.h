// What to say of an op that is still there when kernels should have been made of everything.
#pragma once

#include "mlir/IR/Operation.h"

namespace longc {

// An error on the op that names the pass that takes such ops, or what is missing so that one does. Fails always.
mlir::LogicalResult refuseUntiled(mlir::Operation *op);

} // namespace longc
