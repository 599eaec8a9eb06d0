// Loss fused with the output projection.
#ifndef LONGC_LM_LOSS_TD
#define LONGC_LM_LOSS_TD

include "dialects/lm/LmOpBase.td"

def Lm_CrossEntropyOp : Lm_Op<"cross_entropy"> {
  let summary = "weighted next-token cross-entropy of projected rows";
  let description = [{
    `logits = x w^T`, `lse[r] = log sum_v exp(logits[r, v])`,
    `loss[0] = sum_r weights[r] * (lse[r] - logits[r, targets[r]])` over rows whose target is not `ignore_index`.
    Normalisation (per token, sequence, pack or row) is in the weights.

    ```mlir
    %l, %s = lm.cross_entropy %x, %w, %t, %g
      : (tensor<4x3xf32>, tensor<5x3xf32>, tensor<4xi32>, tensor<4xf32>) -> (tensor<1xf32>, tensor<4xf32>)
    ```

    Constraints: `cross_entropy_c1` x is `[R, C]`, w `[V, C]`; `cross_entropy_c2` one target and one weight per row;
    `cross_entropy_c3` loss is `tensor<1xf32>`, lse `[R]`.
  }];
  let arguments = (ins Lm_Matrix:$x, Lm_Matrix:$w, Lm_Indices:$targets, Lm_Vector:$weights,
                       DefaultValuedAttr<I64Attr, "-100">:$ignore_index);
  let results = (outs Lm_Vector:$loss, Lm_Vector:$lse);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif // LONGC_LM_LOSS_TD
