// What an adapter makes of x, and what its gradient wants of it, is one product: one kernel stores both.
// RUN: longc-opt %s --longc-differentiate=function=adapted -o %t && longc-opt %t --pass-pipeline="builtin.module(longc-tile-linear,canonicalize)" | FileCheck %s
// RUN: longc-interpret %t --function adapted_gradient --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: sed 's/module attributes.*/module {/' %t | longc-opt --longc-set-target=target=cuda:sm_90a -o %t.target && longc-interpret %t.target --function adapted_gradient --tokens 300 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-opt %s --longc-tile-linear | FileCheck %s --check-prefix=EARLY

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
// CHECK-LABEL: tile.kernel @adapter_4x64
// CHECK: %[[SUM:.*]] = tile.mma
// CHECK: %[[SCALED:.*]] = arith.mulf %[[SUM]]
// CHECK: tile.store %[[SCALED]]
// CHECK: tile.store %[[SUM]]
// CHECK-LABEL: func.func @adapted_gradient
// CHECK-NOT: @linear_4x64
// CHECK: %[[BOTH:.*]]:2 = tile.launch @adapter_4x64
// CHECK: tile.launch @linear_48x64{{.*}}%[[BOTH]]#0
// CHECK: tile.launch @row_product_48x4{{.*}}%[[BOTH]]#1
func.func @adapted(%x: tensor<?x64xf32>, %w: tensor<48x64xf32>, %a: tensor<4x64xf32> {lm.trained}, %b: tensor<48x4xf32> {lm.trained}) -> tensor<?x48xf32> {
  %0 = lm.linear %x, %w lora(%a, %b) {lora_scale = 0.75 : f64}
    : (tensor<?x64xf32>, tensor<48x64xf32>, tensor<4x64xf32>, tensor<48x4xf32>) -> tensor<?x48xf32>
  return %0 : tensor<?x48xf32>
}

// A product that is wanted before the adapter's stays one of its own.
// EARLY-LABEL: func.func @early
// EARLY: tile.launch @linear_4x64
// EARLY: tile.launch @adapter_4x64
func.func @early(%x: tensor<?x64xf32>, %w: tensor<48x64xf32>, %a: tensor<4x64xf32>, %b: tensor<48x4xf32>) -> tensor<?x48xf32> {
  %h = lm.linear %x, %a : (tensor<?x64xf32>, tensor<4x64xf32>) -> tensor<?x4xf32>
  %y = lm.linear %h, %b : (tensor<?x4xf32>, tensor<48x4xf32>) -> tensor<?x48xf32>
  %0 = lm.linear %x, %w lora(%a, %b) {lora_scale = 0.75 : f64}
    : (tensor<?x64xf32>, tensor<48x64xf32>, tensor<4x64xf32>, tensor<48x4xf32>) -> tensor<?x48xf32>
  %1 = lm.add %0, %y : (tensor<?x48xf32>, tensor<?x48xf32>) -> tensor<?x48xf32>
  return %1 : tensor<?x48xf32>
}
}
