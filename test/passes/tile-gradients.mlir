// Kernels of what gradients are made of compute what the plain ops do.
// RUN: longc-interpret %s --function elements --tokens 37 --compare-after longc-tile-streaming --tolerance 1e-7
// RUN: longc-interpret %s --function shares --compare-after longc-tile-streaming --tolerance 1e-7
// RUN: longc-interpret %s --function rotate_back --tokens 37 --compare-after longc-lower-rope,longc-tile-streaming --tolerance 1e-6

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @elements(%x: tensor<?x64xf32>, %g: tensor<?x64xf32>)
    -> (tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>) {
  %0 = lm.multiply %x, %g : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %1 = lm.sigmoid %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %2 = lm.silu %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %3 = lm.silu_gradient %x, %g : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %4 = lm.gelu_gradient %x, %g : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %5 = lm.gelu_gradient %x, %g {tanh} : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %6 = lm.fill %x {value = 0.25 : f64} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>
}

func.func @shares() -> tensor<2x4xf32> {
  %x = arith.constant dense<[[0.5, -1.0, 1.0, 0xFF800000], [0xFF800000, -0.5, 0.0, -3.0]]> : tensor<2x4xf32>
  %y = arith.constant dense<[[0.5, 0.0, 1.5, 2.0], [0xFF800000, 1.0, 3.0, 1.0]]> : tensor<2x4xf32>
  %z = lm.merge_weight %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}

func.func @rotate_back(%x: tensor<?x2x32xf32>, %positions: tensor<?xi32> {lm.input = "positions"}) -> (tensor<?x2x32xf32>, tensor<?x2x32xf32>) {
  %0 = lm.rope %x, %positions {theta = 100.0 : f64, dim = 32 : i64, inverse} : (tensor<?x2x32xf32>, tensor<?xi32>) -> tensor<?x2x32xf32>
  %1 = lm.rope %x, %positions {theta = 100.0 : f64, dim = 16 : i64, inverse} : (tensor<?x2x32xf32>, tensor<?xi32>) -> tensor<?x2x32xf32>
  return %0, %1 : tensor<?x2x32xf32>, tensor<?x2x32xf32>
}
}
