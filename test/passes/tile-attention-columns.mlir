// Queries, keys and values that are columns of one product are read there, where a block has one head of queries; what cut them out is gone.
// RUN: longc-opt %s --longc-set-target=target=cpu --longc-tile-attention | FileCheck %s
// RUN: longc-interpret %s --function encoder --tokens 21 --compare-after longc-set-target,longc-tile-attention --tolerance 1e-5
// RUN: longc-opt %s --longc-set-target=target=cuda:sm_90a --longc-tile-attention | FileCheck %s --check-prefix=BOXES

// CHECK: tile.kernel @packed_attention{{.*}} grid(%[[ROW:.*]], %[[HEAD:.*]]) (%{{.*}}, %[[JOINED:.*]]: !tile.view<?x192xf32>
// CHECK: %[[AT:.*]] = arith.muli %[[HEAD]], %{{.*}}32
// CHECK: tile.load %[[JOINED]][%{{.*}}, %{{.*}}] rows({{.*}}) : <?x192xf32> -> tensor<64x32xf32>
// CHECK-LABEL: func.func @encoder
// CHECK-NOT: lm.slice_columns
// CHECK-NOT: lm.split_heads
// BOXES: lm.slice_columns
// BOXES: tile.launch @packed_attention{{.*}}tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>
func.func @encoder(%x: tensor<?x192xf32>, %cu: tensor<?xi32> {lm.input = "cu_seqlens"}) -> tensor<?x2x32xf32> {
  %0 = lm.slice_columns %x {begin = 0 : i64, end = 64 : i64} : (tensor<?x192xf32>) -> tensor<?x64xf32>
  %q = lm.split_heads %0 : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %1 = lm.slice_columns %x {begin = 64 : i64, end = 128 : i64} : (tensor<?x192xf32>) -> tensor<?x64xf32>
  %k = lm.split_heads %1 : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %2 = lm.slice_columns %x {begin = 128 : i64, end = 192 : i64} : (tensor<?x192xf32>) -> tensor<?x64xf32>
  %v = lm.split_heads %2 : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %out, %lse = lm.packed_attention %q, %k, %v, %cu, %cu {scale = 0.25 : f64} : (tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x32xf32>, tensor<2x?xf32>)
  return %out : tensor<?x2x32xf32>
}
