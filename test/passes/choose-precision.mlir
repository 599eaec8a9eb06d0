// Roundings and int8 activations come from here alone.
// RUN: longc-opt %s --longc-choose-precision=precision=fast --remarks-filter="longc.*" 2>&1 | FileCheck %s
// RUN: longc-opt %s --longc-choose-precision=precision=exact | FileCheck %s --check-prefix=EXACT
// RUN: longc-interpret %s --function quantised --compare-after 'longc-choose-precision{precision=exact}'
// What is rounded stays near: errors are a share of the largest result. Sixteen bits are nearer than eight.
// RUN: longc-interpret %s --function quantised --compare-after longc-choose-precision --tolerance 1e-4 --rounding-tolerance 0
// RUN: longc-interpret %s --function rows --tokens 33 --round --compare-after longc-choose-precision --tolerance 0.02
// RUN: longc-interpret %s --function half --compare-after longc-choose-precision --round --tolerance 0.02
// RUN: longc-interpret %s --function attention --compare-after longc-choose-precision --round --tolerance 0.02
// RUN: longc-interpret %s --function adapters --tokens 33 --compare-after longc-choose-precision --round --tolerance 0.02
// RUN: longc-interpret %s --function loss --tokens 33 --compare-after longc-choose-precision --round --tolerance 0.02
// RUN: not longc-opt %s --longc-choose-precision=precision=quick 2>&1 | FileCheck %s --check-prefix=ERROR
// ERROR: error: expected precision exact, fast or int8, got 'quick'

lm.parameter @w : !lm.quantized<64x96, q4_1>
lm.parameter @h : tensor<64x96xbf16>
lm.parameter @d : tensor<64x96xf32>
lm.parameter @b : tensor<64xf32>
lm.parameter @la trainable : tensor<5x96xf32>
lm.parameter @lb trainable : tensor<64x5xf32>

// CHECK-DAG: remark: {{.*}}product kept in float32: its weight is stored in float32

// CHECK-LABEL: func.func @quantised
// CHECK: %[[W:.*]] = lm.parameter_ref @w
// CHECK: %[[VALUES:.*]], %[[SCALES:.*]], %[[SUMS:.*]] = lm.quantize %arg0 : (tensor<1x96xf32>) -> (tensor<1x96xi16>, tensor<1x3xf32>, tensor<1x3xf32>)
// CHECK: lm.quantized_linear %[[VALUES]], %[[SCALES]], %[[SUMS]], %[[W]]
// CHECK-NOT: lm.dequantize
// EXACT-LABEL: func.func @quantised
// EXACT: %[[DECODED:.*]] = lm.dequantize
// EXACT: lm.linear %arg0, %[[DECODED]]
// EXACT-NOT: lm.round
// EXACT: return
func.func @quantised(%x: tensor<1x96xf32>) -> tensor<1x64xf32> {
  %w = lm.parameter_ref @w : !lm.quantized<64x96, q4_1>
  %d = lm.dequantize %w : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %y = lm.linear %x, %d : (tensor<1x96xf32>, tensor<64x96xf32>) -> tensor<1x64xf32>
  return %y : tensor<1x64xf32>
}

// One token of each sequence is few rows, however many sequences there are.
// CHECK-LABEL: func.func @sequences
// CHECK: lm.quantize %arg0 : (tensor<?x96xf32>) -> (tensor<?x96xi16>, tensor<?x3xf32>, tensor<?x3xf32>)
// CHECK: lm.quantized_linear
// CHECK-NOT: lm.dequantize
// CHECK: return
func.func @sequences(%x: tensor<?x96xf32>) -> tensor<?x64xf32> attributes {lm.one_token} {
  %w = lm.parameter_ref @w : !lm.quantized<64x96, q4_1>
  %d = lm.dequantize %w : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %y = lm.linear %x, %d : (tensor<?x96xf32>, tensor<64x96xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// Many rows are bound by arithmetic: bf16 operands.
// CHECK-LABEL: func.func @rows
// CHECK: %[[DECODED:.*]] = lm.dequantize {{.*}} -> tensor<64x96xbf16>
// CHECK: %[[X:.*]] = lm.round %arg0 : (tensor<?x96xf32>) -> tensor<?x96xbf16>
// CHECK: lm.linear %[[X]], %[[DECODED]] : (tensor<?x96xbf16>, tensor<64x96xbf16>) -> tensor<?x64xf32>
func.func @rows(%x: tensor<?x96xf32>) -> tensor<?x64xf32> {
  %w = lm.parameter_ref @w : !lm.quantized<64x96, q4_1>
  %d = lm.dequantize %w : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %y = lm.linear %x, %d : (tensor<?x96xf32>, tensor<64x96xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @half
// CHECK: %[[H:.*]] = lm.parameter_ref @h
// CHECK: %[[X:.*]] = lm.round %arg0 : (tensor<?x96xf32>) -> tensor<?x96xbf16>
// CHECK: lm.linear %[[X]], %[[H]] : (tensor<?x96xbf16>, tensor<64x96xbf16>) -> tensor<?x64xf32>
func.func @half(%x: tensor<?x96xf32>) -> tensor<?x64xf32> {
  %h = lm.parameter_ref @h : tensor<64x96xbf16>
  %w = lm.round %h : (tensor<64x96xbf16>) -> tensor<64x96xf32>
  %y = lm.linear %x, %w : (tensor<?x96xf32>, tensor<64x96xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @kept
// CHECK-NOT: lm.round
// CHECK-NOT: lm.quantize %
// CHECK: return
func.func @kept(%x: tensor<1x96xf32>) -> tensor<1x64xf32> {
  %d = lm.parameter_ref @d : tensor<64x96xf32>
  %y = lm.linear %x, %d : (tensor<1x96xf32>, tensor<64x96xf32>) -> tensor<1x64xf32>
  return %y : tensor<1x64xf32>
}

// CHECK-LABEL: func.func @biased
// CHECK: %[[B:.*]] = lm.parameter_ref @b
// CHECK: lm.quantized_linear %{{.*}} bias %[[B]]
// CHECK-NOT: lm.linear
func.func @biased(%x: tensor<1x96xf32>) -> tensor<1x64xf32> {
  %w = lm.parameter_ref @w : !lm.quantized<64x96, q4_1>
  %b = lm.parameter_ref @b : tensor<64xf32>
  %e = lm.dequantize %w : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %z = lm.linear %x, %e bias %b : (tensor<1x96xf32>, tensor<64x96xf32>, tensor<64xf32>) -> tensor<1x64xf32>
  return %z : tensor<1x64xf32>
}

// An adapter's first product has the inputs of the product beside it; a bias is added to either.
// CHECK-LABEL: func.func @adapters
// CHECK: %[[A:.*]] = lm.parameter_ref @la
// CHECK: %[[B:.*]] = lm.parameter_ref @lb
// CHECK: %[[X:.*]] = lm.round %arg0
// CHECK: %[[AR:.*]] = lm.round %[[A]]
// CHECK: lm.linear %[[X]], %{{.*}} bias %{{.*}} lora(%[[AR]], %[[B]]) {lora_scale = 2.000000e+00 : f64}
// CHECK: %[[ENCODED:.*]], %{{.*}}, %{{.*}} = lm.quantize %arg1
// CHECK: lm.quantized_linear %[[ENCODED]], {{.*}} lora %arg1(%[[A]], %[[B]]) {lora_scale = 2.000000e+00 : f64}
func.func @adapters(%x: tensor<?x96xf32>, %t: tensor<1x96xf32>) -> (tensor<?x64xf32>, tensor<1x64xf32>) {
  %w = lm.parameter_ref @w : !lm.quantized<64x96, q4_1>
  %a = lm.parameter_ref @la : tensor<5x96xf32>
  %b = lm.parameter_ref @lb : tensor<64x5xf32>
  %c = lm.parameter_ref @b : tensor<64xf32>
  %d = lm.dequantize %w : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %e = lm.dequantize %w : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %y = lm.linear %x, %d bias %c lora(%a, %b) {lora_scale = 2.0 : f64} : (tensor<?x96xf32>, tensor<64x96xf32>, tensor<64xf32>, tensor<5x96xf32>, tensor<64x5xf32>) -> tensor<?x64xf32>
  %z = lm.linear %t, %e lora(%a, %b) {lora_scale = 2.0 : f64} : (tensor<1x96xf32>, tensor<64x96xf32>, tensor<5x96xf32>, tensor<64x5xf32>) -> tensor<1x64xf32>
  return %y, %z : tensor<?x64xf32>, tensor<1x64xf32>
}

// The projection before a loss is a product of many rows.
// CHECK-LABEL: func.func @loss
// CHECK-DAG: %[[D:.*]] = lm.dequantize {{.*}} -> tensor<64x96xbf16>
// CHECK-DAG: %[[H:.*]] = lm.parameter_ref @h
// CHECK-DAG: %[[X:.*]] = lm.round %arg0
// CHECK: lm.cross_entropy %[[X]], %[[D]]
// CHECK: lm.cross_entropy %{{.*}}, %[[H]]
func.func @loss(%x: tensor<?x96xf32>, %t: tensor<?xi32> {lm.input = "targets"}, %g: tensor<?xf32> {lm.input = "weights"}) -> (tensor<1xf32>, tensor<1xf32>) {
  %w = lm.parameter_ref @w : !lm.quantized<64x96, q4_1>
  %d = lm.dequantize %w : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %h = lm.parameter_ref @h : tensor<64x96xbf16>
  %e = lm.round %h : (tensor<64x96xbf16>) -> tensor<64x96xf32>
  %a:2 = lm.cross_entropy %x, %d, %t, %g : (tensor<?x96xf32>, tensor<64x96xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  %b:2 = lm.cross_entropy %x, %e, %t, %g : (tensor<?x96xf32>, tensor<64x96xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  return %a#0, %b#0 : tensor<1xf32>, tensor<1xf32>
}

// CHECK-LABEL: func.func @state
// CHECK-SAME: !lm.cache<2x32xbf16> {lm.input = "cache", lm.layer = 0 : i64}) -> (tensor<?x4x32xf32>, !lm.cache<2x32xbf16>)
// CHECK-DAG: %[[K:.*]] = lm.round %arg1
// CHECK-DAG: %[[V:.*]] = lm.round %arg2
// CHECK: %[[CACHE:.*]] = lm.cache_append %{{.*}}, %[[K]], %[[V]], {{.*}} -> !lm.cache<2x32xbf16>
// CHECK: %[[Q:.*]] = lm.round %arg0
// CHECK: lm.window_attention %[[Q]], %[[CACHE]]
func.func @state(%q: tensor<?x4x32xf32>, %k: tensor<?x2x32xf32>, %v: tensor<?x2x32xf32>,
                 %segments: tensor<?x8xi32> {lm.input = "segments"},
                 %cache: !lm.cache<2x32xf32> {lm.input = "cache", lm.layer = 0 : i64}) -> (tensor<?x4x32xf32>, !lm.cache<2x32xf32>) {
  %c = lm.cache_append %cache, %k, %v, %segments : (!lm.cache<2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x8xi32>) -> !lm.cache<2x32xf32>
  %out, %lse = lm.window_attention %q, %c, %segments {scale = 1.0 : f64}
    : (tensor<?x4x32xf32>, !lm.cache<2x32xf32>, tensor<?x8xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
  return %out, %c : tensor<?x4x32xf32>, !lm.cache<2x32xf32>
}

// CHECK-LABEL: func.func @attention
// CHECK-COUNT-3: lm.round
// CHECK: lm.packed_attention {{.*}}tensor<?x4x32xbf16>, tensor<?x2x32xbf16>, tensor<?x2x32xbf16>
func.func @attention(%q: tensor<?x4x32xf32>, %k: tensor<?x2x32xf32>, %v: tensor<?x2x32xf32>,
                     %cu_q: tensor<?xi32> {lm.input = "cu_seqlens"}, %cu_k: tensor<?xi32> {lm.input = "cu_seqlens"}) -> tensor<?x4x32xf32> {
  %out, %lse = lm.packed_attention %q, %k, %v, %cu_q, %cu_k causal {scale = 1.0 : f64}
    : (tensor<?x4x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
  return %out : tensor<?x4x32xf32>
}

// Activations of bf16 are widened to be quantised; a weight that stays decoded for another reader keeps its type.
// CHECK-LABEL: func.func @narrow
// CHECK-DAG: %[[WIDE:.*]] = lm.round %arg0 : (tensor<1x96xbf16>) -> tensor<1x96xf32>
// CHECK-DAG: lm.quantize %[[WIDE]]
// CHECK-DAG: %[[DECODED:.*]] = lm.dequantize {{.*}} -> tensor<64x96xf32>
// CHECK-DAG: lm.add %[[DECODED]], %[[DECODED]]
// CHECK-DAG: lm.dequantize {{.*}} -> tensor<64x96xbf16>
func.func @narrow(%one: tensor<1x96xbf16>, %x: tensor<?x96xf32>) -> (tensor<1x64xf32>, tensor<?x64xf32>, tensor<64x96xf32>) {
  %w = lm.parameter_ref @w : !lm.quantized<64x96, q4_1>
  %b = lm.dequantize %w : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xbf16>
  %y = lm.linear %one, %b : (tensor<1x96xbf16>, tensor<64x96xbf16>) -> tensor<1x64xf32>
  %d = lm.dequantize %w : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %z = lm.linear %x, %d : (tensor<?x96xf32>, tensor<64x96xf32>) -> tensor<?x64xf32>
  %s = lm.add %d, %d : (tensor<64x96xf32>, tensor<64x96xf32>) -> tensor<64x96xf32>
  return %y, %z, %s : tensor<1x64xf32>, tensor<?x64xf32>, tensor<64x96xf32>
}
