// What an element-wise op says of itself; verifier, interpreter, tiling and fusion need to know no more.
#ifndef LONGC_LM_ELEMENTWISE_OP_INTERFACE_TD
#define LONGC_LM_ELEMENTWISE_OP_INTERFACE_TD

include "mlir/IR/OpBase.td"

def ElementwiseOpInterface : OpInterface<"ElementwiseOpInterface"> {
  let cppNamespace = "::longc::lm";
  let description = [{
    Each element of the one result is a function of the operands' elements at its place. The function is said twice:
    as the reference, and as the kernel's arithmetic that the reference judges. Constraints: `elementwise_c1` all
    shapes agree.
  }];
  let methods = [
    InterfaceMethod<"The result's element from those of the operands, in float64: a call of `reference/`.",
                    "double", "evaluate", (ins "::llvm::ArrayRef<double>":$x)>,
    InterfaceMethod<"The same on tiles of f32. What asks for it rounds the result to the op's type.",
                    "::longc::lm::Formula", "onTiles", (ins "::llvm::ArrayRef<::longc::lm::Formula>":$x)>];
  let verify = [{ return ::longc::lm::verifyElementwise($_op); }];
}

#endif // LONGC_LM_ELEMENTWISE_OP_INTERFACE_TD
