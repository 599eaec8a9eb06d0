// The interface of ops that the interpreter can run (see Interpreter.h).
#pragma once

#include "mlir/IR/OpDefinition.h"

namespace longc {
class Interpreter;
} // namespace longc

#include "dialects/interpreter/InterpretableOpInterface.h.inc"
