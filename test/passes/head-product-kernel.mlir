// Each head's rows times the head's own matrix, a block of columns at a time.
// RUN: longc-interpret %s --function heads --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @heads(%x: tensor<?x3x4xf32>, %w: tensor<3x4x100xf32>) -> tensor<?x3x100xf32> {
  %y = lm.product %x, %w : (tensor<?x3x4xf32>, tensor<3x4x100xf32>) -> tensor<?x3x100xf32>
  return %y : tensor<?x3x100xf32>
}
}
