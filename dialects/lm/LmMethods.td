// Constructs of the other methods: gated memory, chunk pooling, soft-token placement, the loss.
#ifndef LONGC_LM_METHODS_TD
#define LONGC_LM_METHODS_TD

include "dialects/lm/LmBase.td"

def Lm_GatedMemoryOp : Lm_Op<"gated_memory", [Pure]> {
  let summary = "attention output mixed with a per-head MLP memory by a per-head gate";
  let description = [{
    For head h: memory(q) = W2[h] silu(W1[h] q), gate g = sigmoid(gate_scale * (G2[h] silu(G1[h] q)) + gate_shift),
    out = (1 - g) * attention + g * memory(q) (LIFT, 2502.14644). attention and q [T, H, D]; w1 [H, D, E], w2 [H, E, D],
    g1 [H, D, P], g2 [H, P, 1]. `gated_memory_c1`: H and D agree.
  }];
  let arguments = (ins Lm_Heads:$attention, Lm_Heads:$query, 3DTensorOf<[F64, F32]>:$w1, 3DTensorOf<[F64, F32]>:$w2,
                       3DTensorOf<[F64, F32]>:$g1, 3DTensorOf<[F64, F32]>:$g2,
                       DefaultValuedAttr<F64Attr, "1.0">:$gate_scale, DefaultValuedAttr<F64Attr, "0.0">:$gate_shift);
  let results = (outs Lm_Heads:$out);
  let assemblyFormat = [{
    $attention `,` $query `memory` `(` $w1 `,` $w2 `)` `gate` `(` $g1 `,` $g2 `)` attr-dict
    `:` type($attention) `,` type($query) `,` type($w1) `,` type($w2) `,` type($g1) `,` type($g2) `->` type($out)
  }];
  let hasVerifier = 1;
}

def Lm_ChunkPoolOp : Lm_Op<"chunk_pool", [Pure]> {
  let summary = "one vector a chunk from packed encoder outputs";
  let description = [{
    x [T, C], chunk n owns rows [cu[n], cu[n+1]); result [N, C]: its first row (cls), mean or last row (E2LLM,
    2409.06679). An empty chunk gives 0. `chunk_pool_c1`: C agrees.
  }];
  let arguments = (ins Lm_Rows:$x, Lm_Indices:$cu, Lm_PoolKind:$pool);
  let results = (outs Lm_Rows:$result);
  let assemblyFormat = "$pool $x `,` $cu attr-dict `:` type($x) `,` type($cu) `->` type($result)";
  let hasVerifier = 1;
}

def Lm_ScatterRowsOp : Lm_Op<"scatter_rows", [Pure, AllTypesMatch<["target", "result"]>]> {
  let summary = "rows placed among the rows of another matrix";
  let description = "y = target, then y[rows[i]] = source[i]. `scatter_rows_c1`: one row index a source row.";
  let arguments = (ins Lm_Rows:$target, Lm_Rows:$source, Lm_Indices:$rows);
  let results = (outs Lm_Rows:$result);
  let assemblyFormat = "$target `,` $source `,` $rows attr-dict `:` type($target) `,` type($source) `,` type($rows)";
  let hasVerifier = 1;
}

def Lm_CrossEntropyOp : Lm_Op<"cross_entropy", [Pure]> {
  let summary = "weighted cross-entropy fused with the output projection";
  let description = [{
    loss = sum_t weights[t] * (log sum_v exp(z[t, v]) - z[t, labels[t]]), z = x W^T; a label equal to `ignore` adds 0.
    x [T, C], W [V, C], labels [T], weights [T]. `cross_entropy_c1`: T and C agree.
  }];
  let arguments = (ins Lm_Rows:$x, Lm_Rows:$weight, Lm_Indices:$labels, 1DTensorOf<[F64, F32]>:$weights,
                       DefaultValuedAttr<I64Attr, "-100">:$ignore);
  let results = (outs 1DTensorOf<[F64, F32]>:$loss);
  let assemblyFormat = [{
    $x `,` $weight `,` $labels `,` $weights attr-dict
    `:` type($x) `,` type($weight) `,` type($labels) `,` type($weights) `->` type($loss)
  }];
  let hasVerifier = 1;
}

#endif // LONGC_LM_METHODS_TD
