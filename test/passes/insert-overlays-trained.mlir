// Where a program trains an adapter of its own, the copies that take one of any rank have it too: their products are the same.
// RUN: longc-opt %s --longc-insert-overlays | FileCheck %s

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 96, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
// What is bound has a name of its own beside what is trained.
// CHECK-DAG: lm.parameter @"bound:p.lora_A" trainable {lm.overlay_modules = ["p"], lm.overlay_rows = array<i64: 64>} : tensor<?x64xf32>
// CHECK-DAG: lm.parameter @"bound:q+k.lora_A:bf16" {lm.overlay_modules = ["q", "k"], lm.overlay_rows = array<i64: 64, 32>} : tensor<?x64xbf16>
// CHECK-DAG: lm.parameter @p.lora_A trainable : tensor<8x64xf32>
lm.parameter @p.weight : !lm.quantized<64x64, q8_0>
lm.parameter @p.lora_A trainable : tensor<8x64xf32>
lm.parameter @p.lora_B trainable : tensor<64x8xf32>
lm.parameter @joined parts ["q.weight", "k.weight"] : !lm.quantized<96x64, q8_0>
lm.parameter @"q+k.lora_A" trainable : tensor<16x64xf32>
lm.parameter @"q+k.lora_B" trainable : tensor<96x8xf32>

// CHECK-LABEL: func.func @prefill(
// CHECK: lm.linear %{{.*}}, %{{.*}} lora(
// CHECK-LABEL: func.func @prefill_adapted(
// CHECK: lm.parameter_ref @"bound:p.lora_A"
// CHECK: %[[Y:.*]] = lm.linear %arg0, %{{.*}} lora(
// CHECK: lm.add %[[Y]],
func.func @prefill(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %w = lm.parameter_ref @p.weight : !lm.quantized<64x64, q8_0>
  %d = lm.dequantize %w : (!lm.quantized<64x64, q8_0>) -> tensor<64x64xf32>
  %a = lm.parameter_ref @p.lora_A : tensor<8x64xf32>
  %b = lm.parameter_ref @p.lora_B : tensor<64x8xf32>
  %y = lm.linear %x, %d lora(%a, %b) {lora_scale = 2.0 : f64} : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<8x64xf32>, tensor<64x8xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @decode_adapted(
// CHECK: lm.parameter_ref @"bound:q+k.lora_A:bf16"
// CHECK: lm.quantized_linear {{.*}} lora %arg0(
func.func @decode(%x: tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x32xf32>) {
  %v:3 = lm.quantize %x : (tensor<?x64xf32>) -> (tensor<?x64xi16>, tensor<?x2xf32>, tensor<?x2xf32>)
  %w = lm.parameter_ref @joined : !lm.quantized<96x64, q8_0>
  %a = lm.parameter_ref @"q+k.lora_A" : tensor<16x64xf32>
  %b = lm.parameter_ref @"q+k.lora_B" : tensor<96x8xf32>
  %y = lm.quantized_linear %v#0, %v#1, %v#2, %w lora %x(%a, %b) {lm.adapter_first = 0 : i64, lm.adapter_rows = array<i64: 64, 32>, lora_scale = 2.0 : f64} : (tensor<?x64xi16>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<96x64, q8_0>, tensor<?x64xf32>, tensor<16x64xf32>, tensor<96x8xf32>) -> tensor<?x96xf32>
  %q = lm.slice_columns %y {begin = 0 : i64, end = 64 : i64} : (tensor<?x96xf32>) -> tensor<?x64xf32>
  %k = lm.slice_columns %y {begin = 64 : i64, end = 96 : i64} : (tensor<?x96xf32>) -> tensor<?x32xf32>
  return %q, %k : tensor<?x64xf32>, tensor<?x32xf32>
}
}
