// Of a result whose rows are made of one row each, no more than those that are wanted.
#pragma once

#include "mlir/IR/Value.h"

namespace longc {

/// Gathers `rows` before the first op of the chain that makes the result out of one row each.
void pickRows(mlir::OpOperand &result, mlir::Value rows);

/// The same before all ops that serve the result alone and make a row out of one row each: sums and gated units of several values, too.
void pickRowsOfAll(mlir::OpOperand &result, mlir::Value rows);

} // namespace longc
