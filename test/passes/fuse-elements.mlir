// Element-wise ops that no kernel took in become one pass; what a product in between needs keeps them apart.
// RUN: longc-opt %s --longc-fuse-elements | FileCheck %s
// RUN: longc-interpret %s --function heads --tokens 9 --compare-after longc-fuse-elements,longc-tile-linear,longc-tile-streaming --tolerance 1e-6
// RUN: longc-interpret %s --function mlp --tokens 9 --compare-after longc-fuse-elements,longc-tile-linear,longc-tile-streaming --tolerance 1e-6

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
// CHECK-LABEL: func.func @mlp
// CHECK: lm.group
// CHECK: lm.swiglu
// CHECK: lm.multiply
// CHECK: lm.silu_gradient
// CHECK: lm.round
// CHECK: lm.yield
// CHECK: lm.product
// CHECK: lm.add
// CHECK-NOT: lm.group
func.func @mlp(%gate: tensor<?x64xf32>, %up: tensor<?x64xf32>, %g: tensor<?x64xf32>, %w: tensor<64x64xf32>)
    -> (tensor<?x64xf32>, tensor<?x64xbf16>, tensor<?x64xf32>) {
  %0 = lm.swiglu %gate, %g : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %1 = lm.multiply %g, %up : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %2 = lm.silu_gradient %gate, %1 : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %3 = lm.round %2 : (tensor<?x64xf32>) -> tensor<?x64xbf16>
  %4 = lm.product %2, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %5 = lm.add %4, %0 : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %0, %3, %5 : tensor<?x64xf32>, tensor<?x64xbf16>, tensor<?x64xf32>
}

// Heads that are merged are rounded and scaled on the way.
// CHECK-LABEL: func.func @heads
// CHECK: lm.group
// CHECK: lm.merge_heads
// CHECK: lm.round
// CHECK: lm.scale
// CHECK: lm.yield
// CHECK-NOT: lm.group
func.func @heads(%h: tensor<?x4x16xf32>, %w: tensor<64x64xbf16>) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %0 = lm.merge_heads %h : (tensor<?x4x16xf32>) -> tensor<?x64xf32>
  %1 = lm.round %0 : (tensor<?x64xf32>) -> tensor<?x64xbf16>
  %2 = lm.scale %0 {factor = 2.0 : f64} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %3 = lm.linear %1, %w : (tensor<?x64xbf16>, tensor<64x64xbf16>) -> tensor<?x64xf32>
  return %2, %3 : tensor<?x64xf32>, tensor<?x64xf32>
}
}
