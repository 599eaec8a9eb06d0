// Attention: packed, over a window, over a memory, and the exact merge of partial results.
#ifndef LONGC_LM_ATTENTION_TD
#define LONGC_LM_ATTENTION_TD

include "dialects/lm/LmBase.td"

def Lm_PackedAttentionOp : Lm_Op<"packed_attention", [Pure]> {
  let summary = "attention inside the sequences of a ragged batch";
  let description = [{
    q [T, H, D], k and v [S, K, D]; sequence n owns query rows [cu_q[n], cu_q[n+1]) and key rows [cu_k[n], cu_k[n+1]).
    Query head h reads key head h / (H/K). s = scale * <q, k>, with soft_cap c > 0: c * tanh(s / c). Causal: the last
    query of a sequence stands at its last key. window w > 0: a query sees at most the w newest keys up to its own.
    out = softmax(s) v; lse[h, t] = log sum exp(s). A row without keys gives 0 and -inf.
    `packed_attention_c1`: K divides H; `packed_attention_c2`: D agrees; `packed_attention_c3`: cu_seqlens are function
    arguments, so that the host always has them.
  }];
  let arguments = (ins Lm_Heads:$q, Lm_Heads:$k, Lm_Heads:$v, Lm_Indices:$cu_q, Lm_Indices:$cu_k, F64Attr:$scale,
                       UnitAttr:$causal, DefaultValuedAttr<I64Attr, "0">:$window,
                       DefaultValuedAttr<F64Attr, "0.0">:$soft_cap);
  let results = (outs Lm_Heads:$out, 2DTensorOf<[F64, F32]>:$lse);
  let assemblyFormat = [{
    $q `,` $k `,` $v `,` $cu_q `,` $cu_k `scale` $scale (`causal` $causal^)? attr-dict
    `:` type($q) `,` type($k) `,` type($v) `,` type($cu_q) `,` type($cu_k) `->` type($out) `,` type($lse)
  }];
  let hasVerifier = 1;
}

def Lm_WindowAttentionOp : Lm_Op<"window_attention", [MemoryEffects<[MemRead]>]> {
  let summary = "causal attention to the local window of a cache";
  let description = [{
    Token row t of a sequence has index i = window end - (query end - t); it sees the cached rows
    [window begin, i]. Results as in `lm.packed_attention`.
  }];
  let arguments = (ins Lm_Heads:$q, Lm_CacheType:$cache, Lm_Segments:$segments, F64Attr:$scale,
                       DefaultValuedAttr<F64Attr, "0.0">:$soft_cap);
  let results = (outs Lm_Heads:$out, 2DTensorOf<[F64, F32]>:$lse);
  let assemblyFormat = [{
    $q `,` $cache `,` $segments `scale` $scale attr-dict
    `:` type($q) `,` type($cache) `,` type($segments) `->` type($out) `,` type($lse)
  }];
  let hasVerifier = 1;
}

def Lm_KnnAttentionOp : Lm_Op<"knn_attention", [MemoryEffects<[MemRead]>]> {
  let summary = "attention to the memory, dense or to the exact k best entries";
  let description = [{
    Every query of a sequence sees the memory rows [memory begin, memory end) without a causal mask (all are older).
    s = temperature * scale * <q, key>; with topk > 0 only the k entries of largest s of each query and head take part
    (ties to the lower index); topk = 0 is dense (FoT, 2307.03170, sections 3.1 and 3.2). Memory keys are un-rotated:
    a query is rotated by its place in the window, so a memory key behaves as if it sat in the window's first slot.
  }];
  let arguments = (ins Lm_Heads:$q, Lm_MemoryType:$memory, Lm_Segments:$segments, 1DTensorOf<[F32]>:$temperature,
                       F64Attr:$scale, DefaultValuedAttr<I64Attr, "0">:$topk,
                       DefaultValuedAttr<Lm_Similarity, "::longc::lm::Similarity::dot">:$similarity);
  let results = (outs Lm_Heads:$out, 2DTensorOf<[F64, F32]>:$lse);
  let assemblyFormat = [{
    $q `,` $memory `,` $segments `,` $temperature `scale` $scale attr-dict
    `:` type($q) `,` type($memory) `,` type($segments) `,` type($temperature) `->` type($out) `,` type($lse)
  }];
  let hasVerifier = 1;
}

def Lm_MergeAttentionOp : Lm_Op<"merge_attention", [Pure, SameVariadicOperandSize]> {
  let summary = "partial attention results as one joint softmax, exactly";
  let description = "L = log sum exp(L_i); out = sum exp(L_i - L) out_i. `merge_attention_c1`: at least two parts.";
  let arguments = (ins Variadic<Lm_Heads>:$outs, Variadic<2DTensorOf<[F64, F32]>>:$lses);
  let results = (outs Lm_Heads:$out, 2DTensorOf<[F64, F32]>:$lse);
  let assemblyFormat = [{
    `(` $outs `)` `,` `(` $lses `)` attr-dict `:` `(` type($outs) `)` `,` `(` type($lses) `)` `->` type($out) `,` type($lse)
  }];
  let hasVerifier = 1;
}

#endif // LONGC_LM_ATTENTION_TD
