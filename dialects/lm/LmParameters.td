// Named weights and references to them.
#ifndef LONGC_LM_PARAMETERS_TD
#define LONGC_LM_PARAMETERS_TD

include "dialects/lm/LmOpBase.td"

def Lm_ParameterOp : Op<Lm_Dialect, "parameter", [Symbol]> {
  let summary = "named weight of the model, bound when the program is loaded";
  let description = [{
    With `parts`, the rows of the parameter are those of the named checkpoint parameters one after another, rounded where its
    type is narrower. A matrix lies row by row or in `panels` (runtime/io/Panels.h): longc-assign-layouts says which.

    ```mlir
    lm.parameter @joined parts ["a", "b"] : tensor<3x2xf32>
    lm.parameter @a trainable : tensor<1x2xf32>
    ```

    Constraints: `parameter_c1` the type is a tensor of static shape (f32 or bf16), one of sizes that the values
    bound at run time tell where it is trainable, or a quantised matrix;
    `parameter_c2` parts are strings; `parameter_c3` in panels lies a matrix that is not trained.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type, UnitAttr:$trainable, OptionalAttr<ArrayAttr>:$parts,
                       UnitAttr:$panels);
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::Type":$type), [{
    build($_builder, $_state, name, type, /*trainable=*/false, /*parts=*/::mlir::ArrayAttr(), /*panels=*/false);
  }]>];
  let assemblyFormat = "$sym_name (`parts` $parts^)? (`trainable` $trainable^)? (`panels` $panels^)? attr-dict `:` $type";
  let hasVerifier = 1;
}

def Lm_ParameterRefOp : Lm_Op<"parameter_ref", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "value of a parameter";
  let description = [{
    Constraints: `parameter_ref_c1` the parameter exists; `parameter_ref_c2` it has the result's type.

    ```mlir
    %w = lm.parameter_ref @w : !lm.quantized<4x32, q8_0>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$name);
  let results = (outs Lm_Weight:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
}

#endif // LONGC_LM_PARAMETERS_TD
