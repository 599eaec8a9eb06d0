// Rows read the un-rotated keys of other rows beside their own; gradients go through both, against finite differences.
// RUN: longc-opt %s --longc-apply-cross-rows | FileCheck %s
// RUN: longc-interpret %s --function loss --pass-pipeline 'longc-apply-cross-rows{mem-layers=0},longc-make-loss' --check-gradients --tokens 9 | FileCheck %s --check-prefix=GRADIENTS

// RUN: longc-opt %s --longc-apply-cross-rows=detach=true | FileCheck %s --check-prefix=DETACHED
// DETACHED: lm.packed_attention {{.*}} source_keys %{{[^ ]*}} detached_sources causal

// Rows that go on behind others read their keys as they are rotated.
// RUN: longc-opt %s --longc-apply-cross-rows=behind=true | FileCheck %s --check-prefix=BEHIND
// RUN: longc-interpret %s --function loss --pass-pipeline 'longc-apply-cross-rows{behind=true},longc-make-loss' --check-gradients --tokens 9 | FileCheck %s --check-prefix=GRADIENTS
// BEHIND: %[[ROWS:[^:]*]]: tensor<?x2xi32> {lm.input = "cross_rows"}
// BEHIND: lm.packed_attention {{.*}} sources %[[ROWS]] causal

// GRADIENTS: gradients agree: 4 of 4,
// CHECK-LABEL: func.func @forward
// CHECK-SAME: %[[ROWS:[^:]*]]: tensor<?x2xi32> {lm.input = "cross_rows"}
// CHECK: %[[K:.*]] = lm.split_heads {{.*}} -> tensor<?x1x4xf32>
// CHECK: %[[V:.*]] = lm.split_heads {{.*}} -> tensor<?x1x4xf32>
// CHECK: %[[Q:.*]] = lm.rope
// CHECK: %[[R:.*]] = lm.rope %[[K]]
// CHECK: %[[BOTH:[^,]*]], %{{.*}} = lm.packed_attention %[[Q]], %[[R]], %[[V]], %{{.*}}, %{{.*}} sources %[[ROWS]] source_keys %[[K]] causal
// CHECK: lm.merge_heads %[[BOTH]]

lm.parameter @table trainable : tensor<11x8xf32>
lm.parameter @norm trainable : tensor<8xf32>
lm.parameter @wq trainable : tensor<8x8xf32>
lm.parameter @wk trainable : tensor<4x8xf32>
lm.parameter @wv : tensor<4x8xf32>
func.func @forward(%tokens: tensor<?xi32> {lm.input = "tokens"}, %positions: tensor<?xi32> {lm.input = "positions"},
                   %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> tensor<?x11xf32> {
  %table = lm.parameter_ref @table : tensor<11x8xf32>
  %norm = lm.parameter_ref @norm : tensor<8xf32>
  %wq = lm.parameter_ref @wq : tensor<8x8xf32>
  %wk = lm.parameter_ref @wk : tensor<4x8xf32>
  %wv = lm.parameter_ref @wv : tensor<4x8xf32>
  %x = lm.embedding %tokens, %table : (tensor<?xi32>, tensor<11x8xf32>) -> tensor<?x8xf32>
  %q0 = lm.linear %x, %wq : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %k0 = lm.linear %x, %wk : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  %v0 = lm.linear %x, %wv : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  %q = lm.split_heads %q0 : (tensor<?x8xf32>) -> tensor<?x2x4xf32>
  %k = lm.split_heads %k0 : (tensor<?x4xf32>) -> tensor<?x1x4xf32>
  %v = lm.split_heads %v0 : (tensor<?x4xf32>) -> tensor<?x1x4xf32>
  %qr = lm.rope %q, %positions {theta = 100.0 : f64, dim = 4 : i64} : (tensor<?x2x4xf32>, tensor<?xi32>) -> tensor<?x2x4xf32>
  %kr = lm.rope %k, %positions {theta = 100.0 : f64, dim = 4 : i64} : (tensor<?x1x4xf32>, tensor<?xi32>) -> tensor<?x1x4xf32>
  %a, %la = lm.packed_attention %qr, %kr, %v, %boundaries, %boundaries causal {scale = 0.5 : f64}
    : (tensor<?x2x4xf32>, tensor<?x1x4xf32>, tensor<?x1x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  %m = lm.merge_heads %a : (tensor<?x2x4xf32>) -> tensor<?x8xf32>
  %y = lm.add %x, %m : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %n = lm.rms_norm %y, %norm {epsilon = 1.0e-5 : f64} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %logits = lm.linear %n, %table : (tensor<?x8xf32>, tensor<11x8xf32>) -> tensor<?x11xf32>
  return %logits : tensor<?x11xf32>
}
