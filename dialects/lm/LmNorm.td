// Normalisation of rows.
#ifndef LONGC_LM_NORM_TD
#define LONGC_LM_NORM_TD

include "dialects/lm/LmOpBase.td"

def Lm_RmsNormOp : Lm_Op<"rms_norm"> {
  let summary = "rows, or heads one by one, divided by their root mean square, times a weight";
  let description = [{
    `out[t, c] = x[t, c] / sqrt(mean_c(x[t, c]^2) + epsilon) * w[c]`; of heads `[T, H, D]` likewise over D.

    ```mlir
    %y = lm.rms_norm %x, %w {epsilon = 1.0e-5 : f64} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
    ```

    Constraints: `rms_norm_c1` w is `[C]`, of heads `[D]`; `rms_norm_c2` out has the shape of x; `rms_norm_c3` epsilon >= 0.
  }];
  let arguments = (ins Lm_MatrixOrHeads:$x, Lm_Vector:$w, Lm_RealAttr:$epsilon);
  let results = (outs Lm_MatrixOrHeads:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_LayerNormOp : Lm_Op<"layer_norm"> {
  let summary = "rows with mean 0 and variance 1, times a weight plus a bias";
  let description = [{
    `out[t, c] = (x[t, c] - mean_c(x)) / sqrt(var_c(x) + epsilon) * w[c] + bias[c]`, variance over C (not C - 1).

    ```mlir
    %y = lm.layer_norm %x, %w bias %b {epsilon = 1.0e-5 : f64}
      : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
    ```

    Constraints: `layer_norm_c1` w and bias are `[C]`; `layer_norm_c2` out has the shape of x; `layer_norm_c3`
    epsilon >= 0.
  }];
  let arguments = (ins Lm_Matrix:$x, Lm_Vector:$w, Optional<Lm_Vector>:$bias, Lm_RealAttr:$epsilon);
  let results = (outs Lm_Matrix:$result);
  let assemblyFormat = "$x `,` $w (`bias` $bias^)? attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif // LONGC_LM_NORM_TD
