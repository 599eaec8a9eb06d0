// Learned queries pool a chunk: keys and values are products, the seeds attend to them chunk by chunk and head by head.
// RUN: longc-opt %s --pass-pipeline="builtin.module(longc-tile-linear,canonicalize,tile.kernel(cse))" | FileCheck %s
// RUN: longc-interpret %s --function pooled --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %s --function pooled --tokens 4 --compare-after longc-tile-linear --tolerance 1e-6

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {

// CHECK-LABEL: tile.kernel @chunk_pool_2x32 grid(%arg0, %arg1)
// CHECK: %[[BEGIN:.*]] = tile.scalar %{{.*}}[%arg0]
// CHECK: %[[END:.*]] = tile.scalar
// CHECK: %[[COL:.*]] = arith.muli %arg1, %c8
// CHECK: %[[SEEDS:.*]] = tile.load %{{.*}}[%c0, %[[COL]]] : <2x32xf32> -> tensor<2x8xf32>
// CHECK: scf.for %[[ROW:.*]] = %[[BEGIN]] to %[[END]] step %c16
// CHECK: %[[K:.*]] = tile.load %{{.*}}[%[[ROW]], %[[COL]]] rows(%[[BEGIN]] to %[[END]])
// CHECK: tile.mma %[[SEEDS]], %[[K]]
// CHECK: arith.cmpi slt
// CHECK: tile.reduce max
// CHECK: math.exp2
// CHECK: tile.mma
// CHECK: %[[ROW2:.*]] = arith.muli %arg0, %c2
// CHECK: tile.store %{{.*}}, %{{.*}}[%[[ROW2]], %[[COL]]]
// CHECK-LABEL: func.func @pooled
// CHECK: tile.launch @linear_32x64
// CHECK: tile.launch @linear_32x64
// CHECK: tile.launch @chunk_pool_2x32 grid(%{{.*}}, %c4)
func.func @pooled(%x: tensor<?x64xf32>, %cu: tensor<?xi32> {lm.input = "cu_seqlens"}, %s: tensor<2x32xf32>, %wk: tensor<32x64xf32>, %wv: tensor<32x64xf32>) -> tensor<?x32xf32> {
  %y = lm.chunk_pool pma %x, %cu seeds %s, %wk, %wv {num_heads = 4 : i64} : (tensor<?x64xf32>, tensor<?xi32>, tensor<2x32xf32>, tensor<32x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
}
