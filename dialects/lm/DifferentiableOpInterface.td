// What an op says of its derivative; `longc-differentiate` needs to know no more.
#ifndef LONGC_LM_DIFFERENTIABLE_OP_INTERFACE_TD
#define LONGC_LM_DIFFERENTIABLE_OP_INTERFACE_TD

include "mlir/IR/OpBase.td"

def DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::longc::lm";
  let description = [{
    An op through which gradients pass. Attached to ops by `gradients/`, so that definitions stay free of it.
  }];
  let methods = [InterfaceMethod<[{
      Given the gradients of its results, makes ops for those of the operands that are wanted and adds them. A failure
      emits a diagnostic on the op.
    }], "::llvm::LogicalResult", "differentiate", (ins "::longc::lm::Gradients &":$gradients)>];
}

#endif // LONGC_LM_DIFFERENTIABLE_OP_INTERFACE_TD
