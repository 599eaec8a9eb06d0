// What every family of lm ops is declared with.
#ifndef LONGC_LM_OP_BASE_TD
#define LONGC_LM_OP_BASE_TD

include "dialects/interpreter/InterpretableOpInterface.td"
include "dialects/lm/ElementwiseOpInterface.td"
include "dialects/lm/LmTypes.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/CommonAttrConstraints.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Lm_Op<string mnemonic, list<Trait> traits = [Pure]>
    : Op<Lm_Dialect, mnemonic, !listconcat(traits, [DeclareOpInterfaceMethods<InterpretableOpInterface>])>;

// An op that needs a definition with its operands, `evaluate` and `onTiles`, and nothing else anywhere.
class Lm_ElementwiseOp<string mnemonic>
    : Lm_Op<mnemonic, [Pure, DeclareOpInterfaceMethods<ElementwiseOpInterface>]> {
  let results = (outs Lm_Elements:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::interpret(::longc::Interpreter &interpreter) {
      return ::longc::lm::interpretElementwise(*this, interpreter);
    }
  }];
}

// A real number held as f64, seen as `double` in C++.
def Lm_RealAttr : TypedAttrBase<F64, "FloatAttr", FloatAttrBase<F64, "64-bit float attribute">.predicate,
                                "64-bit float attribute"> {
  let returnType = "double";
  let convertFromStorage = "$_self.getValueAsDouble()";
  let constBuilderCall = "$_builder.getF64FloatAttr($0)";
}

#endif // LONGC_LM_OP_BASE_TD
