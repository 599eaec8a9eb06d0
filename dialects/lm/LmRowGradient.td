// Gradients of norms and of the loss, each one kernel over rows.
#ifndef LONGC_LM_ROW_GRADIENT_TD
#define LONGC_LM_ROW_GRADIENT_TD

include "dialects/lm/LmOpBase.td"

class Lm_NormGradientOp<string mnemonic> : Lm_Op<mnemonic> {
  let arguments = (ins TensorRankOf<[F32], [2, 3]>:$x, Lm_Vector:$w, TensorRankOf<[F32], [2, 3]>:$gradient,
                       Lm_RealAttr:$epsilon);
  let results = (outs TensorRankOf<[F32], [2, 3]>:$result, TensorRankOf<[F32], [2, 3]>:$weighted);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_RmsNormGradientOp : Lm_NormGradientOp<"rms_norm_gradient"> {
  let summary = "gradients of the rows and, row by row, of the weight of an RMS norm";
  let description = [{
    With `r[t] = sqrt(mean_c(x[t, c]^2) + epsilon)`, `n = x / r` and `p = gradient * w`:
    `result[t, c] = (p[t, c] - n[t, c] * mean_c(p[t, c] * n[t, c])) / r[t]`; `weighted = gradient * n`, whose sum over rows
    is the gradient of the weight. Heads are rows.

    ```mlir
    %d, %p = lm.rms_norm_gradient %x, %w, %g {epsilon = 1.0e-5 : f64}
      : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
    ```

    Constraints: `norm_gradient_c1` gradient and results have the shape of x; `norm_gradient_c2` w has its last size;
    `norm_gradient_c3` epsilon >= 0.
  }];
}

def Lm_LayerNormGradientOp : Lm_NormGradientOp<"layer_norm_gradient"> {
  let summary = "gradients of the rows and, row by row, of the weight of a layer norm";
  let description = [{
    With `r[t] = sqrt(var_c(x[t, c]) + epsilon)`, `n = (x - mean_c(x)) / r` and `p = gradient * w`:
    `result[t, c] = (p[t, c] - mean_c(p[t, c]) - n[t, c] * mean_c(p[t, c] * n[t, c])) / r[t]`; `weighted = gradient * n`.

    ```mlir
    %d, %p = lm.layer_norm_gradient %x, %w, %g {epsilon = 1.0e-5 : f64}
      : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
    ```

    Constraints: `norm_gradient_c1`, `norm_gradient_c2`, `norm_gradient_c3`.
  }];
}

class Lm_CrossEntropyGradientOp<string mnemonic> : Lm_Op<mnemonic> {
  let arguments = (ins Lm_Matrix:$x, Lm_Matrix:$w, Lm_Indices:$targets, Lm_Vector:$weights, Lm_Vector:$lse,
                       Lm_Vector:$loss_gradient, Optional<Lm_Vector>:$lse_gradient,
                       DefaultValuedAttr<I64Attr, "-100">:$ignore_index);
  let results = (outs TensorRankOf<[F32], [2]>:$result);
  let assemblyFormat = [{
    $x `,` $w `,` $targets `,` $weights `,` $lse `,` $loss_gradient (`lse` $lse_gradient^)? attr-dict
    `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Lm_CrossEntropyInputGradientOp : Lm_CrossEntropyGradientOp<"cross_entropy_input_gradient"> {
  let summary = "gradient of the projected rows of a cross-entropy";
  let description = [{
    With `p[r, v] = exp(<x[r], w[v]> - lse[r])`, `a[r] = weights[r] * loss_gradient[0]` (0 where the target is
    `ignore_index`) and `b[r] = lse_gradient[r]` (0 without it): `z[r, v] = (a[r] + b[r]) * p[r, v] - a[r] * (v == targets[r])`
    and `out = z w`. No matrix of logits is kept.

    ```mlir
    %d = lm.cross_entropy_input_gradient %x, %w, %t, %g, %s, %one
      : (tensor<4x3xf32>, tensor<5x3xf32>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>, tensor<1xf32>) -> tensor<4x3xf32>
    ```

    Constraints: `cross_entropy_gradient_c1` x is `[R, C]`, w `[V, C]`; `cross_entropy_gradient_c2` one target, weight,
    lse and gradient of it per row; `cross_entropy_gradient_c3` the loss's gradient has one element;
    `cross_entropy_gradient_c4` out has the shape of x.
  }];
}

def Lm_CrossEntropyWeightGradientOp : Lm_CrossEntropyGradientOp<"cross_entropy_weight_gradient"> {
  let summary = "gradient of the projection of a cross-entropy";
  let description = [{
    `out = z^T x` with z as in `lm.cross_entropy_input_gradient`.

    ```mlir
    %e = lm.cross_entropy_weight_gradient %x, %w, %t, %g, %s, %one
      : (tensor<4x3xf32>, tensor<5x3xf32>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>, tensor<1xf32>) -> tensor<5x3xf32>
    ```

    Constraints: `cross_entropy_gradient_c1`, `cross_entropy_gradient_c2`, `cross_entropy_gradient_c3`;
    `cross_entropy_gradient_c5` out has the shape of w.
  }];
}

#endif // LONGC_LM_ROW_GRADIENT_TD
