// Products with weights, and the precision steps around them.
#ifndef LONGC_LM_MATMUL_TD
#define LONGC_LM_MATMUL_TD

include "dialects/lm/LmOpBase.td"

def Lm_LinearOp : Lm_Op<"linear", [Pure, AttrSizedOperandSegments]> {
  let summary = "linear layer, y = x W^T + b, and a low-rank adapter beside the weight";
  let description = [{
    `out[t, n] = sum_k x[t, k] * w[n, k] (+ bias[n])`; with `lora` (A, B) (2106.09685) also
    `+ lora_scale * sum_r h[t, r] * B[n, r]`, `h[t, r] = sum_k x[t, k] * A[r, k]`. h is not rounded.

    ```mlir
    %y = lm.linear %x, %w : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
    ```

    With an adapter: `lm.linear %x, %w lora(%la, %lb) {lora_scale = 0.5 : f64} : ...`.

    Constraints: `linear_c1` w is `[N, K]` with the K of x; `linear_c2` out is `[T, N]`; `linear_c3` bias is `[N]`;
    `linear_c4` x, w and A have one element type; `linear_c5` A is `[R, K]`, B `[N, R]`, R known and positive.
  }];
  let arguments = (ins Lm_Matrix:$x, Lm_Matrix:$w, Optional<Lm_Vector>:$bias, Optional<Lm_Matrix>:$lora_a,
                       Optional<Lm_Matrix>:$lora_b, DefaultValuedAttr<Lm_RealAttr, "1.0">:$lora_scale);
  let results = (outs Lm_Matrix:$result);
  let assemblyFormat = [{
    $x `,` $w (`bias` $bias^)? (`lora` `(` $lora_a^ `,` $lora_b `)`)? attr-dict `:` functional-type(operands, results)
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$x, "::mlir::Value":$w,
                                 "::mlir::Value":$bias), [{
    build($_builder, $_state, result, x, w, bias, /*lora_a=*/::mlir::Value(), /*lora_b=*/::mlir::Value(), 1.0);
  }]>];
  let hasVerifier = 1;
}

def Lm_DequantizeOp : Lm_Op<"dequantize"> {
  let summary = "quantised matrix as real numbers";
  let description = [{
    `out[n, k] = d * q + m` of the block that holds (n, k); q4_0: `d * (q - 8)`; q8_0: `d * q`.

    ```mlir
    %d = lm.dequantize %w : (!lm.quantized<4x32, q8_0>) -> tensor<4x32xf32>
    ```

    Constraints: `dequantize_c1` shapes agree.
  }];
  let arguments = (ins Lm_QuantizedType:$source);
  let results = (outs Lm_Matrix:$result);
  let assemblyFormat = "$source attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_QuantizeOp : Lm_Op<"quantize"> {
  let summary = "rows to int8 or int16 with a scale and a sum per 32 columns";
  let description = [{
    Per block of 32 columns: `scale = max|x| / levels`, levels 127 for int8 and 32512 = 127 * 256 for int16 (a value is
    then 256 h + l with both halves int8), `values = round_half_even(x / scale)` (0 where the scale is 0),
    `sums = scale * sum(values)`; scale and sum of a block with a NaN are NaN. With `scale_blocks` so many neighbouring blocks share
    the greatest of their scales. The definition of `tile.encode`.

    ```mlir
    %va, %sa, %ma = lm.quantize %x : (tensor<2x64xf32>) -> (tensor<2x64xi8>, tensor<2x2xf32>, tensor<2x2xf32>)
    ```

    Constraints: `quantize_c1` K is a multiple of 32 times `scale_blocks`; `quantize_c2` values are `[T, K]`, scales and sums `[T, K/32]`.
  }];
  let arguments = (ins TensorRankOf<[F32], [2]>:$x, DefaultValuedAttr<I64Attr, "1">:$scale_blocks);
  let results = (outs TensorRankOf<[I8, I16], [2]>:$values, TensorRankOf<[F32], [2]>:$scales,
                      TensorRankOf<[F32], [2]>:$sums);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_QuantizedLinearOp : Lm_Op<"quantized_linear", [Pure, AttrSizedOperandSegments]> {
  let summary = "linear layer on quantised activations and a quantised weight";
  let description = [{
    With blocks b of 32 columns and a weight block of value `d*q + m`:
    `out[t, n] = sum_b scales[t, b] * d[n, b] * sum_(k in b) values[t, k] * q[n, k] + m[n, b] * sums[t, b]`
    `(+ bias[n])`; with `lora x (A, B)` also what the adapter of `lm.linear` adds, of the activations x as they were. `scale_blocks`
    neighbouring blocks have one scale, in the rows and in the weight: their integers may be summed together.

    ```mlir
    %ia = lm.quantized_linear %v, %s, %m, %wa
      : (tensor<3x64xi8>, tensor<3x2xf32>, tensor<3x2xf32>, !lm.quantized<8x64, q8_0>) -> tensor<3x8xf32>
    ```

    Constraints: `quantized_linear_c1` K agrees; `quantized_linear_c2` scales and sums are `[T, K/32]`;
    `quantized_linear_c3` out is `[T, N]`; `quantized_linear_c4` x is `[T, K]`; A and B as in `linear_c4`, `linear_c5`;
    `quantized_linear_c5` bias is `[N]`; `quantized_linear_c6` K is a multiple of 32 times `scale_blocks`.
  }];
  let arguments = (ins TensorRankOf<[I8, I16], [2]>:$values, TensorRankOf<[F32], [2]>:$scales,
                       TensorRankOf<[F32], [2]>:$sums, Lm_QuantizedType:$w, Optional<Lm_Vector>:$bias,
                       Optional<Lm_Matrix>:$x, Optional<Lm_Matrix>:$lora_a, Optional<Lm_Matrix>:$lora_b,
                       DefaultValuedAttr<Lm_RealAttr, "1.0">:$lora_scale,
                       DefaultValuedAttr<I64Attr, "1">:$scale_blocks);
  let results = (outs Lm_Matrix:$result);
  let assemblyFormat = [{
    $values `,` $scales `,` $sums `,` $w (`bias` $bias^)? (`lora` $x^ `(` $lora_a `,` $lora_b `)`)? attr-dict
    `:` functional-type(operands, results)
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$values, "::mlir::Value":$scales,
                                 "::mlir::Value":$sums, "::mlir::Value":$w,
                                 "::mlir::Value":$bias), [{
    ::mlir::Value none;
    build($_builder, $_state, result, values, scales, sums, w, bias, /*x=*/none, /*lora_a=*/none, /*lora_b=*/none, 1.0);
  }]>];
  let hasVerifier = 1;
}

def Lm_RoundOp : Lm_ElementwiseOp<"round"> {
  let summary = "change of float type, rounding to nearest even";
  let description = [{
    Inserted by choose-precision alone. Constraints: `elementwise_c1` all shapes agree.

    ```mlir
    %y = lm.round %x : (tensor<4xf32>) -> tensor<4xbf16>
    ```
  }];
  let arguments = (ins Lm_Elements:$x);
}

#endif // LONGC_LM_MATMUL_TD
