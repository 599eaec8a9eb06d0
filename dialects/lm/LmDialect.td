// The lm dialect: language models with long-context constructs, as functions over ranked tensors.
#ifndef LONGC_LM_DIALECT_TD
#define LONGC_LM_DIALECT_TD

include "mlir/IR/OpBase.td"

def Lm_Dialect : Dialect {
  let name = "lm";
  let cppNamespace = "::longc::lm";
  let summary = "language models with long-context constructs";
  let description = [{
    Values are tensors. Shapes by letters: T query tokens, S keys, H query heads, K key heads, D head size, C channels,
    F hidden size of the MLP, V vocabulary, M memory entries, N sequences, R rows wanted. Weights are named parameters,
    never constants in the text. State (`!lm.cache`, `!lm.memory`) is used linearly.
  }];
  let useDefaultTypePrinterParser = 1;
}

#endif // LONGC_LM_DIALECT_TD
