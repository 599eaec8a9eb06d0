// Behind an attention stands a memory of its query before it is rotated; one of zeros changes nothing.
// RUN: longc-opt %s --longc-insert-gated-memory | FileCheck %s
// RUN: longc-opt %s --longc-insert-gated-memory=identity=false | FileCheck %s --check-prefix=PAPER

// CHECK-DAG: lm.parameter @m.attn.gated_memory.w1 trainable {lm.initializer = "kaiming_uniform"} : tensor<2x4x8xf32>
// CHECK-DAG: lm.parameter @m.attn.gated_memory.w2 trainable {lm.initializer = "kaiming_uniform"} : tensor<2x8x4xf32>
// CHECK-DAG: lm.parameter @m.attn.gated_memory.u1 trainable {lm.initializer = "kaiming_uniform"} : tensor<2x4x2xf32>
// CHECK-DAG: lm.parameter @m.attn.gated_memory.u2 trainable {lm.initializer = "kaiming_uniform"} : tensor<2x2xf32>

lm.parameter @m.attn.q_proj.weight : tensor<8x8xf32>

// CHECK-LABEL: func.func @forward
// CHECK: %[[QUERY:.*]] = lm.split_heads
// CHECK: %[[OUT:.*]], %{{.*}} = lm.packed_attention
// CHECK: %[[MIXED:.*]] = lm.gated_memory %[[OUT]], %[[QUERY]] reads
// CHECK: %[[SCALED:.*]] = lm.scale %[[MIXED]] {factor = 1.04978706{{.*}} : f64}
// CHECK: return %[[SCALED]]
// PAPER-LABEL: func.func @forward
// PAPER: %[[MIXED:.*]] = lm.gated_memory
// PAPER: return %[[MIXED]]
func.func @forward(%x: tensor<?x8xf32>, %p: tensor<?xi32>, %b: tensor<?xi32>, %k: tensor<?x1x4xf32>, %v: tensor<?x1x4xf32>) -> tensor<?x2x4xf32> {
  %w = lm.parameter_ref @m.attn.q_proj.weight : tensor<8x8xf32>
  %y = lm.linear %x, %w : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %q = lm.split_heads %y : (tensor<?x8xf32>) -> tensor<?x2x4xf32>
  %r = lm.rope %q, %p {theta = 100.0 : f64, dim = 4 : i64} : (tensor<?x2x4xf32>, tensor<?xi32>) -> tensor<?x2x4xf32>
  %o, %l = lm.packed_attention %r, %k, %v, %b, %b causal {scale = 0.5 : f64}
    : (tensor<?x2x4xf32>, tensor<?x1x4xf32>, tensor<?x1x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  return %o : tensor<?x2x4xf32>
}
