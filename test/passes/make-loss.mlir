// The loss beside the forward function, and its gradients against finite differences.
// RUN: longc-opt %s --longc-make-loss | FileCheck %s
// RUN: longc-interpret %s --function loss --pass-pipeline longc-make-loss --check-gradients --tokens 9 | FileCheck %s --check-prefix=GRADIENTS

// RUN: longc-opt %s --longc-make-loss=of-rows -o %t
// RUN: FileCheck %s --check-prefix=ROWS --input-file=%t
// RUN: longc-interpret %t --function loss --check-gradients --tokens 9 | FileCheck %s --check-prefix=GRADIENTS
// RUN: longc-opt %t --longc-differentiate | longc-interpret - --function loss_gradient --tokens 37 --compare-after 'longc-lower{precision=exact train=false}' --tolerance 1e-5

// GRADIENTS: gradients agree: 4 of 4,
// ROWS-LABEL: func.func @loss
// ROWS-SAME: %[[ROWS:[^:]*]]: tensor<?xi32> {lm.input = "rows"}, %[[TARGETS:[^:]*]]: tensor<?xi32> {lm.input = "row_targets"}, %[[WEIGHTS:[^:]*]]: tensor<?xf32> {lm.input = "row_weights"})
// ROWS: %[[SUM:.*]] = lm.add
// ROWS: %[[PICKED:.*]] = lm.gather_rows %[[SUM]], %[[ROWS]]
// ROWS: %[[NORMED:.*]] = lm.rms_norm %[[PICKED]]
// ROWS: lm.cross_entropy %[[NORMED]], %{{.*}}, %[[TARGETS]], %[[WEIGHTS]]
// CHECK-LABEL: func.func @forward
// CHECK: return %{{.*}} : tensor<?x11xf32>
// CHECK-LABEL: func.func @loss
// CHECK-SAME: %[[TARGETS:[^:]*]]: tensor<?xi32> {lm.input = "targets"}, %[[WEIGHTS:[^:]*]]: tensor<?xf32> {lm.input = "weights"}) -> tensor<1xf32>
// CHECK: %[[TABLE:.*]] = lm.parameter_ref @table
// CHECK: %[[NORMED:.*]] = lm.rms_norm
// CHECK: %[[LOSS:[^,]*]], %{{.*}} = lm.cross_entropy %[[NORMED]], %[[TABLE]], %[[TARGETS]], %[[WEIGHTS]]
// CHECK: return %[[LOSS]]

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
