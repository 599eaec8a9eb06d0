// Caches and memories become tensors of rows, with one page table for all; what tiling left cancels out.
// RUN: longc-opt %s --longc-tile-streaming --longc-lower-state --canonicalize | FileCheck %s
// RUN: longc-interpret %s --function step --tokens 21 --compare-after longc-tile-streaming,longc-lower-state

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
// CHECK-LABEL: func.func @step
// CHECK-SAME: %{{.*}}: tensor<?x2x32xbf16>, %[[SEGMENTS:.*]]: tensor<?x8xi32> {lm.input = "segments"}
// CHECK-SAME: %[[KEYS:[^:]*]]: tensor<?x2x32xbf16> {lm.input = "cache_keys", lm.layer = 3 : i64, lm.state = "rings"}, %[[VALUES:[^:]*]]: tensor<?x2x32xbf16> {lm.input = "cache_values", lm.layer = 3 : i64, lm.state = "rings"}
// CHECK-SAME: %[[PAGES_K:[^:]*]]: tensor<?x2x32xbf16> {lm.input = "memory_keys", lm.layer = 3 : i64, lm.state = "pages"}, %[[PAGES_V:[^:]*]]: tensor<?x2x32xbf16> {lm.input = "memory_values", lm.layer = 3 : i64, lm.state = "pages"}
// CHECK-SAME: %[[TABLE:[^:]*]]: tensor<?x?xi32> {lm.input = "page_table"})
// CHECK-SAME: -> (tensor<?x2x32xbf16>, tensor<?x2x32xbf16>, tensor<?x2x32xbf16>, tensor<?x2x32xbf16>)
// CHECK-NOT: unrealized_conversion_cast
// CHECK-DAG: %[[ROWS:.*]] = tensor.dim %[[KEYS]], %c0
// CHECK-DAG: %[[SLOTS:.*]] = tensor.dim %[[TABLE]], %c0
// CHECK: %[[RING:.*]] = arith.divui %[[ROWS]], %[[SLOTS]]
// CHECK: %[[CACHE:.*]]:2 = tile.launch {{.*}} ins({{.*}}%[[RING]]{{.*}}) outs(%[[KEYS]], %[[VALUES]]
// CHECK: %[[MEMORY:.*]]:2 = tile.launch {{.*}} ins({{.*}}%[[TABLE]]{{.*}}) outs(%[[PAGES_K]], %[[PAGES_V]]
// CHECK: return %[[CACHE]]#0, %[[CACHE]]#1, %[[MEMORY]]#0, %[[MEMORY]]#1
func.func @step(%k: tensor<?x2x32xbf16>, %segments: tensor<?x8xi32> {lm.input = "segments"},
                %cache: !lm.cache<2x32xbf16> {lm.input = "cache", lm.layer = 3 : i64},
                %memory: !lm.memory<2x32xbf16> {lm.input = "memory", lm.layer = 3 : i64}) -> (!lm.cache<2x32xbf16>, !lm.memory<2x32xbf16>) {
  %c = lm.cache_append %cache, %k, %k, %segments : (!lm.cache<2x32xbf16>, tensor<?x2x32xbf16>, tensor<?x2x32xbf16>, tensor<?x8xi32>) -> !lm.cache<2x32xbf16>
  %m = lm.memory_append %memory, %k, %k, %segments : (!lm.memory<2x32xbf16>, tensor<?x2x32xbf16>, tensor<?x2x32xbf16>, tensor<?x8xi32>) -> !lm.memory<2x32xbf16>
  return %c, %m : !lm.cache<2x32xbf16>, !lm.memory<2x32xbf16>
}

// A function without state keeps its signature.
// CHECK-LABEL: func.func @stateless(%{{.*}}: tensor<?x2xf32>) -> tensor<?x2xf32>
func.func @stateless(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  return %x : tensor<?x2xf32>
}
}
