// State: the local cache and the memory, and the gated memory of the attention output.
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

def Lm_GatedMemoryOp : Lm_Op<"gated_memory", [Pure, AttrSizedOperandSegments]> {
  let summary = "per-head memory mixed into the attention output by a gate";
  let description = [{
    `out = (1 - g) * attention + g * M(query)` (`gate_selects = local`: g weighs the attention instead).
    M by `memory`: `mlp`, operands w1 `[H, D, F]`, w2 `[H, F, D]`: `silu(q w1) w2`; `linear_state`, operands state
    `[H, D, D]`, norm `[H, D]`: `s(q) state / <s(q), norm>` with `s = elu + 1` (0 where the norm is 0);
    `external`, one operand `[T, H, D]`: itself.
    Gate operands: u1 `[H, D, R]`, u2 `[H, R]`: `g = sigmoid(gate_scale * (silu(q u1) u2 - gate_shift))`; or one operand
    beta `[H]`: `g = sigmoid(gate_scale * (beta - gate_shift))`. A `mask` `[T]` multiplies g.

    ```mlir
    %o0, %g0 = lm.gated_memory %a, %q reads (%w1, %w2) gate (%u1, %u2) mask %m
      : (tensor<3x2x2xf32>, tensor<3x2x2xf32>, tensor<2x2x3xf32>, tensor<2x3x2xf32>, tensor<2x2x2xf32>,
      tensor<2x2xf32>, tensor<3xf32>) -> (tensor<3x2x2xf32>, tensor<3x2xf32>)
    ```

    Constraints: `gated_memory_c1` attention, query and out agree; `gated_memory_c2` memory operands fit `memory`;
    `gated_memory_c3` gate operands are (u1, u2) or (beta); `gated_memory_c4` mask is `[T]`; `gated_memory_c5` the gate
    result is `[T, H]`.
  }];
  let arguments = (ins Lm_Heads:$attention, Lm_Heads:$query, Variadic<AnyRankedTensor>:$memory_operands,
                       Variadic<AnyRankedTensor>:$gate_operands, Optional<Lm_Vector>:$mask,
                       DefaultValuedAttr<Lm_MemoryReadAttr, "MemoryRead::mlp">:$memory,
                       DefaultValuedAttr<Lm_GateSelectsAttr, "GateSelects::memory">:$gate_selects,
                       DefaultValuedAttr<Lm_RealAttr, "3.0">:$gate_scale,
                       DefaultValuedAttr<Lm_RealAttr, "1.0">:$gate_shift);
  let results = (outs Lm_Heads:$out, Optional<TensorRankOf<[F32], [2]>>:$gate);
  let assemblyFormat = [{
    $attention `,` $query `reads` (`kind` $memory^)? `(` $memory_operands `)`
    `gate` (`selects` $gate_selects^)? `(` $gate_operands `)` (`mask` $mask^)? attr-dict
    `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

#endif // LONGC_LM_MEMORY_TD
