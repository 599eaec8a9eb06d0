// A forward function whose attention sees later tokens serves as it is: its hidden states, then their pools.
// RUN: longc-opt %s --longc-make-serving | FileCheck %s
// RUN: longc-opt %s --longc-make-serving | longc-interpret - --function encode --tokens 37 --compare-after 'longc-lower{precision=exact}' --tolerance 1e-5

// CHECK: func.func @encode(
// CHECK-SAME: %[[BOUNDARIES:[^:]*]]: tensor<?xi32> {lm.input = "boundaries"}
// CHECK-SAME: -> (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>)
// CHECK: %[[HIDDEN:.*]] = lm.add
// CHECK: %[[MEAN:.*]] = lm.chunk_pool mean %[[HIDDEN]], %[[BOUNDARIES]]
// CHECK: %[[CLS:.*]] = lm.chunk_pool cls %[[HIDDEN]], %[[BOUNDARIES]]
// CHECK: %[[LAST:.*]] = lm.chunk_pool last %[[HIDDEN]], %[[BOUNDARIES]]
// CHECK: return %[[HIDDEN]], %[[MEAN]], %[[CLS]], %[[LAST]]
// CHECK-NOT: @forward

lm.parameter @words : tensor<16x8xf32>
func.func @forward(%tokens: tensor<?xi32> {lm.input = "tokens"}, %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> tensor<?x8xf32> {
  %words = lm.parameter_ref @words : tensor<16x8xf32>
  %x = lm.embedding %tokens, %words : (tensor<?xi32>, tensor<16x8xf32>) -> tensor<?x8xf32>
  %q = lm.split_heads %x : (tensor<?x8xf32>) -> tensor<?x2x4xf32>
  %a:2 = lm.packed_attention %q, %q, %q, %boundaries, %boundaries {scale = 0.5 : f64}
    : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  %m = lm.merge_heads %a#0 : (tensor<?x2x4xf32>) -> tensor<?x8xf32>
  %y = lm.add %m, %x : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
