// Types of the lm dialect: quantised parameters and the state of attention.
#ifndef LONGC_LM_TYPES_TD
#define LONGC_LM_TYPES_TD

include "dialects/lm/LmDialect.td"
include "dialects/lm/LmEnums.td"
include "mlir/IR/AttrTypeBase.td"

class Lm_Type<string typeName, string typeMnemonic> : TypeDef<Lm_Dialect, typeName> {
  let mnemonic = typeMnemonic;
}

def Lm_QuantizedType : Lm_Type<"Quantized", "quantized"> {
  let summary = "block-quantised matrix [N, K]";
  let description = "`!lm.quantized<576x1536, q4_1>`: K a multiple of 32.";
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::longc::lm::Format":$format);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

class Lm_StateType<string typeName, string typeMnemonic> : Lm_Type<typeName, typeMnemonic> {
  let parameters = (ins ArrayRefParameter<"int64_t">:$row_shape, "::mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
}

def Lm_CacheType : Lm_StateType<"Cache", "cache"> {
  let summary = "local window of one layer: rotated keys and values by token index";
  let description = "`!lm.cache<3x64xbf16>`: rows of K key heads of size D. What is visible is told by `segments`.";
}

def Lm_MemoryType : Lm_StateType<"Memory", "memory"> {
  let summary = "memory of one layer: un-rotated keys and values of past tokens by token index";
  let description = [{
    `!lm.memory<3x64xbf16>`. Rows are stored when they are computed and seen only inside the range
    [memory begin, memory end) of the segments of the call that reads.
  }];
}

#endif // LONGC_LM_TYPES_TD
