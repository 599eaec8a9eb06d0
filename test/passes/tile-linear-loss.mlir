// Projection and loss: the vocabulary is walked tile by tile, rows of logits are never stored.
// RUN: longc-opt %s --pass-pipeline="builtin.module(longc-tile-linear,canonicalize,tile.kernel(cse))" | FileCheck %s
// RUN: longc-interpret %s --function loss --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %s --function whole --tokens 2100 --compare-after longc-tile-linear --tolerance 1e-6

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
lm.parameter @w : !lm.quantized<80x64, q8_0>

// 80 tokens are two tiles and a half: columns past the end have no weight.
// CHECK-LABEL: tile.kernel @cross_entropy_80x64 grid(%arg0)
// CHECK: %[[WALK:.*]]:3 = scf.for %[[FIRST:.*]] = %c0 to %c80 step %c32 iter_args
// CHECK: %[[LOGITS:.*]] = tile.mma
// CHECK: %[[TARGET:.*]] = arith.cmpi eq
// CHECK: arith.select %[[TARGET]], %[[LOGITS]]
// CHECK: arith.cmpi slt
// CHECK: tile.reduce max
// CHECK: math.exp2
// CHECK: tile.reduce add
// CHECK: math.log2 %[[WALK]]#1
// CHECK: %[[IGNORED:.*]] = arith.cmpi eq
// CHECK: arith.select %[[IGNORED]]
// CHECK-LABEL: tile.kernel @sum grid
// CHECK: tile.dim %{{.*}}, 0
// CHECK: scf.for
// CHECK-LABEL: func.func @loss
// CHECK-NOT: lm.dequantize
// CHECK: %[[ROWS:.*]]:2 = tile.launch @cross_entropy_80x64
// CHECK: %[[LOSS:.*]] = tile.launch @sum grid(%c1) ins(%[[ROWS]]#0
// CHECK: return %[[LOSS]], %[[ROWS]]#1
func.func @loss(%x: tensor<?x64xf32>, %targets: tensor<?xi32> {lm.input = "targets", lm.limit = 80 : i64},
                %weights: tensor<?xf32> {lm.input = "weights"}) -> (tensor<1xf32>, tensor<?xf32>) {
  %q = lm.parameter_ref @w : !lm.quantized<80x64, q8_0>
  %w = lm.dequantize %q : (!lm.quantized<80x64, q8_0>) -> tensor<80x64xf32>
  %l, %s = lm.cross_entropy %x, %w, %targets, %weights : (tensor<?x64xf32>, tensor<80x64xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  return %l, %s : tensor<1xf32>, tensor<?xf32>
}

// CHECK-LABEL: tile.kernel @cross_entropy_64x8
// CHECK-NOT: arith.cmpi slt
// CHECK: tile.return
func.func @whole(%x: tensor<?x8xf32>, %w: tensor<64x8xf32>, %targets: tensor<?xi32> {lm.input = "targets", lm.limit = 64 : i64},
                 %weights: tensor<?xf32> {lm.input = "weights"}) -> tensor<1xf32> {
  %l, %s = lm.cross_entropy %x, %w, %targets, %weights : (tensor<?x8xf32>, tensor<64x8xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  return %l : tensor<1xf32>
}
}
