// Parameters: weights by name, quantised or dense.
#ifndef LONGC_LM_PARAMETERS_TD
#define LONGC_LM_PARAMETERS_TD

include "dialects/lm/LmBase.td"

def Lm_ParameterOp : Op<Lm_Dialect, "parameter", [Symbol]> {
  let summary = "weight of the model, bound by name when the program is packed";
  let description = [{
    `parts` names checkpoint parameters whose rows, one after the other, form this one.
    ```mlir
    lm.parameter @qkv : !lm.quantized<960x576, q4_1> parts ["q", "k", "v"]
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type, OptionalAttr<StrArrayAttr>:$parts,
                       UnitAttr:$trainable);
  let assemblyFormat = "$sym_name `:` $type (`parts` $parts^)? (`trainable` $trainable^)? attr-dict";
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::Type":$type), [{
    build($_builder, $_state, $_builder.getStringAttr(name), ::mlir::TypeAttr::get(type), nullptr, nullptr);
  }]>];
}

def Lm_ParameterRefOp : Lm_Op<"parameter_ref", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "value of a parameter";
  let arguments = (ins FlatSymbolRefAttr:$name);
  let results = (outs AnyType:$value);
  let assemblyFormat = "$name attr-dict `:` type($value)";
}

def Lm_DequantizeOp : Lm_Op<"dequantize", [Pure]> {
  let summary = "quantised matrix as floats";
  let description = "W[n, k] = d * q + m of the block that holds k. `dequantize_c1`: shapes agree.";
  let arguments = (ins Lm_QuantizedType:$source);
  let results = (outs Lm_Rows:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Lm_QuantizeOp : Lm_Op<"quantize", [Pure]> {
  let summary = "activations to int8 with a scale and a sum per 32 channels";
  let description = [{
    Per row and block of 32: `scale = max|x| / 127`, `values = round_half_even(x / scale)`, `sums = scale * sum(values)`.
    `quantize_c1`: K is a multiple of 32 and the result shapes are [T,K], [T,K/32], [T,K/32].
  }];
  let arguments = (ins Lm_Rows:$source);
  let results = (outs 2DTensorOf<[I8]>:$values, 2DTensorOf<[F32]>:$scales, 2DTensorOf<[F32]>:$sums);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($values) `,` type($scales) `,` type($sums)";
  let hasVerifier = 1;
}

def Lm_RoundOp : Lm_Op<"round", [Pure]> {
  let summary = "rounding to a narrower float type";
  let arguments = (ins Lm_Floats:$source);
  let results = (outs Lm_Floats:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

#endif // LONGC_LM_PARAMETERS_TD
