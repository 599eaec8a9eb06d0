// Running exact selection.
#ifndef LONGC_TILE_SELECTION_TD
#define LONGC_TILE_SELECTION_TD

include "dialects/tile/TileOpBase.td"

def Tile_TopkInitOp : Tile_Op<"topk_init", [Pure]> {
  let summary = "empty selection";
  let description = [{
    ```mlir
    %k0 = tile.topk_init : !tile.topk<3, 2>
    ```

    Constraints: `topk_init_c1` rows and k are positive.
  }];
  let results = (outs Tile_TopkType:$state);
  let assemblyFormat = "attr-dict `:` type($state)";
  let hasVerifier = 1;
}

def Tile_TopkUpdateOp : Tile_Op<"topk_update", [Pure, AllTypesMatch<["state", "result"]>]> {
  let summary = "offers a tile of scores whose columns have consecutive indices from `first`";
  let description = [{
    A score of -inf or NaN is never selected. Ties go to the lower index.

    ```mlir
    %k1 = tile.topk_update %k0, %v at %c0 : tensor<3x3xf32> -> !tile.topk<3, 2>
    ```

    Constraints: `topk_update_c1` one row of scores per row of the state.
  }];
  let arguments = (ins Tile_TopkType:$state, TensorRankOf<[F32], [2]>:$scores, Index:$first);
  let results = (outs Tile_TopkType:$result);
  let assemblyFormat = "$state `,` $scores `at` $first attr-dict `:` type($scores) `->` type($state)";
  let hasVerifier = 1;
}

def Tile_TopkThresholdOp : Tile_Op<"topk_threshold", [Pure]> {
  let summary = "score and index of each row's k-th best entry";
  let description = [{
    An entry (s, i) is selected exactly when `s > score`, or `s == score` and `i <= index`. A row with fewer than
    k entries gives (-inf, 2147483647): everything offered is selected.

    ```mlir
    %p, %q = tile.topk_threshold %k2 : !tile.topk<3, 2> -> tensor<3xf32>, tensor<3xi32>
    ```

    Constraints: `topk_threshold_c1` one score and one index per row of the state.
  }];
  let arguments = (ins Tile_TopkType:$state);
  let results = (outs TensorRankOf<[F32], [1]>:$scores, TensorRankOf<[I32], [1]>:$indices);
  let assemblyFormat = "$state attr-dict `:` type($state) `->` type($scores) `,` type($indices)";
  let hasVerifier = 1;
}

#endif // LONGC_TILE_SELECTION_TD
