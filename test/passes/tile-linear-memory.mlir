// Gated memories: a block is rows of one head, read-out and gate are products with that head's matrices.
// RUN: longc-opt %s --pass-pipeline="builtin.module(longc-tile-linear,canonicalize,tile.kernel(cse))" | FileCheck %s
// RUN: longc-interpret %s --function lift --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %s --function state --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %s --function written --tokens 70 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %s --function sequences --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %s --function given --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 96, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
lm.parameter @w1 trainable : tensor<4x32x64xf32>
lm.parameter @w2 trainable : tensor<4x64x32xf32>
lm.parameter @u1 trainable : tensor<4x32x5xf32>
lm.parameter @u2 trainable : tensor<4x5xf32>

// CHECK-LABEL: tile.kernel @gated_memory_4x32 grid(%arg0, %arg1)
// CHECK: %[[Q:.*]] = tile.load %{{.*}}[%[[ROW:.*]], %arg1, %c0] dropped [1] : <?x4x32xf32> -> tensor<16x32xf32>
// CHECK: %[[U1:.*]] = tile.load %{{.*}}[%arg1, %c0, %c0] dropped [0] : <4x32x5xf32> -> tensor<32x5xf32>
// CHECK: tile.mma %[[Q]], %[[U1]]
// CHECK: math.exp2
// CHECK: tile.load %{{.*}}[%arg1, %c0] : <4x5xf32> -> tensor<1x5xf32>
// CHECK: tile.reduce add %{{.*}} dim 1 : tensor<16x5xf32> -> tensor<16xf32>
// CHECK: %[[MASK:.*]] = tile.load {{.*}} -> tensor<16xf32>
// CHECK: %[[G:.*]] = arith.mulf %{{.*}}, %[[MASK]]
// CHECK: tile.mma %[[Q]], %{{.*}} -> tensor<16x64xf32>
// CHECK: tile.mma {{.*}} -> tensor<16x32xf32>
// CHECK: tile.store %{{.*}}, %{{.*}}[%[[ROW]], %arg1, %c0] dropped [1]
// CHECK: tile.store %{{.*}}, %{{.*}}[%[[ROW]], %arg1] : tensor<16x1xf32>
// CHECK-LABEL: func.func @lift
// CHECK: tile.launch @gated_memory_4x32 grid(%{{.*}}, %c4)
func.func @lift(%a: tensor<?x4x32xf32>, %q: tensor<?x4x32xf32>, %mask: tensor<?xf32>) -> (tensor<?x4x32xf32>, tensor<?x4xf32>) {
  %w1 = lm.parameter_ref @w1 : tensor<4x32x64xf32>
  %w2 = lm.parameter_ref @w2 : tensor<4x64x32xf32>
  %u1 = lm.parameter_ref @u1 : tensor<4x32x5xf32>
  %u2 = lm.parameter_ref @u2 : tensor<4x5xf32>
  %o, %g = lm.gated_memory %a, %q reads (%w1, %w2) gate (%u1, %u2) mask %mask
    : (tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<4x32x64xf32>, tensor<4x64x32xf32>, tensor<4x32x5xf32>, tensor<4x5xf32>, tensor<?xf32>) -> (tensor<?x4x32xf32>, tensor<?x4xf32>)
  return %o, %g : tensor<?x4x32xf32>, tensor<?x4xf32>
}

// Two query heads read one state; the gate weighs the attention.
// CHECK-LABEL: tile.kernel @gated_memory_4x32_1
// CHECK: tile.scalar %{{.*}}[%arg1]
// CHECK: %[[STATE:.*]] = arith.divui %arg1, %c2
// CHECK: arith.truncf
func.func @state(%a: tensor<?x4x32xbf16>, %q: tensor<?x4x32xf32>, %s: tensor<2x32x32xf32>, %n: tensor<2x32xf32>, %z: tensor<4xf32>) -> tensor<?x4x32xbf16> {
  %o = lm.gated_memory %a, %q reads kind linear_state (%s, %n) gate selects local (%z) {gate_scale = 1.0 : f64, gate_shift = 0.0 : f64}
    : (tensor<?x4x32xbf16>, tensor<?x4x32xf32>, tensor<2x32x32xf32>, tensor<2x32xf32>, tensor<4xf32>) -> tensor<?x4x32xbf16>
  return %o : tensor<?x4x32xbf16>
}

// CHECK-LABEL: tile.kernel @gated_memory_4x32_2
// CHECK: tile.load %{{.*}}[%{{.*}}, %arg1] : <?x4xf32> -> tensor<16x1xf32>
// CHECK-NOT: tile.mma
// CHECK: tile.return
func.func @given(%a: tensor<?x4x32xf32>, %m: tensor<?x4x32xf32>, %z: tensor<?x4xf32>) -> tensor<?x4x32xf32> {
  %o = lm.gated_memory %a, %a reads kind external (%m) gate (%z)
    : (tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?x4xf32>) -> tensor<?x4x32xf32>
  return %o : tensor<?x4x32xf32>
}

// Reading is a kernel, writing another; a unit of two equal numbers keeps the norm above 0.
// A block that writes is one head of keys, which adds up products of turned features.
// CHECK-LABEL: tile.kernel @write_state_2x32 grid(%arg0, %arg1)
// CHECK: tile.load %{{.*}}[%arg1, %c0, %c0] dropped [0] : <2x32x32xf32> -> tensor<32x32xf32>
// CHECK: %[[ROWS:.*]] = tile.dim
// CHECK: %[[NEXT:.*]]:2 = scf.for %[[K:.*]] = %c0 to %[[ROWS]] step %c32
// CHECK: %[[F:.*]] = arith.select {{.*}} : tensor<32x32xi1>, tensor<32x32xf32>
// CHECK: %[[T:.*]] = tile.transpose %[[F]]
// CHECK: tile.mma %[[T]]
// CHECK: tile.mma %{{.*}}, %[[F]], %{{.*}} -> tensor<1x32xf32>
// CHECK: tile.store %[[NEXT]]#1
// CHECK: tile.store %[[NEXT]]#0, %{{.*}}[%arg1, %c0, %c0] dropped [0]
// CHECK-LABEL: tile.kernel @gated_memory_4x32_3
// CHECK-LABEL: func.func @written
// CHECK: tile.launch @write_state_2x32 grid(%c1, %c2)
// CHECK: tile.launch @gated_memory_4x32_3
func.func @written(%a: tensor<?x4x32xf32>, %q: tensor<?x4x32xf32>, %k: tensor<?x2x32xf32>, %v: tensor<?x2x32xbf16>, %s: tensor<2x32x32xf32>, %sums: tensor<2x32xf32>, %z: tensor<1xf32>)
    -> (tensor<?x4x32xf32>, tensor<?x4xf32>, tensor<2x32x32xf32>, tensor<2x32xf32>) {
  %n = lm.swiglu %sums, %sums : (tensor<2x32xf32>, tensor<2x32xf32>) -> tensor<2x32xf32>
  %o:4 = lm.gated_memory %a, %q reads kind linear_state (%s, %n) gate (%z) writes add (%k, %v)
    : (tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<2x32x32xf32>, tensor<2x32xf32>, tensor<1xf32>, tensor<?x2x32xf32>, tensor<?x2x32xbf16>) -> (tensor<?x4x32xf32>, tensor<?x4xf32>, tensor<2x32x32xf32>, tensor<2x32xf32>)
  return %o#0, %o#1, %o#2, %o#3 : tensor<?x4x32xf32>, tensor<?x4xf32>, tensor<2x32x32xf32>, tensor<2x32xf32>
}

// With a state for each sequence a block walks the rows of one.
// CHECK-LABEL: tile.kernel @write_state_2x32_1 grid(%arg0, %arg1)
// CHECK: tile.load %{{.*}}[%arg0, %arg1, %c0, %c0] dropped [0, 1]
// CHECK: tile.scalar %{{.*}}[%arg0]
// CHECK: arith.subf
// CHECK-LABEL: tile.kernel @gated_memory_4x32_4 grid(%arg0, %arg1)
// CHECK: %[[BEGIN:.*]] = tile.scalar %{{.*}}[%arg0]
// CHECK: %[[END:.*]] = tile.scalar
// CHECK: scf.for %[[ROW:.*]] = %[[BEGIN]] to %[[END]] step %c8 {
// CHECK: tile.load %{{.*}}[%[[ROW]], %arg1, %c0] rows(%[[BEGIN]] to %[[END]]) dropped [1]
// CHECK: tile.store %{{.*}} rows(%[[BEGIN]] to %[[END]]) dropped [1]
// CHECK-LABEL: func.func @sequences
// CHECK: tile.launch @write_state_2x32_1 grid(%c3, %c2)
// CHECK: tile.launch @gated_memory_4x32_4 grid(%c3, %c4)
func.func @sequences(%a: tensor<?x4x32xf32>, %q: tensor<?x4x32xf32>, %k: tensor<?x2x32xf32>, %v: tensor<?x2x32xf32>, %s: tensor<3x2x32x32xf32>, %sums: tensor<3x2x32xf32>, %z: tensor<4xf32>, %mask: tensor<?xf32>, %cu: tensor<4xi32> {lm.input = "cu_seqlens"})
    -> (tensor<?x4x32xf32>, tensor<3x2x32x32xf32>, tensor<3x2x32xf32>) {
  %n = lm.swiglu %sums, %sums : (tensor<3x2x32xf32>, tensor<3x2x32xf32>) -> tensor<3x2x32xf32>
  %o:3 = lm.gated_memory %a, %q reads kind linear_state (%s, %n) gate selects local (%z) mask %mask writes delta (%k, %v) sequences %cu
    : (tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<3x2x32x32xf32>, tensor<3x2x32xf32>, tensor<4xf32>, tensor<?xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<4xi32>) -> (tensor<?x4x32xf32>, tensor<3x2x32x32xf32>, tensor<3x2x32xf32>)
  return %o#0, %o#1, %o#2 : tensor<?x4x32xf32>, tensor<3x2x32x32xf32>, tensor<3x2x32xf32>
}
}
