// Window, memory, merge and rounding become one kernel: one joint softmax.
// RUN: longc-opt %s --longc-fuse-attention --remarks-filter="longc.*" 2>&1 | FileCheck %s
// RUN: longc-interpret %s --function joint --compare-after longc-fuse-attention
// RUN: longc-interpret %s --function refused --compare-after longc-fuse-attention

// CHECK-DAG: remark: {{.*}}not fused: second user of a part
// CHECK-DAG: remark: {{.*}}not fused: head size 16 is no multiple of the block of 32

// CHECK-LABEL: func.func @joint
// CHECK: %[[GROUP:.*]]:3 = lm.group -> (tensor<?x128xi8>, tensor<?x4xf32>, tensor<?x4xf32>) {
// CHECK-NEXT: %[[OUT:.*]], %[[LSE:.*]] = lm.window_attention
// CHECK-NEXT: %[[OUT_M:.*]], %[[LSE_M:.*]] = lm.knn_attention
// CHECK-NEXT: %[[JOINED:.*]], %{{.*}} = lm.merge_attention(%[[OUT]], %[[OUT_M]]), (%[[LSE]], %[[LSE_M]])
// CHECK-NEXT: %[[ROW:.*]] = lm.merge_heads %[[JOINED]]
// CHECK-NEXT: lm.quantize %[[ROW]]
// CHECK-NEXT: lm.yield
func.func @joint(%q: tensor<?x4x32xf32>, %m: tensor<?x4x32xf32>, %k: tensor<?x2x32xf32>,
                 %segments: tensor<?x8xi32> {lm.input = "segments"},
                 %old: !lm.cache<2x32xf32> {lm.input = "cache", lm.layer = 0 : i64},
                 %memory: !lm.memory<2x32xf32> {lm.input = "memory", lm.layer = 0 : i64}) -> (tensor<?x128xi8>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %cache = lm.cache_append %old, %k, %k, %segments : (!lm.cache<2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x8xi32>) -> !lm.cache<2x32xf32>
  %o:2 = lm.window_attention %q, %cache, %segments {scale = 1.0 : f64}
    : (tensor<?x4x32xf32>, !lm.cache<2x32xf32>, tensor<?x8xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
  %p:2 = lm.knn_attention %m, %memory, %segments {scale = 1.0 : f64}
    : (tensor<?x4x32xf32>, !lm.memory<2x32xf32>, tensor<?x8xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
  %j:2 = lm.merge_attention (%o#0, %p#0), (%o#1, %p#1)
    : (tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<4x?xf32>, tensor<4x?xf32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
  %h = lm.merge_heads %j#0 : (tensor<?x4x32xf32>) -> tensor<?x128xf32>
  %e:3 = lm.quantize %h : (tensor<?x128xf32>) -> (tensor<?x128xi8>, tensor<?x4xf32>, tensor<?x4xf32>)
  return %e#0, %e#1, %e#2 : tensor<?x128xi8>, tensor<?x4xf32>, tensor<?x4xf32>
}

// A part that is wanted by itself stays out; so does a quantisation whose blocks cross heads.
// CHECK-LABEL: func.func @refused
// CHECK-NOT: lm.group
// CHECK: lm.merge_attention
// CHECK: lm.group
// CHECK-NEXT: lm.packed_attention
// CHECK-NEXT: lm.merge_heads
// CHECK-NEXT: lm.yield
// CHECK-NOT: lm.group
// CHECK: lm.quantize
func.func @refused(%q: tensor<?x2x16xf32>, %cu: tensor<?xi32> {lm.input = "cu_seqlens"})
    -> (tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?x32xi8>, tensor<?x1xf32>, tensor<?x1xf32>) {
  %o:2 = lm.packed_attention %q, %q, %q, %cu, %cu {scale = 1.0 : f64}
    : (tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x16xf32>, tensor<2x?xf32>)
  %p:2 = lm.packed_attention %q, %q, %q, %cu, %cu causal {scale = 1.0 : f64}
    : (tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x16xf32>, tensor<2x?xf32>)
  %j:2 = lm.merge_attention (%o#0, %p#0), (%o#1, %p#1)
    : (tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<2x?xf32>, tensor<2x?xf32>) -> (tensor<?x2x16xf32>, tensor<2x?xf32>)
  %r:2 = lm.packed_attention %q, %q, %q, %cu, %cu causal {scale = 2.0 : f64}
    : (tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x16xf32>, tensor<2x?xf32>)
  %h = lm.merge_heads %r#0 : (tensor<?x2x16xf32>) -> tensor<?x32xf32>
  %e:3 = lm.quantize %h : (tensor<?x32xf32>) -> (tensor<?x32xi8>, tensor<?x1xf32>, tensor<?x1xf32>)
  return %o#0, %j#0, %e#0, %e#1, %e#2 : tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?x32xi8>, tensor<?x1xf32>, tensor<?x1xf32>
}
