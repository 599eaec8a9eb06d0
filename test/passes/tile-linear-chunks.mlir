// Gradients of projection and loss of more columns than a block keeps beside logits: z of a chunk of words is stored and multiplied by w and by x.
// RUN: longc-opt %s --longc-tile-linear -o %t && FileCheck %s < %t
// RUN: longc-interpret %s --function both --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %s --function input --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// Of a target whose last tile may be a part, too.
// RUN: sed 's/copied_cols = 64, //' %s > %t.parts
// RUN: longc-interpret %t.parts --function input --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-opt %t --pass-pipeline="builtin.module(canonicalize,longc-deduplicate-kernels,longc-plan-buffers)" | FileCheck %s --check-prefix=PLAN

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 16, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true, sum_cols = 192, copied_cols = 64, busy_blocks = 176>} {
// 750 words are a chunk of 704 and one of 46; the second one's last block reaches past the end.
// CHECK-LABEL: tile.kernel @logit_gradients_750x208
// CHECK: arith.cmpi slt
// CHECK: tile.store
// CHECK-LABEL: tile.kernel @logit_gradients_750x208_input
// CHECK-LABEL: tile.kernel @logit_gradients_750x208_weight
// CHECK: tile.transpose
// CHECK-LABEL: tile.kernel @logit_gradients_750x208_input_add
// CHECK: arith.addf
// CHECK-LABEL: func.func @both
// CHECK: tile.launch @logit_gradients_750x208 {{.*}} : tensor<?x704xf32>)
// One kernel for all chunks, one memory for all chunks' z, sums in their place.
// PLAN-LABEL: func.func @both
// PLAN: %[[Z0:.*]] = tile.launch @logit_gradients_750x208 grid(%{{.*}}, %c22) ins(%c0,
// PLAN: %[[X0:.*]] = tile.launch @logit_gradients_750x208_input grid(%{{.*}}, %{{.*}}) ins(%[[Z0]],
// PLAN: %[[W0:.*]] = tile.launch @logit_gradients_750x208_weight grid(%c44, %{{.*}}) ins(%[[Z0]],
// PLAN: %[[Z1:.*]] = tile.launch @logit_gradients_750x208 grid(%{{.*}}, %c2) ins(%c704,
// PLAN: tile.launch @logit_gradients_750x208_input_add grid{{.*}} ins(%[[Z1]], {{.*}} outs(%[[X0]] :
// PLAN: tile.launch @logit_gradients_750x208_weight grid(%c3, %{{.*}}) ins(%[[Z1]], {{.*}} outs(%[[W0]] :
func.func @both(%x: tensor<?x208xf32>, %w: tensor<750x208xf32>, %targets: tensor<?xi32> {lm.input = "targets", lm.limit = 750 : i64}, %weights: tensor<?xf32>, %lse: tensor<?xf32>, %one: tensor<1xf32>)
    -> (tensor<?x208xf32>, tensor<750x208xf32>) {
  %dx = lm.cross_entropy_input_gradient %x, %w, %targets, %weights, %lse, %one
    : (tensor<?x208xf32>, tensor<750x208xf32>, tensor<?xi32>, tensor<?xf32>, tensor<?xf32>, tensor<1xf32>) -> tensor<?x208xf32>
  %dw = lm.cross_entropy_weight_gradient %x, %w, %targets, %weights, %lse, %one
    : (tensor<?x208xf32>, tensor<750x208xf32>, tensor<?xi32>, tensor<?xf32>, tensor<?xf32>, tensor<1xf32>) -> tensor<750x208xf32>
  return %dx, %dw : tensor<?x208xf32>, tensor<750x208xf32>
}

// CHECK-LABEL: func.func @input
// CHECK-NOT: _weight
// CHECK: return
func.func @input(%x: tensor<?x208xf32>, %w: tensor<750x208xf32>, %targets: tensor<?xi32> {lm.input = "targets", lm.limit = 750 : i64}, %weights: tensor<?xf32>, %lse: tensor<?xf32>, %more: tensor<?xf32>, %one: tensor<1xf32>)
    -> tensor<?x208xf32> {
  %dx = lm.cross_entropy_input_gradient %x, %w, %targets, %weights, %lse, %one lse %more
    : (tensor<?x208xf32>, tensor<750x208xf32>, tensor<?xi32>, tensor<?xf32>, tensor<?xf32>, tensor<1xf32>, tensor<?xf32>) -> tensor<?x208xf32>
  return %dx : tensor<?x208xf32>
}
}
