// Ordinary layers: embedding, linear, norms, activations, sums.
#ifndef LONGC_LM_LAYERS_TD
#define LONGC_LM_LAYERS_TD

include "dialects/lm/LmBase.td"

def Lm_EmbeddingOp : Lm_Op<"embedding", [Pure]> {
  let summary = "rows of a table by token";
  let description = "y[t, c] = table[tokens[t], c]. `embedding_c1`: result is [T, C].";
  let arguments = (ins Lm_Indices:$tokens, Lm_Matrix:$table);
  let results = (outs Lm_Rows:$result);
  let assemblyFormat = "$tokens `,` $table attr-dict `:` type($tokens) `,` type($table) `->` type($result)";
  let hasVerifier = 1;
}

def Lm_LinearOp : Lm_Op<"linear", [Pure]> {
  let summary = "product with a weight matrix";
  let description = [{
    y = x W^T + b with x [T, K], W [N, K], b [N]. Products accumulate in f32 or wider.
    `linear_c1`: K agrees; `linear_c2`: the result is [T, N]; `linear_c3`: bias is [N].
  }];
  let arguments = (ins Lm_Rows:$x, Lm_Rows:$weight, Optional<1DTensorOf<[F64, F32]>>:$bias);
  let results = (outs Lm_Rows:$result);
  let assemblyFormat = [{
    $x `,` $weight (`bias` $bias^ `:` type($bias))? attr-dict `:` type($x) `,` type($weight) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Lm_QuantizedLinearOp : Lm_Op<"quantized_linear", [Pure]> {
  let summary = "product of quantised activations with a quantised weight matrix";
  let description = [{
    y[t, n] = sum over blocks b of scales[t,b] * d[n,b] * sum_k values[t,k] q[n,k] + m[n,b] * sums[t,b]; the integer
    sums are exact. `quantized_linear_c1`: K agrees; `quantized_linear_c2`: the result is [T, N].
  }];
  let arguments = (ins 2DTensorOf<[I8]>:$values, 2DTensorOf<[F32]>:$scales, 2DTensorOf<[F32]>:$sums,
                       Lm_QuantizedType:$weight);
  let results = (outs Lm_Rows:$result);
  let assemblyFormat = [{
    $values `,` $scales `,` $sums `,` $weight attr-dict
    `:` type($values) `,` type($scales) `,` type($sums) `,` type($weight) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Lm_RmsNormOp : Lm_Op<"rms_norm", [Pure]> {
  let summary = "root-mean-square normalisation";
  let description = "y = x / sqrt(mean(x^2) + epsilon) * w, x [T, C], w [C]. `rms_norm_c1`: C agrees.";
  let arguments = (ins Lm_Rows:$x, 1DTensorOf<[F64, F32]>:$weight, F64Attr:$epsilon);
  let results = (outs Lm_Rows:$result);
  let assemblyFormat = "$x `,` $weight `epsilon` $epsilon attr-dict `:` type($x) `,` type($weight) `->` type($result)";
  let hasVerifier = 1;
}

def Lm_LayerNormOp : Lm_Op<"layer_norm", [Pure]> {
  let summary = "normalisation to mean 0 and variance 1";
  let description = "y = (x - mean) / sqrt(var + epsilon) * w + b. `layer_norm_c1`: C agrees.";
  let arguments = (ins Lm_Rows:$x, 1DTensorOf<[F64, F32]>:$weight, 1DTensorOf<[F64, F32]>:$bias, F64Attr:$epsilon);
  let results = (outs Lm_Rows:$result);
  let assemblyFormat = [{
    $x `,` $weight `,` $bias `epsilon` $epsilon attr-dict `:` type($x) `,` type($weight) `,` type($bias) `->` type($result)
  }];
  let hasVerifier = 1;
}

class Lm_ElementwiseBinary<string mnemonic> : Lm_Op<mnemonic, [Pure, SameOperandsAndResultType]> {
  let arguments = (ins Lm_Floats:$lhs, Lm_Floats:$rhs);
  let results = (outs Lm_Floats:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}

def Lm_AddOp : Lm_ElementwiseBinary<"add"> { let summary = "sum of two tensors, as of a residual and a branch"; }

def Lm_SwigluOp : Lm_ElementwiseBinary<"swiglu"> {
  let summary = "silu(gate) * up";
  let description = "y = g / (1 + exp(-g)) * u.";
}

def Lm_GeluOp : Lm_Op<"gelu", [Pure, SameOperandsAndResultType]> {
  let summary = "Gaussian error linear unit, exact (erf) form";
  let description = "y = x/2 (1 + erf(x / sqrt 2)).";
  let arguments = (ins Lm_Floats:$x);
  let results = (outs Lm_Floats:$result);
  let assemblyFormat = "$x attr-dict `:` type($result)";
}

#endif // LONGC_LM_LAYERS_TD
