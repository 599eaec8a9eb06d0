// A loss that counts open gates: the mean gate of memories and heads where an argument says so.
// RUN: longc-opt %s --longc-make-loss | FileCheck %s
// RUN: longc-interpret %s --function loss --pass-pipeline longc-make-loss --check-gradients --tokens 9 | FileCheck %s --check-prefix=GRADIENTS
// RUN: longc-opt %s --longc-make-loss --longc-differentiate | longc-interpret - --function loss_gradient --tokens 37 --compare-after 'longc-lower{precision=exact train=false}' --tolerance 1e-5

// GRADIENTS: gradients agree: 5 of 5,
// CHECK-LABEL: func.func @forward
// CHECK: lm.gated_memory {{.*}} -> tensor<?x2x4xf32>
// CHECK-LABEL: func.func @loss
// CHECK-SAME: %[[WEIGHTS:[^:]*]]: tensor<?xf32> {lm.input = "gate_weights"})
// CHECK: %{{.*}}, %[[GATE:.*]] = lm.gated_memory
// CHECK: %[[LOSS:[^,]*]], %{{.*}} = lm.cross_entropy
// CHECK: %[[FACTORS:.*]] = lm.fill %[[GATE]] {value = 2.500000e-01 : f64}
// CHECK: %[[TOKENS:.*]] = lm.dot_rows %[[GATE]], %[[FACTORS]]
// CHECK: %[[OPEN:.*]] = lm.multiply %[[TOKENS]], %[[WEIGHTS]]
// CHECK: %[[COST:.*]] = lm.sum_rows %{{.*}} : (tensor<?x1xf32>) -> tensor<1xf32>
// CHECK: %[[BOTH:.*]] = lm.add %[[LOSS]], %[[COST]]
// CHECK: return %[[BOTH]]

module attributes {lm.gate_cost = 5.0e-01 : f64} {
lm.parameter @table : tensor<11x8xf32>
lm.parameter @wq trainable : tensor<8x8xf32>
lm.parameter @w1 trainable : tensor<2x4x8xf32>
lm.parameter @w2 trainable : tensor<2x8x4xf32>
lm.parameter @u1 trainable : tensor<2x4x2xf32>
lm.parameter @u2 trainable : tensor<2x2xf32>
func.func @forward(%tokens: tensor<?xi32> {lm.input = "tokens"}, %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> tensor<?x11xf32> {
  %table = lm.parameter_ref @table : tensor<11x8xf32>
  %wq = lm.parameter_ref @wq : tensor<8x8xf32>
  %w1 = lm.parameter_ref @w1 : tensor<2x4x8xf32>
  %w2 = lm.parameter_ref @w2 : tensor<2x8x4xf32>
  %u1 = lm.parameter_ref @u1 : tensor<2x4x2xf32>
  %u2 = lm.parameter_ref @u2 : tensor<2x2xf32>
  %x = lm.embedding %tokens, %table : (tensor<?xi32>, tensor<11x8xf32>) -> tensor<?x8xf32>
  %q0 = lm.linear %x, %wq : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %q = lm.split_heads %q0 : (tensor<?x8xf32>) -> tensor<?x2x4xf32>
  %k = lm.split_heads %x : (tensor<?x8xf32>) -> tensor<?x2x4xf32>
  %a, %la = lm.packed_attention %q, %k, %k, %boundaries, %boundaries causal {scale = 0.5 : f64}
    : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  %o = lm.gated_memory %a, %q reads (%w1, %w2) gate (%u1, %u2)
    : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2x4x8xf32>, tensor<2x8x4xf32>, tensor<2x4x2xf32>, tensor<2x2xf32>) -> tensor<?x2x4xf32>
  %m = lm.merge_heads %o : (tensor<?x2x4xf32>) -> tensor<?x8xf32>
  %logits = lm.linear %m, %table : (tensor<?x8xf32>, tensor<11x8xf32>) -> tensor<?x11xf32>
  return %logits : tensor<?x11xf32>
}
}
