// An adapter's first product is a kernel of its own; the second adds to the product beside it.
// RUN: longc-opt %s --pass-pipeline="builtin.module(longc-tile-linear,canonicalize,tile.kernel(cse))" | FileCheck %s
// RUN: longc-interpret %s --function adapted --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %s --function rounded --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %s --function integers --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %s --function token --compare-after longc-tile-linear --tolerance 1e-6

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 96, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
lm.parameter @w : !lm.quantized<192x64, q4_1>
lm.parameter @a trainable : tensor<12x64xf32>
lm.parameter @b trainable : tensor<192x12xf32>

// CHECK-LABEL: tile.kernel @linear_add_192x64
// CHECK: %[[SUM:.*]] = tile.mma {{.*}} transpose_b : tensor<16x64xf32>, tensor<96x64xf32> -> tensor<16x96xf32>
// CHECK: %[[H:.*]] = tile.load {{.*}} -> tensor<16x12xf32>
// CHECK: %[[B:.*]] = tile.load {{.*}} -> tensor<96x12xf32>
// CHECK: %[[BOTH:.*]] = tile.mma %[[H]], %[[B]], %[[SUM]] transpose_b
// CHECK: arith.addf %{{.*}}, %[[BOTH]]
// CHECK-LABEL: tile.kernel @adapter_12x64
// CHECK: %[[LOW:.*]] = tile.mma
// CHECK: %[[SCALE:.*]] = arith.mulf %[[LOW]], %{{.*}} : tensor<16x12xf32>
// CHECK: tile.store %[[SCALE]]
// CHECK-LABEL: func.func @adapted
// CHECK: %[[HIDDEN:.*]] = tile.launch @adapter_12x64 grid(%{{.*}}, %c1)
// CHECK: tile.launch @linear_add_192x64 {{.*}}%[[HIDDEN]]
func.func @adapted(%x: tensor<?x64xf32>, %r: tensor<?x192xf32>) -> tensor<?x192xf32> {
  %w = lm.parameter_ref @w : !lm.quantized<192x64, q4_1>
  %a = lm.parameter_ref @a : tensor<12x64xf32>
  %b = lm.parameter_ref @b : tensor<192x12xf32>
  %d = lm.dequantize %w : (!lm.quantized<192x64, q4_1>) -> tensor<192x64xf32>
  %y = lm.group -> (tensor<?x192xf32>) {
    %l = lm.linear %x, %d lora(%a, %b) {lora_scale = 2.0 : f64} : (tensor<?x64xf32>, tensor<192x64xf32>, tensor<12x64xf32>, tensor<192x12xf32>) -> tensor<?x192xf32>
    %s = lm.add %r, %l : (tensor<?x192xf32>, tensor<?x192xf32>) -> tensor<?x192xf32>
    lm.yield %s : tensor<?x192xf32>
  }
  return %y : tensor<?x192xf32>
}

// Rounded inputs: A is rounded on its tile, B stays float32 beside the unrounded first product.
// CHECK-LABEL: tile.kernel @linear_192x64
// CHECK: tile.mma {{.*}} : tensor<16x64xbf16>, tensor<96x64xbf16>
// CHECK: tile.mma {{.*}} : tensor<16x12xf32>, tensor<96x12xf32>
// CHECK: arith.addf
// CHECK-LABEL: tile.kernel @adapter_12x64_1
// CHECK: arith.truncf %{{.*}} : tensor<12x64xf32> to tensor<12x64xbf16>
func.func @rounded(%x: tensor<?x64xf32>, %bias: tensor<192xf32>) -> tensor<?x192xf32> {
  %w = lm.parameter_ref @w : !lm.quantized<192x64, q4_1>
  %a = lm.parameter_ref @a : tensor<12x64xf32>
  %b = lm.parameter_ref @b : tensor<192x12xf32>
  %d = lm.dequantize %w : (!lm.quantized<192x64, q4_1>) -> tensor<192x64xbf16>
  %xr = lm.round %x : (tensor<?x64xf32>) -> tensor<?x64xbf16>
  %ar = lm.round %a : (tensor<12x64xf32>) -> tensor<12x64xbf16>
  %y = lm.linear %xr, %d bias %bias lora(%ar, %b) : (tensor<?x64xbf16>, tensor<192x64xbf16>, tensor<192xf32>, tensor<12x64xbf16>, tensor<192x12xf32>) -> tensor<?x192xf32>
  return %y : tensor<?x192xf32>
}

// CHECK-LABEL: tile.kernel @linear_40x64_rows1
// CHECK: tile.mma {{.*}} : tensor<1x12xf32>, tensor<40x12xf32> -> tensor<1x40xf32>
func.func @token(%x: tensor<1x64xf32>, %w: tensor<40x64xf32>, %b: tensor<40x12xf32>) -> tensor<1x40xf32> {
  %a = lm.parameter_ref @a : tensor<12x64xf32>
  %y = lm.linear %x, %w lora(%a, %b) {lora_scale = 0.5 : f64} : (tensor<1x64xf32>, tensor<40x64xf32>, tensor<12x64xf32>, tensor<40x12xf32>) -> tensor<1x40xf32>
  return %y : tensor<1x40xf32>
}

// Beside an integer product, the adapter multiplies the activations as they were.
// CHECK-LABEL: tile.kernel @quantized_linear_192x64_rows1
// CHECK: %[[SUM:.*]] = tile.scaled_mma
// CHECK: tile.mma %{{.*}}, %{{.*}}, %[[SUM]] transpose_b : tensor<1x12xf32>, tensor<96x12xf32> -> tensor<1x96xf32>
func.func @integers(%x: tensor<1x64xf32>) -> tensor<1x192xf32> {
  %e:3 = lm.quantize %x : (tensor<1x64xf32>) -> (tensor<1x64xi16>, tensor<1x2xf32>, tensor<1x2xf32>)
  %w = lm.parameter_ref @w : !lm.quantized<192x64, q4_1>
  %a = lm.parameter_ref @a : tensor<12x64xf32>
  %b = lm.parameter_ref @b : tensor<192x12xf32>
  %y = lm.quantized_linear %e#0, %e#1, %e#2, %w lora %x(%a, %b) {lora_scale = 2.0 : f64}
    : (tensor<1x64xi16>, tensor<1x2xf32>, tensor<1x2xf32>, !lm.quantized<192x64, q4_1>, tensor<1x64xf32>, tensor<12x64xf32>, tensor<192x12xf32>) -> tensor<1x192xf32>
  return %y : tensor<1x192xf32>
}
}
