// The lm dialect: language models as functions over ranked tensors, before any target is known.
#ifndef LONGC_LM_DIALECT_TD
#define LONGC_LM_DIALECT_TD

include "mlir/IR/OpBase.td"

def Lm_Dialect : Dialect {
  let name = "lm";
  let cppNamespace = "::longc::lm";
  let summary = "language models and long-context methods over ranked tensors";
  let description = [{
    A model is a set of functions (`@prefill`, `@decode`, ...) over ranked tensors. Weights are named parameters, never
    constants in the text. Ragged batches carry their boundaries as function arguments. State (`!lm.cache`,
    `!lm.memory`) is an SSA value used linearly: an append returns the new state.

    Letters of shapes: T query tokens, S key tokens, R rows wanted, H heads, G kv heads, D head size, C channels,
    N outputs, V vocabulary, F hidden size of the MLP, M memory entries.
  }];
  let useDefaultTypePrinterParser = 1;
}

#endif // LONGC_LM_DIALECT_TD
