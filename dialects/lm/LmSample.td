// The next token.
#ifndef LONGC_LM_SAMPLE_TD
#define LONGC_LM_SAMPLE_TD

include "dialects/lm/LmOpBase.td"

def Lm_SampleOp : Lm_Op<"sample"> {
  let summary = "token of each row of logits: the best, or one drawn after temperature, top-k and top-p";
  let description = [{
    Row r in falling order of its logits (equal ones by token id): temperature 0 takes the first. Otherwise, with weights
    `exp(logits[r, v] / temperature)`: the first `top_k` stay (0: all); of these, the fewest first whose weights sum to
    at least `top_p` of the total; out[r] is the first at which the running sum of weights exceeds `uniform[r]` of what
    stayed, uniform in [0, 1).

    ```mlir
    %a = lm.sample %x, %u {temperature = 0.5 : f64, top_k = 3 : i64, top_p = 0.9 : f64}
      : (tensor<3x5xf32>, tensor<3xf32>) -> tensor<3xi32>
    ```

    Constraints: `sample_c1` one uniform number and one token per row; `sample_c2` temperature and top_k are not
    negative, top_p is in (0, 1].
  }];
  let arguments = (ins TensorRankOf<[F32], [2]>:$logits, Lm_Vector:$uniform,
                       DefaultValuedAttr<Lm_RealAttr, "0.0">:$temperature, DefaultValuedAttr<I64Attr, "0">:$top_k,
                       DefaultValuedAttr<Lm_RealAttr, "1.0">:$top_p);
  let results = (outs Lm_Indices:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif // LONGC_LM_SAMPLE_TD
