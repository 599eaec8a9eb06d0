// Element-wise application of a function to the operands of an op, scalars or tensors of one shape.
#pragma once

#include "dialects/interpreter/Interpreter.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace longc {

// Binds the op's one result to f of its operands, element by element, as doubles or as integers.
void mapElements(mlir::Operation *op, Interpreter &interpreter,
                 llvm::function_ref<double(llvm::ArrayRef<double>)> function);
void mapIntegers(mlir::Operation *op, Interpreter &interpreter,
                 llvm::function_ref<int64_t(llvm::ArrayRef<int64_t>)> function);

} // namespace longc
