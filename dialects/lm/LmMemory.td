// State: the local cache and the memory.
#ifndef LONGC_LM_MEMORY_TD
#define LONGC_LM_MEMORY_TD

include "dialects/lm/LmOpBase.td"

class Lm_AppendOp<string mnemonic, Type state> : Lm_Op<mnemonic> {
  let arguments = (ins state:$state, Lm_Heads:$k, Lm_Heads:$v, Lm_Segments:$segments);
  let results = (outs state:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_CacheAppendOp : Lm_AppendOp<"cache_append", Lm_CacheType> {
  let summary = "local window with this call's rotated keys and values added";
  let description = [{
    Row t of a segment (query begin <= t < query end) is stored in its slot at the token index
    `window end - (query end - t)`, rounded to the cache's element type.

    ```mlir
    %a = lm.cache_append %e, %k, %v, %segments
      : (!lm.cache<1x2xf32>, tensor<6x1x2xf32>, tensor<6x1x2xf32>, tensor<2x8xi32>) -> !lm.cache<1x2xf32>
    ```

    Constraints: `append_c1` k and v are `[T, G, D]` of the state; `append_c2` the result has the state's type;
    `ragged_c1`; `segments_c1`.
  }];
}

def Lm_MemoryAppendOp : Lm_AppendOp<"memory_append", Lm_MemoryType> {
  let summary = "memory with this call's un-rotated keys and values added";
  let description = [{
    As `lm.cache_append`. What is stored becomes visible when a later call's segments say so (memory begin, memory end).

    ```mlir
    %a = lm.memory_append %e, %k, %v, %segments
      : (!lm.memory<1x2xf32>, tensor<6x1x2xf32>, tensor<6x1x2xf32>, tensor<2x8xi32>) -> !lm.memory<1x2xf32>
    ```

    Constraints: `append_c1`, `append_c2`, `ragged_c1`, `segments_c1`.
  }];
}

class Lm_StateOp<string mnemonic, Type state> : Lm_Op<mnemonic> {
  let arguments = (ins state:$state, Lm_Segments:$segments);
  let results = (outs state:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_CacheResetOp : Lm_StateOp<"cache_reset", Lm_CacheType> {
  let summary = "local window with the slots of the segments emptied";
  let description = [{
    Constraints: `reset_c1` the result has the state's type; `ragged_c1`; `segments_c1`.

    ```mlir
    %e = lm.cache_reset %s, %segments : (!lm.cache<1x2xf32>, tensor<2x8xi32>) -> !lm.cache<1x2xf32>
    ```
  }];
}

def Lm_MemoryResetOp : Lm_StateOp<"memory_reset", Lm_MemoryType> {
  let summary = "memory with the slots of the segments emptied";
  let description = [{
    Constraints: `reset_c1` the result has the state's type; `ragged_c1`; `segments_c1`.

    ```mlir
    %e = lm.memory_reset %s, %segments : (!lm.memory<1x2xf32>, tensor<2x8xi32>) -> !lm.memory<1x2xf32>
    ```
  }];
}

def Lm_MemoryEvictOp : Lm_StateOp<"memory_evict", Lm_MemoryType> {
  let summary = "memory without the entries before memory begin of each segment's slot";
  let description = [{
    Constraints: `reset_c1` the result has the state's type; `ragged_c1`; `segments_c1`.

    ```mlir
    %a = lm.memory_evict %b, %segments : (!lm.memory<1x2xf32>, tensor<2x8xi32>) -> !lm.memory<1x2xf32>
    ```
  }];
}

#endif // LONGC_LM_MEMORY_TD
