// Rows of a decoder's call that are no words: given, or made of the chunks of another batch. Gradients reach encoder and adapter.
// RUN: longc-opt %s --longc-take-soft-tokens=function=forward | FileCheck %s
// RUN: longc-opt %s --longc-make-serving --longc-take-soft-tokens | longc-interpret - --function prefill --tokens 37 --compare-after 'longc-lower{precision=exact}' --tolerance 1e-5
// RUN: longc-opt %s --longc-compress-chunks='width=12 train' --longc-make-loss=of-rows --longc-take-soft-tokens='function=loss from=compress_trained' -o %t
// RUN: FileCheck %s --check-prefix=LOSS --input-file=%t
// RUN: longc-interpret %t --function loss --check-gradients --tokens 9 | FileCheck %s --check-prefix=GRADIENTS
// RUN: longc-opt %s --longc-compress-chunks='width=12 train pool=pma' --longc-make-loss=of-rows --longc-take-soft-tokens='function=loss from=compress_trained' -o %t.pma
// RUN: longc-interpret %t.pma --function loss --check-gradients --tokens 9 | FileCheck %s --check-prefix=LEARNT-QUERIES
// RUN: longc-opt %t.pma --longc-differentiate | longc-interpret - --function loss_gradient --tokens 37 --compare-after 'longc-lower{precision=exact train=false}' --tolerance 1e-5
// RUN: longc-opt %t --longc-differentiate | longc-interpret - --function loss_gradient --tokens 37 --compare-after 'longc-lower{precision=exact train=false}' --tolerance 1e-5

// CHECK: func.func @forward(
// CHECK-SAME: %[[SOFT:[^:]*]]: tensor<?x12xf32> {lm.input = "soft_tokens"}, %[[DESTINATIONS:[^:]*]]: tensor<?xi32> {lm.input = "destinations"})
// CHECK: %[[WORDS:.*]] = lm.embedding
// CHECK: %[[SCALED:.*]] = lm.scale %[[WORDS]]
// CHECK: %[[PLACED:.*]] = lm.scatter_rows %[[SCALED]], %[[SOFT]], %[[DESTINATIONS]]
// CHECK: lm.rms_norm %[[PLACED]]

// LOSS-NOT: @compress_trained
// LOSS: func.func @loss(
// LOSS-SAME: %[[WHICH:[^:]*]]: tensor<?xi32> {lm.input = "soft_chunks"}, %{{[^:]*}}: tensor<?xi32> {lm.input = "chunk_tokens"}, %{{[^:]*}}: tensor<?xi32> {lm.input = "chunk_boundaries"}
// LOSS-SAME: {lm.input = "chunk_firsts"}
// LOSS-SAME: {lm.input = "destinations"}) -> tensor<1xf32>
// LOSS: %[[SOFT:.*]] = lm.gather_rows %{{.*}}, %[[WHICH]]
// LOSS: lm.scatter_rows %{{.*}}, %[[SOFT]]
// GRADIENTS: gradients agree: 6 of 6,
// LEARNT-QUERIES: gradients agree: 9 of 9,

lm.parameter @words : tensor<16x8xf32>
lm.parameter @scale trainable : tensor<8xf32>
func.func @encoder(%tokens: tensor<?xi32> {lm.input = "tokens"}, %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> tensor<?x8xf32> {
  %words = lm.parameter_ref @words : tensor<16x8xf32>
  %scale = lm.parameter_ref @scale : tensor<8xf32>
  %x = lm.embedding %tokens, %words : (tensor<?xi32>, tensor<16x8xf32>) -> tensor<?x8xf32>
  %q = lm.split_heads %x : (tensor<?x8xf32>) -> tensor<?x2x4xf32>
  %a:2 = lm.packed_attention %q, %q, %q, %boundaries, %boundaries {scale = 0.5 : f64}
    : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  %m = lm.merge_heads %a#0 : (tensor<?x2x4xf32>) -> tensor<?x8xf32>
  %y = lm.rms_norm %m, %scale {epsilon = 1.0e-5 : f64} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
lm.parameter @table : tensor<11x12xf32>
lm.parameter @norm trainable : tensor<12xf32>
func.func @forward(%tokens: tensor<?xi32> {lm.input = "tokens"}, %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> tensor<?x11xf32> {
  %table = lm.parameter_ref @table : tensor<11x12xf32>
  %norm = lm.parameter_ref @norm : tensor<12xf32>
  %words = lm.embedding %tokens, %table : (tensor<?xi32>, tensor<11x12xf32>) -> tensor<?x12xf32>
  %x = lm.scale %words {factor = 3.0 : f64} : (tensor<?x12xf32>) -> tensor<?x12xf32>
  %n = lm.rms_norm %x, %norm {epsilon = 1.0e-5 : f64} : (tensor<?x12xf32>, tensor<12xf32>) -> tensor<?x12xf32>
  %q = lm.split_heads %n : (tensor<?x12xf32>) -> tensor<?x3x4xf32>
  %a:2 = lm.packed_attention %q, %q, %q, %boundaries, %boundaries causal {scale = 0.5 : f64}
    : (tensor<?x3x4xf32>, tensor<?x3x4xf32>, tensor<?x3x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x3x4xf32>, tensor<3x?xf32>)
  %m = lm.merge_heads %a#0 : (tensor<?x3x4xf32>) -> tensor<?x12xf32>
  %y = lm.add %m, %x : (tensor<?x12xf32>, tensor<?x12xf32>) -> tensor<?x12xf32>
  %logits = lm.linear %y, %table : (tensor<?x12xf32>, tensor<11x12xf32>) -> tensor<?x11xf32>
  return %logits : tensor<?x11xf32>
}
