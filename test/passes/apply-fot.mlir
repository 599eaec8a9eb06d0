// Layers get a memory beside their window: one argument and one result, a second query, one merged softmax.
// RUN: longc-opt %S/inputs/decoder.mlir.in --longc-apply-fot="mem-layers=1 topk=8" | FileCheck %s
// RUN: longc-opt %S/inputs/decoder.mlir.in --longc-apply-fot | FileCheck %s --check-prefix=ALL

// CHECK-LABEL: func.func @prefill
// CHECK-SAME: %[[POSITIONS:[^:]*]]: tensor<?xi32> {lm.input = "positions"}
// CHECK-SAME: %[[PLACES:[^:]*]]: tensor<?xi32> {lm.input = "memory_positions"}, %[[TEMPERATURE:[^:]*]]: tensor<?xf32> {lm.input = "temperature"}
// CHECK-SAME: %[[MEMORY:[^:]*]]: !lm.memory<2x32xf32> {lm.input = "memory", lm.layer = 1 : i64})
// CHECK-SAME: -> (tensor<?x80xf32>, !lm.cache<2x32xf32>, !lm.cache<2x32xf32>, !lm.memory<2x32xf32>)
// Layer 0 is as it was.
// CHECK: lm.window_attention
// CHECK-NOT: lm.knn_attention
// CHECK: lm.merge_heads
// Layer 1: the memory takes the keys before their rotation, its query stands at its place in the window.
// CHECK: %[[K:.*]] = lm.split_heads %{{.*}} -> tensor<?x2x32xf32>
// CHECK: %[[V:.*]] = lm.split_heads %{{.*}} -> tensor<?x2x32xf32>
// CHECK: lm.rope %[[K]], %[[POSITIONS]]
// CHECK: lm.rope %[[Q:.*]], %[[POSITIONS]]
// CHECK: %[[STORED:.*]] = lm.memory_append %[[MEMORY]], %[[K]], %[[V]]
// CHECK: %[[QM:.*]] = lm.rope %[[Q]], %[[PLACES]]
// CHECK: %[[OUT:.*]], %[[LSE:.*]] = lm.window_attention
// CHECK: %[[OUT_M:.*]], %[[LSE_M:.*]] = lm.knn_attention %[[QM]], %[[STORED]], %{{.*}} temperature %[[TEMPERATURE]] {scale = {{.*}}, topk = 8 : i64}
// CHECK: %[[JOINED:.*]], %{{.*}} = lm.merge_attention(%[[OUT]], %[[OUT_M]]), (%[[LSE]], %[[LSE_M]])
// CHECK: lm.merge_heads %[[JOINED]]
// CHECK: return %{{.*}}, %{{.*}}, %{{.*}}, %[[STORED]]
// CHECK-LABEL: func.func @decode
// CHECK: lm.knn_attention
// CHECK-NOT: lm.knn_attention

// ALL-LABEL: func.func @prefill
// ALL-COUNT-2: lm.knn_attention
// ALL-LABEL: func.func @decode
// ALL-COUNT-2: lm.knn_attention

// "all" is the layers that see everything, where there are others; factors of wave lengths go with the rotation; a layer
// without positions has none in its memory.
// RUN: longc-opt %s --longc-apply-fot | FileCheck %s --check-prefix=KINDS
// KINDS-LABEL: func.func @kinds
// KINDS-SAME: %[[PLACES:[^:]*]]: tensor<?xi32> {lm.input = "memory_positions"}
// KINDS-NOT: lm.layer = 0 : i64})
// KINDS: %[[K:.*]] = lm.rope %arg0
// KINDS: lm.memory_append %{{.*}}, %arg0
// KINDS: %[[QM:.*]] = lm.rope %arg0, %[[PLACES]] {dim = 4 : i64, factors = array<f64: 1.000000e+00, 8.000000e+00>, theta = 1.000000e+02 : f64}
// KINDS: lm.knn_attention %[[QM]]
// KINDS: lm.memory_append %{{.*}}, %arg0
// KINDS: lm.knn_attention %arg0
// KINDS-NOT: lm.knn_attention
func.func @kinds(%x: tensor<?x1x4xf32>, %positions: tensor<?xi32> {lm.input = "positions"},
                 %segments: tensor<?x8xi32> {lm.input = "segments"},
                 %c0: !lm.cache<1x4xf32> {lm.input = "cache", lm.layer = 0 : i64},
                 %c1: !lm.cache<1x4xf32> {lm.input = "cache", lm.layer = 1 : i64},
                 %c2: !lm.cache<1x4xf32> {lm.input = "cache", lm.layer = 2 : i64})
    -> (tensor<?x1x4xf32>, tensor<?x1x4xf32>, tensor<?x1x4xf32>) {
  %r = lm.rope %x, %positions {theta = 100.0 : f64, dim = 4 : i64, factors = array<f64: 1.0, 8.0>} : (tensor<?x1x4xf32>, tensor<?xi32>) -> tensor<?x1x4xf32>
  %a0 = lm.cache_append %c0, %r, %x, %segments : (!lm.cache<1x4xf32>, tensor<?x1x4xf32>, tensor<?x1x4xf32>, tensor<?x8xi32>) -> !lm.cache<1x4xf32>
  %o0:2 = lm.window_attention %r, %a0, %segments {scale = 0.5 : f64, window = 3 : i64} : (tensor<?x1x4xf32>, !lm.cache<1x4xf32>, tensor<?x8xi32>) -> (tensor<?x1x4xf32>, tensor<1x?xf32>)
  %a1 = lm.cache_append %c1, %r, %x, %segments : (!lm.cache<1x4xf32>, tensor<?x1x4xf32>, tensor<?x1x4xf32>, tensor<?x8xi32>) -> !lm.cache<1x4xf32>
  %o1:2 = lm.window_attention %r, %a1, %segments {scale = 0.5 : f64} : (tensor<?x1x4xf32>, !lm.cache<1x4xf32>, tensor<?x8xi32>) -> (tensor<?x1x4xf32>, tensor<1x?xf32>)
  %a2 = lm.cache_append %c2, %x, %x, %segments : (!lm.cache<1x4xf32>, tensor<?x1x4xf32>, tensor<?x1x4xf32>, tensor<?x8xi32>) -> !lm.cache<1x4xf32>
  %o2:2 = lm.window_attention %x, %a2, %segments {scale = 0.5 : f64} : (tensor<?x1x4xf32>, !lm.cache<1x4xf32>, tensor<?x8xi32>) -> (tensor<?x1x4xf32>, tensor<1x?xf32>)
  return %o0#0, %o1#0, %o2#0 : tensor<?x1x4xf32>, tensor<?x1x4xf32>, tensor<?x1x4xf32>
}
