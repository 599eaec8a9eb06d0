// Attention to packed keys, to the local window and to memory, and the merge of partial results.
#ifndef LONGC_LM_ATTENTION_TD
#define LONGC_LM_ATTENTION_TD

include "dialects/lm/LmOpBase.td"

def Lm_PackedAttentionOp : Lm_Op<"packed_attention", [Pure, AttrSizedOperandSegments]> {
  let summary = "softmax attention within the sequences of a ragged batch";
  let description = [{
    Sequence i has the query rows `[cu_q[i], cu_q[i+1])` and the key rows `[cu_k[i], cu_k[i+1])`. Query row t of a
    sequence with Tq queries and Tk keys stands at key index `p = t + Tk - Tq` of its sequence. Visible are its
    sequence's keys s with `s <= p` (if `causal`) and `s > p - window` (if `window > 0`).
    `score = scale * <q, k>`; with `soft_cap > 0`: `soft_cap * tanh(score / soft_cap)`.
    `out[t, h] = sum_s softmax_s(score) v[s, h / (H/G)]`, `lse[h, t] = log sum_s exp(score)`.
    A row without a visible key gives out 0 and lse -inf.

    `sources`, rows (query sequence, key sequence), makes all keys of further sequences visible to all queries of a
    sequence, without mask (cross-batch training); the softmax is joint. They are seen as their rows of `source_keys`, if
    those are given, instead of `k`: un-rotated, where a memory holds them so. `detached_sources`: to gradients they are constants.

    ```mlir
    %o0, %l0 = lm.packed_attention %q, %k, %v, %cq, %ck causal {scale = 0.5 : f64}
      : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<4xi32>, tensor<4xi32>) ->
      (tensor<5x2x2xf32>, tensor<2x5xf32>)
    ```

    Constraints: `packed_attention_c1` heads: H a multiple of G, one D; `packed_attention_c2` k and v agree;
    `packed_attention_c3` out has the shape of q; `packed_attention_c4` lse is `[H, T]`; `ragged_c1` boundaries
    are function arguments; `packed_attention_c5` sources have two columns, and source keys have the shape of k and need
    sources, as do detached sources; `packed_attention_c6` window and soft cap are not negative.
  }];
  let arguments = (ins Lm_Heads:$q, Lm_Heads:$k, Lm_Heads:$v, Lm_Indices:$cu_q, Lm_Indices:$cu_k,
                       Optional<Lm_Segments>:$sources, Optional<Lm_Heads>:$source_keys, UnitAttr:$detached_sources, UnitAttr:$causal,
                       Lm_RealAttr:$scale, DefaultValuedAttr<I64Attr, "0">:$window,
                       DefaultValuedAttr<Lm_RealAttr, "0.0">:$soft_cap);
  let results = (outs Lm_Heads:$out, Lm_LogSums:$lse);
  let assemblyFormat = [{
    $q `,` $k `,` $v `,` $cu_q `,` $cu_k (`sources` $sources^)? (`source_keys` $source_keys^)?
    (`detached_sources` $detached_sources^)? (`causal` $causal^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Lm_WindowAttentionOp : Lm_Op<"window_attention"> {
  let summary = "causal attention to the cache's local window";
  let description = [{
    Each row of `segments` is a sequence: query begin, query end (rows of q), window begin, window end, memory begin,
    memory end, slot, 0. Query row t has the token index `p = window end - (query end - t)` and sees the cache's rows
    of its slot with indices [window begin, p], of these the newest `window` if it is not 0. Scores, out and lse as in
    `lm.packed_attention`.

    ```mlir
    %o0, %l0 = lm.window_attention %q, %a, %segments {scale = 0.5 : f64}
      : (tensor<4x2x2xf32>, !lm.cache<1x2xf32>, tensor<2x8xi32>) -> (tensor<4x2x2xf32>, tensor<2x4xf32>)
    ```

    Constraints: `window_attention_c1` heads of q are a multiple of the cache's, one D; `window_attention_c2` out has
    the shape of q; `window_attention_c3` lse is `[H, T]`; `window_attention_c4` window and soft cap are not negative;
    `ragged_c1`; `segments_c1` eight columns.
  }];
  let arguments = (ins Lm_Heads:$q, Lm_CacheType:$cache, Lm_Segments:$segments, Lm_RealAttr:$scale,
                       DefaultValuedAttr<I64Attr, "0">:$window, DefaultValuedAttr<Lm_RealAttr, "0.0">:$soft_cap);
  let results = (outs Lm_Heads:$out, Lm_LogSums:$lse);
  let assemblyFormat = "$q `,` $cache `,` $segments attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_KnnAttentionOp : Lm_Op<"knn_attention"> {
  let summary = "attention to the memory: all of it or the exact best entries of each query and head";
  let description = [{
    Query rows of a segment see the memory entries of its slot with indices [memory begin, memory end); no causal
    mask. `score = temperature * scale * <q, k>` (`cosine`: of the unit vectors); a temperature is one for all tokens or one for
    each, equal within a sequence. With `topk > 0` only the topk entries
    of highest score per query and head stay (ties to the lower index); with granularity `block`, the topk blocks of
    `block_size` consecutive entries counted from memory begin, by the highest score inside. out and lse as in
    `lm.packed_attention`; indices, if asked for, `[H, T, topk]` (entries, or first entries of blocks), best first, -1
    where there are fewer.

    ```mlir
    %o0, %l0 = lm.knn_attention %q, %a, %segments {scale = 0.5 : f64}
      : (tensor<4x2x2xf32>, !lm.memory<1x2xf32>, tensor<2x8xi32>) -> (tensor<4x2x2xf32>, tensor<2x4xf32>)
    ```

    Constraints: `knn_attention_c1` heads of q are a multiple of the memory's, one D; `knn_attention_c2` out has the
    shape of q; `knn_attention_c3` lse is `[H, T]`; `knn_attention_c4` topk >= 0, block_size >= 1; `knn_attention_c5`
    indices are `[H, T, topk]` and need topk > 0; `knn_attention_c6` temperature is `[1]` or `[T]`; `ragged_c1`;
    `segments_c1`.
  }];
  let arguments = (ins Lm_Heads:$q, Lm_MemoryType:$memory, Lm_Segments:$segments, Optional<Lm_Vector>:$temperature,
                       Lm_RealAttr:$scale, DefaultValuedAttr<I64Attr, "0">:$topk,
                       DefaultValuedAttr<Lm_GranularityAttr, "Granularity::token">:$granularity,
                       DefaultValuedAttr<I64Attr, "1">:$block_size,
                       DefaultValuedAttr<Lm_SimilarityAttr, "Similarity::dot">:$similarity,
                       DefaultValuedAttr<Lm_PositionPolicyAttr, "PositionPolicy::raw">:$position_policy);
  let results = (outs Lm_Heads:$out, Lm_LogSums:$lse, Optional<TensorRankOf<[I32], [3]>>:$indices);
  let assemblyFormat = [{
    $q `,` $memory `,` $segments (`temperature` $temperature^)? (`granularity` $granularity^)?
    (`similarity` $similarity^)? (`position_policy` $position_policy^)? attr-dict
    `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Lm_MergeAttentionOp : Lm_Op<"merge_attention", [Pure, SameVariadicOperandSize]> {
  let summary = "one joint softmax out of partial results by their log-sum-exp";
  let description = [{
    `lse = log sum_i exp(lse_i)`, `out = sum_i exp(lse_i - lse) out_i`; exact. A row empty in all parts stays empty.

    ```mlir
    %o, %l = lm.merge_attention (%a, %b), (%la, %lb)
      : (tensor<2x1x2xf32>, tensor<2x1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>) -> (tensor<2x1x2xf32>,
      tensor<1x2xf32>)
    ```

    Constraints: `merge_attention_c1` at least one part; `merge_attention_c2` all outs have the result's shape;
    `merge_attention_c3` all lse are `[H, T]`.
  }];
  let arguments = (ins Variadic<Lm_Heads>:$outs, Variadic<Lm_LogSums>:$lses);
  let results = (outs Lm_Heads:$out, Lm_LogSums:$lse);
  let assemblyFormat = "`(` $outs `)` `,` `(` $lses `)` attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif // LONGC_LM_ATTENTION_TD
