// Matrix products, encoding and decoding.
#ifndef LONGC_TILE_PRODUCTS_TD
#define LONGC_TILE_PRODUCTS_TD

include "dialects/tile/TileOpBase.td"

def Tile_MmaOp : Tile_Op<"mma", [Pure, AllTypesMatch<["acc", "result"]>]> {
  let summary = "acc + A x B, accumulated in the accumulator's type";
  let description = [{
    A is `[M, K]`, B is `[K, N]`, or `[N, K]` with `transpose_b`; `acc` and the result are `[M, N]` f32 (or f64).

    ```mlir
    %p = tile.mma %ta, %tb, %tc : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
    ```

    Constraints: `mma_c1` ranks are 2; `mma_c2` K agrees; `mma_c3` M and N agree; `mma_c4` A and B have one
    element type, f32, f64, bf16 or f16.
  }];
  let arguments = (ins AnyStaticShapeTensor:$a, AnyStaticShapeTensor:$b, AnyStaticShapeTensor:$acc,
                       UnitAttr:$transpose_b);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = [{
    $a `,` $b `,` $acc (`transpose_b` $transpose_b^)? attr-dict `:` type($a) `,` type($b) `->` type($acc)
  }];
  let hasVerifier = 1;
}

def Tile_ScaledMmaOp : Tile_Op<"scaled_mma", [Pure, AllTypesMatch<["acc", "result"]>]> {
  let summary = "acc + A x B^T on block-scaled integers";
  let description = [{
    A is an encoded tile (see `tile.encode`): values `[M, K]` i8 or i16, scales `[M, K/32]` f32, sums `[M, K/32]` f32.
    B is `[N, K]` of a quantised type with value `d*q + m` per block of 32 (q4_0: `m = -8 d`; q8_0: `m = 0`).
    Per block: `acc[i,j] += scale[i] * d[j] * sum_k(a[i,k] * q[j,k]) + m[j] * sums[i]`. Sums are
    `scale * sum_k a[i,k]`, in float. The integer sums are exact. `scale_blocks` neighbouring blocks have one scale, in A and in B, and no
    m: their integers may be summed together.

    ```mlir
    %p = tile.scaled_mma %q scaled(%s, %m), %b, %zero
      : tensor<4x64xi8>, tensor<8x64x!tile.quantized<q8_0>> -> tensor<4x8xf32> (tensor<4x2xf32>,
      tensor<4x2xf32>)
    ```

    Constraints: `scaled_mma_c1` B is quantised, its K that of A; `scaled_mma_c2` scales and sums are `[M, K/32]`;
    `scaled_mma_c3` acc is `[M, N]` f32; `scaled_mma_c4` K is a multiple of 32 times `scale_blocks`.
  }];
  let arguments = (ins TensorRankOf<[I8, I16], [2]>:$a, TensorRankOf<[F32], [2]>:$scales,
                       TensorRankOf<[F32], [2]>:$sums, AnyStaticShapeTensor:$b, AnyStaticShapeTensor:$acc,
                       DefaultValuedAttr<I64Attr, "1">:$scale_blocks);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = [{
    $a `scaled` `(` $scales `,` $sums `)` `,` $b `,` $acc attr-dict `:` type($a) `,` type($b) `->` type($acc)
    `(` type($scales) `,` type($sums) `)`
  }];
  let hasVerifier = 1;
}

def Tile_EncodeOp : Tile_Op<"encode", [Pure]> {
  let summary = "float tile to int8 or int16 with a scale and a sum per 32 values along the last dimension";
  let description = [{
    `scale = max|x| / levels` of the block, levels 127 for int8 and 32512 = 127 * 256 for int16 (a value is then
    256 h + l with both halves int8), `values = round_half_even(x / scale)` (0 where scale is 0),
    `sums = scale * sum(values)`. A block with a NaN has a scale and a sum of NaN. With `scale_blocks` so many neighbouring blocks share
    the greatest of their scales. Partner of `tile.scaled_mma`.

    ```mlir
    %q, %p, %n = tile.encode %t : tensor<2x64xf32> -> tensor<2x64xi8>, tensor<2x2xf32>, tensor<2x2xf32>
    ```

    Constraints: `encode_c1` the last dimension is a multiple of 32 times `scale_blocks`; `encode_c2` values have the shape of the source,
    scales and sums one number per block.
  }];
  let arguments = (ins StaticShapeTensorOf<[F32]>:$source, DefaultValuedAttr<I64Attr, "1">:$scale_blocks);
  let results = (outs StaticShapeTensorOf<[I8, I16]>:$values, StaticShapeTensorOf<[F32]>:$scales,
                      StaticShapeTensorOf<[F32]>:$sums);
  let assemblyFormat = [{
    $source attr-dict `:` type($source) `->` type($values) `,` type($scales) `,` type($sums)
  }];
  let hasVerifier = 1;
}

def Tile_DecodeOp : Tile_Op<"decode", [Pure]> {
  let summary = "packed quantised tile to a tile of float values";
  let description = [{
    ```mlir
    %d = tile.decode %b : tensor<8x64x!tile.quantized<q8_0>> -> tensor<8x64xf32>
    ```

    Constraints: `decode_c1` the source is quantised and has the shape of the result.
  }];
  let arguments = (ins AnyStaticShapeTensor:$source);
  let results = (outs StaticShapeTensorOf<[F32, BF16]>:$values);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($values)";
  let hasVerifier = 1;
}

#endif // LONGC_TILE_PRODUCTS_TD
