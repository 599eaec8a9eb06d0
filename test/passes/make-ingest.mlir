// Windows go into memory alone: keys before their rotation and values are kept, what is above the last of them is not run.
// RUN: longc-opt %s --longc-make-ingest=mem-layers=1 | FileCheck %s
// RUN: longc-opt %s --longc-make-ingest | FileCheck %s --check-prefix=ALL
// RUN: not longc-opt %s --longc-make-ingest=mem-layers=x 2>&1 | FileCheck %s --check-prefix=WRONG

// CHECK-LABEL: func.func @forward
// CHECK-LABEL: func.func @ingest
// CHECK-SAME: %[[TOKENS:[^:]*]]: tensor<?xi32> {lm.input = "tokens"}, %[[POSITIONS:[^:]*]]: tensor<?xi32> {lm.input = "positions"}
// CHECK-SAME: %[[BOUNDARIES:[^:]*]]: tensor<?xi32> {lm.input = "boundaries"}
// CHECK-SAME: %[[SEGMENTS:[^:]*]]: tensor<?x8xi32> {lm.input = "segments"}
// CHECK-SAME: %[[MEMORY:[^:]*]]: !lm.memory<1x4xf32> {lm.input = "memory", lm.layer = 1 : i64}) -> !lm.memory<1x4xf32>
// CHECK: lm.packed_attention
// CHECK: %[[X:.*]] = lm.add
// CHECK: %[[K:.*]] = lm.split_heads
// CHECK: %[[V:.*]] = lm.split_heads
// CHECK: %[[KEPT:.*]] = lm.memory_append %[[MEMORY]], %[[K]], %[[V]], %[[SEGMENTS]]
// CHECK-NEXT: return %[[KEPT]]

// A layer with a window of its own has no memory where another sees everything.
// ALL-LABEL: func.func @ingest
// ALL-SAME: !lm.memory<1x4xf32> {lm.input = "memory", lm.layer = 1 : i64}) -> !lm.memory<1x4xf32>

// WRONG: expected mem-layers to be 'all' or layer numbers with commas, got 'x'

lm.parameter @table : tensor<16x8xf32>
lm.parameter @wq : tensor<8x8xf32>
lm.parameter @wk : tensor<4x8xf32>
func.func @forward(%tokens: tensor<?xi32> {lm.input = "tokens"}, %positions: tensor<?xi32> {lm.input = "positions"},
                   %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> tensor<?x16xf32> {
  %table = lm.parameter_ref @table : tensor<16x8xf32>
  %wq = lm.parameter_ref @wq : tensor<8x8xf32>
  %wk = lm.parameter_ref @wk : tensor<4x8xf32>
  %x = lm.embedding %tokens, %table : (tensor<?xi32>, tensor<16x8xf32>) -> tensor<?x8xf32>
  %q0 = lm.linear %x, %wq : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %qh = lm.split_heads %q0 : (tensor<?x8xf32>) -> tensor<?x2x4xf32>
  %k0 = lm.linear %x, %wk : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  %kh = lm.split_heads %k0 : (tensor<?x4xf32>) -> tensor<?x1x4xf32>
  %q = lm.rope %qh, %positions {dim = 4 : i64, theta = 1.0e4 : f64} : (tensor<?x2x4xf32>, tensor<?xi32>) -> tensor<?x2x4xf32>
  %k = lm.rope %kh, %positions {dim = 4 : i64, theta = 1.0e4 : f64} : (tensor<?x1x4xf32>, tensor<?xi32>) -> tensor<?x1x4xf32>
  %a:2 = lm.packed_attention %q, %k, %kh, %boundaries, %boundaries causal {scale = 0.5 : f64, window = 7 : i64} : (tensor<?x2x4xf32>, tensor<?x1x4xf32>, tensor<?x1x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  %o = lm.merge_heads %a#0 : (tensor<?x2x4xf32>) -> tensor<?x8xf32>
  %y = lm.add %x, %o : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %q1 = lm.linear %y, %wq : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %qh1 = lm.split_heads %q1 : (tensor<?x8xf32>) -> tensor<?x2x4xf32>
  %k1 = lm.linear %y, %wk : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  %kh1 = lm.split_heads %k1 : (tensor<?x4xf32>) -> tensor<?x1x4xf32>
  %v1 = lm.linear %y, %wk : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  %vh1 = lm.split_heads %v1 : (tensor<?x4xf32>) -> tensor<?x1x4xf32>
  %qr = lm.rope %qh1, %positions {dim = 4 : i64, theta = 1.0e4 : f64} : (tensor<?x2x4xf32>, tensor<?xi32>) -> tensor<?x2x4xf32>
  %kr = lm.rope %kh1, %positions {dim = 4 : i64, theta = 1.0e4 : f64} : (tensor<?x1x4xf32>, tensor<?xi32>) -> tensor<?x1x4xf32>
  %b:2 = lm.packed_attention %qr, %kr, %vh1, %boundaries, %boundaries causal {scale = 0.5 : f64} : (tensor<?x2x4xf32>, tensor<?x1x4xf32>, tensor<?x1x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  %p = lm.merge_heads %b#0 : (tensor<?x2x4xf32>) -> tensor<?x8xf32>
  %z = lm.add %y, %p : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %logits = lm.linear %z, %table : (tensor<?x8xf32>, tensor<16x8xf32>) -> tensor<?x16xf32>
  return %logits : tensor<?x16xf32>
}
