// Rotary positions.
#ifndef LONGC_LM_ROPE_TD
#define LONGC_LM_ROPE_TD

include "dialects/lm/LmOpBase.td"

def Lm_RopeOp : Lm_Op<"rope"> {
  let summary = "rotary position embedding of heads";
  let description = [{
    The first `dim` columns of each head turn in pairs (a, b) by 
    `angle(t, c) = scale * positions[t] * theta^(-2c/dim) / factors[c]`, c = 0 .. dim/2-1, no `factors` being factors of
    1: `a' = a cos - b sin`, `b' = b cos + a sin`; `inverse` turns the other way, by -angle. Style `half`: a = column c, b = column c + dim/2;
    `interleaved`: a = column 2c, b = column 2c + 1. Columns from `dim` on stay.

    Linear scaling by f is `scale = 1/f`. Scaling of Llama 3 (GGUF's `rope_freqs.weight`) is `factors`: with the wave
    length l = 2 pi theta^(2c/dim) and L original positions, 1 where l < L/high, f where l > L/low, else
    `1 / ((1 - s)/f + s)` with `s = (L/l - low) / (high - low)`.

    ```mlir
    %y = lm.rope %x, %p {theta = 100.0 : f64, dim = 4 : i64}
      : (tensor<3x2x6xf32>, tensor<3xi32>) -> tensor<3x2x6xf32>
    ```

    Constraints: `rope_c1` out has the shape of x; `rope_c2` one position per token; `rope_c3` dim is even, positive and
    at most D; `rope_c4` theta and scale are positive; `rope_c5` no factors or dim/2 positive ones.
  }];
  let arguments = (ins Lm_Heads:$x, Lm_Indices:$positions, Lm_RealAttr:$theta, I64Attr:$dim,
                       DefaultValuedAttr<Lm_RopeStyleAttr, "RopeStyle::half">:$style,
                       DefaultValuedAttr<Lm_RealAttr, "1.0">:$scale,
                       DefaultValuedAttr<DenseF64ArrayAttr, "{}">:$factors, UnitAttr:$inverse);
  let results = (outs Lm_Heads:$result);
  let assemblyFormat = "$x `,` $positions (`style` $style^)? attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_RopeAnglesOp : Lm_Op<"rope_angles"> {
  let summary = "cosines and sines of rotary positions, shared by the layers of a call";
  let description = [{
    `out[t, c] = cos(angle(t, c))`, `out[t, dim/2 + c] = sin(angle(t, c))`, c = 0 .. dim/2-1, angles as in `lm.rope`,
    computed in f64. Constraints: `rope_angles_c1` out is `[T, dim]`; `rope_c3`, `rope_c4`, `rope_c5` as in
    `lm.rope`.

    ```mlir
    %a = lm.rope_angles %p {theta = 100.0 : f64, dim = 4 : i64} : (tensor<3xi32>) -> tensor<3x4xf32>
    ```
  }];
  let arguments = (ins Lm_Indices:$positions, Lm_RealAttr:$theta, I64Attr:$dim,
                       DefaultValuedAttr<Lm_RealAttr, "1.0">:$scale,
                       DefaultValuedAttr<DenseF64ArrayAttr, "{}">:$factors);
  let results = (outs TensorRankOf<[F32], [2]>:$result);
  let assemblyFormat = "$positions attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_ApplyRopeOp : Lm_Op<"apply_rope"> {
  let summary = "rotation of heads by given cosines and sines";
  let description = [{
    `lm.rope` with the angles of `lm.rope_angles`; `dim` is their number of columns. `inverse` turns the other way.

    ```mlir
    %y = lm.apply_rope %x, %a : (tensor<3x2x6xf32>, tensor<3x4xf32>) -> tensor<3x2x6xf32>
    ```

    Constraints: `apply_rope_c1` out has the shape of x; `apply_rope_c2` angles are `[T, dim]`, dim even and at most D.
  }];
  let arguments = (ins Lm_Heads:$x, TensorRankOf<[F32], [2]>:$angles,
                       DefaultValuedAttr<Lm_RopeStyleAttr, "RopeStyle::half">:$style, UnitAttr:$inverse);
  let results = (outs Lm_Heads:$result);
  let assemblyFormat = "$x `,` $angles (`style` $style^)? attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif // LONGC_LM_ROPE_TD
