// Layers get a memory beside their window: one argument and one result, a second query, one merged softmax.
// RUN: longc-opt %S/inputs/decoder.mlir.in --longc-apply-fot="mem-layers=1 topk=8" | FileCheck %s
// RUN: longc-opt %S/inputs/decoder.mlir.in --longc-apply-fot | FileCheck %s --check-prefix=ALL

// CHECK-LABEL: func.func @prefill
// CHECK-SAME: %[[POSITIONS:[^:]*]]: tensor<?xi32> {lm.input = "positions"}, %[[PLACES:[^:]*]]: tensor<?xi32> {lm.input = "memory_positions"}
// CHECK-SAME: %[[TEMPERATURE:[^:]*]]: tensor<1xf32> {lm.input = "temperature"}
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
