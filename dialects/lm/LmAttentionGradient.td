// Gradients of attention: each row of a result is owned by one block, so that sums have one order.
#ifndef LONGC_LM_ATTENTION_GRADIENT_TD
#define LONGC_LM_ATTENTION_GRADIENT_TD

include "dialects/lm/LmOpBase.td"

class Lm_AttentionGradientOp<string mnemonic> : Lm_Op<mnemonic, [Pure, AttrSizedOperandSegments]> {
  let arguments = (ins Lm_Heads:$q, Lm_Heads:$k, Lm_Heads:$v, Lm_Heads:$gradient, Lm_LogSums:$lse, Lm_LogSums:$delta,
                       Lm_Indices:$cu_q, Lm_Indices:$cu_k, Optional<Lm_Segments>:$sources,
                       Optional<Lm_Heads>:$source_keys, UnitAttr:$causal, Lm_RealAttr:$scale,
                       DefaultValuedAttr<I64Attr, "0">:$window, DefaultValuedAttr<Lm_RealAttr, "0.0">:$soft_cap);
  let assemblyFormat = [{
    $q `,` $k `,` $v `,` $gradient `,` $lse `,` $delta `,` $cu_q `,` $cu_k (`sources` $sources^)?
    (`source_keys` $source_keys^)? (`causal` $causal^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Lm_AttentionQueryGradientOp : Lm_AttentionGradientOp<"attention_query_gradient"> {
  let summary = "gradient of the queries of packed attention";
  let description = [{
    Of `lm.packed_attention` with these operands and attributes, whose out has the `gradient`, whose lse is `lse`, and
    `delta[h, t] = <gradient[t, h], out[t, h]>` less the gradient of lse: over the visible keys s, with
    `p = exp(score - lse[h, t])` and `z[t, h, s] = scale * p * (<gradient[t, h], v[s]> - delta[h, t])`, times
    `1 - (score / soft_cap)^2` if there is a cap: `out[t, h] = sum_s z[t, h, s] * k[s]`, with source keys in the place of
    the keys of sources. A row that sees nothing has gradient 0.

    ```mlir
    %dq = lm.attention_query_gradient %q, %k, %v, %g, %l, %d, %cq, %ck causal {scale = 0.5 : f64}
      : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>,
      tensor<4xi32>, tensor<4xi32>) -> tensor<5x2x2xf32>
    ```

    Constraints: `attention_gradient_c1` heads: H a multiple of G, one D; `attention_gradient_c2` k and v agree, and the
    gradient has the shape of q; `attention_gradient_c3` lse and delta are `[H, T]`; `ragged_c1`;
    `attention_gradient_c4` sources have two columns, and source keys have the shape of k and need sources; `attention_gradient_c5` window and soft cap are not negative;
    `attention_gradient_c6` out has the shape of q.
  }];
  let results = (outs TensorRankOf<[F32], [3]>:$result);
}

def Lm_AttentionKeyGradientOp : Lm_AttentionGradientOp<"attention_key_gradient"> {
  let summary = "gradients of the keys and values of packed attention";
  let description = [{
    With p and z of `lm.attention_query_gradient`, sums over the query rows and heads that see key s:
    `key_gradient[s] = sum z[t, h, s] * q[t, h]`, `value_gradient[s] = sum p * gradient[t, h]`. With source keys, what is seen
    as those adds up to `source_key_gradient` instead of `key_gradient`.

    ```mlir
    %dk, %dv = lm.attention_key_gradient %q, %k, %v, %g, %l, %d, %cq, %ck causal {scale = 0.5 : f64}
      : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>,
      tensor<4xi32>, tensor<4xi32>) -> (tensor<7x1x2xf32>, tensor<7x1x2xf32>)
    ```

    Constraints: `attention_gradient_c1`, `attention_gradient_c2`, `attention_gradient_c3`, `ragged_c1`,
    `attention_gradient_c4`, `attention_gradient_c5`; `attention_gradient_c7` results have the shape of k;
    `attention_gradient_c8` there is a gradient of source keys if there are source keys.
  }];
  let results = (outs TensorRankOf<[F32], [3]>:$key_gradient, TensorRankOf<[F32], [3]>:$value_gradient,
                      Optional<TensorRankOf<[F32], [3]>>:$source_key_gradient);
}

#endif // LONGC_LM_ATTENTION_GRADIENT_TD
