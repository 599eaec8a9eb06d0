// Adapters that are held beside the weights are joined with them; those of products that stay apart share their first product.
// RUN: longc-opt %s --longc-fuse-qkv | FileCheck %s
// RUN: longc-interpret %s --function prefill --compare-after longc-fuse-qkv
// RUN: longc-interpret %s --function decode --compare-after longc-fuse-qkv
// RUN: longc-interpret %s --function prefill --tokens 37 --compare-after 'longc-fuse-qkv,longc-fuse-epilogue,longc-tile-linear,longc-tile-streaming' --tolerance 1e-6
// RUN: longc-interpret %s --function decode --tokens 5 --compare-after 'longc-fuse-qkv,longc-fuse-epilogue,longc-tile-linear,longc-tile-streaming' --tolerance 1e-6
// RUN: longc-opt %s --pass-pipeline='builtin.module(longc-fuse-qkv,longc-fuse-epilogue,longc-tile-linear,canonicalize,tile.kernel(cse))' | FileCheck %s --check-prefix=TILED

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 96, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
// CHECK-DAG: lm.parameter @"layer.q+k.weight" parts ["layer.q.weight", "layer.k.weight"] : !lm.quantized<192x64, q8_0>
// CHECK-DAG: lm.parameter @"layer.q+k.lora_A:bf16" parts ["layer.q.lora_A", "layer.k.lora_A"] : tensor<32x64xf32>
// CHECK-DAG: lm.parameter @"layer.q+k.lora_B:bf16" parts ["layer.q.lora_B", "layer.k.lora_B"] : tensor<192x16xf32>
// CHECK-DAG: lm.parameter @"layer.gate+up.lora_A:bf16" parts ["layer.gate.lora_A", "layer.up.lora_A"] : tensor<32x64xf32>
// CHECK-DAG: lm.parameter @layer.q.lora_A trainable
lm.parameter @layer.q.weight : !lm.quantized<128x64, q8_0>
lm.parameter @layer.k.weight : !lm.quantized<64x64, q8_0>
lm.parameter @layer.gate.weight : !lm.quantized<96x64, q8_0>
lm.parameter @layer.up.weight : !lm.quantized<96x64, q8_0>
lm.parameter @layer.q.lora_A trainable : tensor<16x64xf32>
lm.parameter @layer.q.lora_B trainable : tensor<128x16xf32>
lm.parameter @layer.k.lora_A trainable : tensor<16x64xf32>
lm.parameter @layer.k.lora_B trainable : tensor<64x16xf32>
lm.parameter @layer.gate.lora_A trainable : tensor<16x64xf32>
lm.parameter @layer.gate.lora_B trainable : tensor<96x16xf32>
lm.parameter @layer.up.lora_A trainable : tensor<16x64xf32>
lm.parameter @layer.up.lora_B trainable : tensor<96x16xf32>
lm.parameter @"layer.q.lora_A:bf16" parts ["layer.q.lora_A"] : tensor<16x64xf32>
lm.parameter @"layer.q.lora_B:bf16" parts ["layer.q.lora_B"] : tensor<128x16xf32>
lm.parameter @"layer.k.lora_A:bf16" parts ["layer.k.lora_A"] : tensor<16x64xf32>
lm.parameter @"layer.k.lora_B:bf16" parts ["layer.k.lora_B"] : tensor<64x16xf32>
lm.parameter @"layer.gate.lora_A:bf16" parts ["layer.gate.lora_A"] : tensor<16x64xf32>
lm.parameter @"layer.gate.lora_B:bf16" parts ["layer.gate.lora_B"] : tensor<96x16xf32>
lm.parameter @"layer.up.lora_A:bf16" parts ["layer.up.lora_A"] : tensor<16x64xf32>
lm.parameter @"layer.up.lora_B:bf16" parts ["layer.up.lora_B"] : tensor<96x16xf32>

// A block of columns is of one part: 64 divide the 128 and 64 rows.
// TILED-LABEL: tile.kernel @linear_192x64
// TILED: %[[PART:.*]] = arith.minsi
// TILED: %[[FIRST:.*]] = arith.muli %[[PART]], %c16
// TILED: tile.load %{{.*}}[%{{.*}}, %[[FIRST]]] {{.*}} -> tensor<16x16xf32>
// TILED: tile.mma {{.*}} tensor<16x16xf32>, tensor<64x16xf32> -> tensor<16x64xf32>
// TILED-LABEL: tile.kernel @adapter_32x64
// TILED-LABEL: tile.kernel @linear_swiglu_96x64
// TILED-LABEL: tile.kernel @adapter_32x64_1

// CHECK-LABEL: func.func @prefill
// CHECK: lm.linear {{.*}} lora(%{{.*}}, %{{.*}}) {lm.adapter_first = 0 : i64, lm.adapter_rows = array<i64: 128, 64>, lora_scale = 2.000000e+00 : f64}
// CHECK: lm.linear {{.*}} lora(%[[A:.*]], %{{.*}}) {lm.adapter_first = 0 : i64, lm.adapter_rows = array<i64: 96>
// CHECK: lm.linear {{.*}} lora(%[[A]], %{{.*}}) {lm.adapter_first = 16 : i64, lm.adapter_rows = array<i64: 96>
// TILED-LABEL: func.func @prefill
// TILED-COUNT-2: tile.launch @adapter_32x64
// TILED-NOT: tile.launch @adapter
// TILED: return
func.func @prefill(%x: tensor<?x64xf32>, %z: tensor<?x64xf32>) -> (tensor<?x128xf32>, tensor<?x64xf32>, tensor<?x96xf32>) {
  %wq = lm.parameter_ref @layer.q.weight : !lm.quantized<128x64, q8_0>
  %dq = lm.dequantize %wq : (!lm.quantized<128x64, q8_0>) -> tensor<128x64xf32>
  %aq = lm.parameter_ref @"layer.q.lora_A:bf16" : tensor<16x64xf32>
  %bq = lm.parameter_ref @"layer.q.lora_B:bf16" : tensor<128x16xf32>
  %q = lm.linear %x, %dq lora(%aq, %bq) {lora_scale = 2.0 : f64} : (tensor<?x64xf32>, tensor<128x64xf32>, tensor<16x64xf32>, tensor<128x16xf32>) -> tensor<?x128xf32>
  %wk = lm.parameter_ref @layer.k.weight : !lm.quantized<64x64, q8_0>
  %dk = lm.dequantize %wk : (!lm.quantized<64x64, q8_0>) -> tensor<64x64xf32>
  %ak = lm.parameter_ref @"layer.k.lora_A:bf16" : tensor<16x64xf32>
  %bk = lm.parameter_ref @"layer.k.lora_B:bf16" : tensor<64x16xf32>
  %k = lm.linear %x, %dk lora(%ak, %bk) {lora_scale = 2.0 : f64} : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<16x64xf32>, tensor<64x16xf32>) -> tensor<?x64xf32>
  %wg = lm.parameter_ref @layer.gate.weight : !lm.quantized<96x64, q8_0>
  %dg = lm.dequantize %wg : (!lm.quantized<96x64, q8_0>) -> tensor<96x64xf32>
  %ag = lm.parameter_ref @"layer.gate.lora_A:bf16" : tensor<16x64xf32>
  %bg = lm.parameter_ref @"layer.gate.lora_B:bf16" : tensor<96x16xf32>
  %g = lm.linear %z, %dg lora(%ag, %bg) {lora_scale = 2.0 : f64} : (tensor<?x64xf32>, tensor<96x64xf32>, tensor<16x64xf32>, tensor<96x16xf32>) -> tensor<?x96xf32>
  %wu = lm.parameter_ref @layer.up.weight : !lm.quantized<96x64, q8_0>
  %du = lm.dequantize %wu : (!lm.quantized<96x64, q8_0>) -> tensor<96x64xf32>
  %au = lm.parameter_ref @"layer.up.lora_A:bf16" : tensor<16x64xf32>
  %bu = lm.parameter_ref @"layer.up.lora_B:bf16" : tensor<96x16xf32>
  %u = lm.linear %z, %du lora(%au, %bu) {lora_scale = 2.0 : f64} : (tensor<?x64xf32>, tensor<96x64xf32>, tensor<16x64xf32>, tensor<96x16xf32>) -> tensor<?x96xf32>
  %s = lm.swiglu %g, %u : (tensor<?x96xf32>, tensor<?x96xf32>) -> tensor<?x96xf32>
  return %q, %k, %s : tensor<?x128xf32>, tensor<?x64xf32>, tensor<?x96xf32>
}

// CHECK-LABEL: func.func @decode
// CHECK: lm.quantized_linear {{.*}} lora %arg0(%{{.*}}, %{{.*}}) {lm.adapter_first = 0 : i64, lm.adapter_rows = array<i64: 128, 64>
func.func @decode(%x: tensor<?x64xf32>) -> (tensor<?x128xf32>, tensor<?x64xf32>) attributes {lm.one_token} {
  %e:3 = lm.quantize %x : (tensor<?x64xf32>) -> (tensor<?x64xi16>, tensor<?x2xf32>, tensor<?x2xf32>)
  %wq = lm.parameter_ref @layer.q.weight : !lm.quantized<128x64, q8_0>
  %aq = lm.parameter_ref @"layer.q.lora_A:bf16" : tensor<16x64xf32>
  %bq = lm.parameter_ref @"layer.q.lora_B:bf16" : tensor<128x16xf32>
  %q = lm.quantized_linear %e#0, %e#1, %e#2, %wq lora %x(%aq, %bq) : (tensor<?x64xi16>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<128x64, q8_0>, tensor<?x64xf32>, tensor<16x64xf32>, tensor<128x16xf32>) -> tensor<?x128xf32>
  %wk = lm.parameter_ref @layer.k.weight : !lm.quantized<64x64, q8_0>
  %ak = lm.parameter_ref @"layer.k.lora_A:bf16" : tensor<16x64xf32>
  %bk = lm.parameter_ref @"layer.k.lora_B:bf16" : tensor<64x16xf32>
  %k = lm.quantized_linear %e#0, %e#1, %e#2, %wk lora %x(%ak, %bk) : (tensor<?x64xi16>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<64x64, q8_0>, tensor<?x64xf32>, tensor<16x64xf32>, tensor<64x16xf32>) -> tensor<?x64xf32>
  return %q, %k : tensor<?x128xf32>, tensor<?x64xf32>
}

// What trains the adapter reads a weight by itself, and more than once: that keeps nothing apart that serves.
// CHECK-LABEL: func.func @loss_gradient
// CHECK: lm.parameter_ref @layer.q.weight
// CHECK: lm.linear
// CHECK: lm.product
func.func @loss_gradient(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %wq = lm.parameter_ref @layer.q.weight : !lm.quantized<128x64, q8_0>
  %dq = lm.dequantize %wq : (!lm.quantized<128x64, q8_0>) -> tensor<128x64xf32>
  %a = lm.parameter_ref @layer.q.lora_A : tensor<16x64xf32>
  %b = lm.parameter_ref @layer.q.lora_B : tensor<128x16xf32>
  %q = lm.linear %x, %dq lora(%a, %b) : (tensor<?x64xf32>, tensor<128x64xf32>, tensor<16x64xf32>, tensor<128x16xf32>) -> tensor<?x128xf32>
  %g = lm.product %q, %dq : (tensor<?x128xf32>, tensor<128x64xf32>) -> tensor<?x64xf32>
  return %g : tensor<?x64xf32>
}
}
