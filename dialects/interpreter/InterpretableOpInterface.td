// The one interface by which ops of any dialect run in the shipped interpreter.
#ifndef LONGC_INTERPRETABLE_OP_INTERFACE_TD
#define LONGC_INTERPRETABLE_OP_INTERFACE_TD

include "mlir/IR/OpBase.td"

def InterpretableOpInterface : OpInterface<"InterpretableOpInterface"> {
  let cppNamespace = "::longc";
  let description = "An op that the interpreter can run: plain float64, no tricks.";
  let methods = [InterfaceMethod<[{
      Reads its operands with `interpreter.get(value)`, computes, and binds each result with
      `interpreter.set(value, ...)`. A failure emits a diagnostic on the op.
    }], "::llvm::LogicalResult", "interpret", (ins "::longc::Interpreter &":$interpreter)>];
}

#endif // LONGC_INTERPRETABLE_OP_INTERFACE_TD
