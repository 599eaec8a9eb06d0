// Functions that serve read a trained adapter held beside the weights: rounded, in panels. Others read it as it is trained.
// RUN: longc-opt %s --longc-choose-precision=precision=fast | FileCheck %s
// RUN: longc-opt %s --longc-choose-precision=precision=exact | FileCheck %s --check-prefix=EXACT
// RUN: longc-interpret %s --function prefill --tokens 33 --compare-after longc-choose-precision --round --tolerance 0.02
// RUN: longc-interpret %s --function decode --tokens 3 --compare-after longc-choose-precision --round --tolerance 0.02

// EXACT-NOT: bf16
// CHECK-DAG: lm.parameter @"p.lora_A:bf16" parts ["p.lora_A"] : tensor<8x96xbf16>
// CHECK-DAG: lm.parameter @"p.lora_B:bf16" parts ["p.lora_B"] : tensor<64x8xbf16>
// CHECK-DAG: lm.parameter @p.lora_A trainable : tensor<8x96xf32>
lm.parameter @p.weight : !lm.quantized<64x96, q4_1>
lm.parameter @p.lora_A trainable : tensor<8x96xf32>
lm.parameter @p.lora_B trainable : tensor<64x8xf32>
lm.parameter @wide.weight : tensor<64x96xf32>
lm.parameter @wide.lora_A trainable : tensor<8x96xf32>
lm.parameter @wide.lora_B trainable : tensor<64x8xf32>

// CHECK-LABEL: func.func @prefill
// CHECK-DAG: %[[A:.*]] = lm.parameter_ref @"p.lora_A:bf16"
// CHECK-DAG: %[[B:.*]] = lm.parameter_ref @"p.lora_B:bf16"
// CHECK-DAG: %[[X:.*]] = lm.round %arg0
// CHECK: lm.linear %[[X]], %{{.*}} lora(%[[A]], %[[B]])
func.func @prefill(%x: tensor<?x96xf32>) -> tensor<?x64xf32> {
  %w = lm.parameter_ref @p.weight : !lm.quantized<64x96, q4_1>
  %a = lm.parameter_ref @p.lora_A : tensor<8x96xf32>
  %b = lm.parameter_ref @p.lora_B : tensor<64x8xf32>
  %d = lm.dequantize %w : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %y = lm.linear %x, %d lora(%a, %b) {lora_scale = 2.0 : f64} : (tensor<?x96xf32>, tensor<64x96xf32>, tensor<8x96xf32>, tensor<64x8xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @decode
// CHECK-DAG: %[[A:.*]] = lm.parameter_ref @"p.lora_A:bf16"
// CHECK-DAG: %[[B:.*]] = lm.parameter_ref @"p.lora_B:bf16"
// CHECK-DAG: %[[X:.*]] = lm.round %arg0
// CHECK: lm.quantized_linear {{.*}} lora %[[X]](%[[A]], %[[B]])
func.func @decode(%x: tensor<?x96xf32>) -> tensor<?x64xf32> attributes {lm.one_token} {
  %w = lm.parameter_ref @p.weight : !lm.quantized<64x96, q4_1>
  %a = lm.parameter_ref @p.lora_A : tensor<8x96xf32>
  %b = lm.parameter_ref @p.lora_B : tensor<64x8xf32>
  %d = lm.dequantize %w : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %y = lm.linear %x, %d lora(%a, %b) {lora_scale = 2.0 : f64} : (tensor<?x96xf32>, tensor<64x96xf32>, tensor<8x96xf32>, tensor<64x8xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @loss
// CHECK-DAG: lm.parameter_ref @p.lora_A :
// CHECK-DAG: lm.parameter_ref @p.lora_B :
// CHECK-NOT: :bf16"
// CHECK: return
func.func @loss(%x: tensor<?x96xf32>) -> tensor<?x64xf32> {
  %w = lm.parameter_ref @p.weight : !lm.quantized<64x96, q4_1>
  %a = lm.parameter_ref @p.lora_A : tensor<8x96xf32>
  %b = lm.parameter_ref @p.lora_B : tensor<64x8xf32>
  %d = lm.dequantize %w : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %y = lm.linear %x, %d lora(%a, %b) {lora_scale = 2.0 : f64} : (tensor<?x96xf32>, tensor<64x96xf32>, tensor<8x96xf32>, tensor<64x8xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// A product that stays in float32 keeps its adapter so.
// CHECK-LABEL: func.func @ingest
// CHECK: lm.linear %arg0, %{{.*}} lora(%{{.*}}, %{{.*}}) : (tensor<?x96xf32>, tensor<64x96xf32>, tensor<8x96xf32>, tensor<64x8xf32>)
func.func @ingest(%x: tensor<?x96xf32>) -> tensor<?x64xf32> {
  %w = lm.parameter_ref @wide.weight : tensor<64x96xf32>
  %a = lm.parameter_ref @wide.lora_A : tensor<8x96xf32>
  %b = lm.parameter_ref @wide.lora_B : tensor<64x8xf32>
  %y = lm.linear %x, %w lora(%a, %b) : (tensor<?x96xf32>, tensor<64x96xf32>, tensor<8x96xf32>, tensor<64x8xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
