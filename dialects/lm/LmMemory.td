// State: the local cache and the memory store. Eviction is the host raising marks in `segments`; nothing moves.
#ifndef LONGC_LM_MEMORY_TD
#define LONGC_LM_MEMORY_TD

include "dialects/lm/LmBase.td"

class Lm_AppendOp<string mnemonic, Type stateType> : Lm_Op<mnemonic, [AllTypesMatch<["state", "result"]>]> {
  let arguments = (ins stateType:$state, Lm_Heads:$keys, Lm_Heads:$values, Lm_Segments:$segments);
  let results = (outs stateType:$result);
  let assemblyFormat = [{
    $state `,` $keys `,` $values `,` $segments attr-dict
    `:` type($state) `,` type($keys) `,` type($values) `,` type($segments)
  }];
  let hasVerifier = 1;
}

def Lm_CacheAppendOp : Lm_AppendOp<"cache_append", Lm_CacheType> {
  let summary = "stores rotated keys and values of this call's tokens at their indices";
  let description = [{
    Segment row: query begin, query end, window begin, window end, memory begin, memory end, slot, 0. Token row t of a
    sequence goes to index window end - (query end - t). `append_c1`: keys and values are [T, K, D] of the state.
  }];
}

def Lm_MemoryAppendOp : Lm_AppendOp<"memory_append", Lm_MemoryType> {
  let summary = "stores un-rotated keys and values of this call's tokens at their indices";
  let description = "As `lm.cache_append`; rows are seen only inside [memory begin, memory end) of a reading call.";
}

#endif // LONGC_LM_MEMORY_TD
