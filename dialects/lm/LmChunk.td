// Chunks compressed to soft tokens.
#ifndef LONGC_LM_CHUNK_TD
#define LONGC_LM_CHUNK_TD

include "dialects/lm/LmOpBase.td"

def Lm_ChunkPoolOp : Lm_Op<"chunk_pool", [Pure, AttrSizedOperandSegments]> {
  let summary = "soft tokens of each chunk of a packed encoding";
  let description = [{
    Chunk i has the rows `[cu[i], cu[i+1])` of x `[S, C]` and gives k = `tokens_per_chunk` rows. `cls`: its first k rows;
    `last`: its last k rows, in order (ICAE's memory slots); where a chunk has fewer, zeros follow them. `mean`: the
    mean of its rows. `pma` (learned-query attention): with seeds `[k, W]`, wk and wv `[W, C]`,
    K = x wk^T and V = x wv^T are split into `num_heads`;
    `out[i*k + j] = concat_h sum_s softmax_s(scale * <seed_jh, K_sh>) V_sh`;
    `scale` 0 means 1/sqrt(W / num_heads). `normalize`: each row divided by its length. An empty chunk gives zeros.

    ```mlir
    %0 = lm.chunk_pool cls %x, %cu : (tensor<5x4xf32>, tensor<4xi32>) -> tensor<3x4xf32>
    ```

    Constraints: `chunk_pool_c1` cls, mean and last take no seeds and keep C, pma takes seeds, wk and wv;
    `chunk_pool_c2` num_heads divides W; `chunk_pool_c3` out has W (or C) columns; `chunk_pool_c4`
    tokens_per_chunk is positive, and 1 for mean and pma (whose seeds are counted); `ragged_c1`.
  }];
  let arguments = (ins Lm_Matrix:$x, Lm_Indices:$cu_seqlens, Optional<Lm_Matrix>:$seeds, Optional<Lm_Matrix>:$wk,
                       Optional<Lm_Matrix>:$wv, Lm_PoolAttr:$pool, DefaultValuedAttr<I64Attr, "1">:$num_heads,
                       DefaultValuedAttr<Lm_RealAttr, "0.0">:$scale,
                       DefaultValuedAttr<I64Attr, "1">:$tokens_per_chunk, UnitAttr:$normalize);
  let results = (outs Lm_Matrix:$result);
  let assemblyFormat = [{
    $pool $x `,` $cu_seqlens (`seeds` $seeds^ `,` $wk `,` $wv)? (`normalize` $normalize^)? attr-dict
    `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

#endif // LONGC_LM_CHUNK_TD
