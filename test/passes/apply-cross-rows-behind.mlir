// Where a layer sees the newest tokens alone, or more than attention knows where rows begin, no row goes on behind another.
// RUN: longc-opt %s --split-input-file --longc-apply-cross-rows=behind=true --remarks-filter="longc.*" 2>&1 | FileCheck %s

// CHECK: no row goes on behind another: {{.*}}a layer does not see all that stands before a token, and it alone
// CHECK: no row goes on behind another: {{.*}}more than attention knows where rows begin
// CHECK-NOT: cross_rows

func.func @forward(%q: tensor<?x2x4xf32>, %k: tensor<?x2x4xf32>, %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> tensor<?x2x4xf32> {
  %a, %l = lm.packed_attention %q, %k, %k, %boundaries, %boundaries causal {scale = 0.5 : f64, window = 3 : i64}
    : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  return %a : tensor<?x2x4xf32>
}

// -----

func.func @forward(%q: tensor<?x2x4xf32>, %k: tensor<?x2x4xf32>, %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> (tensor<?x2x4xf32>, tensor<?x8xf32>) {
  %a, %l = lm.packed_attention %q, %k, %k, %boundaries, %boundaries causal {scale = 0.5 : f64}
    : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  %m = lm.merge_heads %a : (tensor<?x2x4xf32>) -> tensor<?x8xf32>
  %pooled = lm.chunk_pool mean %m, %boundaries : (tensor<?x8xf32>, tensor<?xi32>) -> tensor<?x8xf32>
  return %a, %pooled : tensor<?x2x4xf32>, tensor<?x8xf32>
}
