// Quantised parameters become bf16 matrices where the target holds them so, trained ones that all read rounded, and those of an adapter
// that is stored; elsewhere they stay.
// RUN: longc-opt %s --longc-set-target=target=cuda:sm_90a --longc-decode-weights | FileCheck %s
// RUN: longc-opt %s --longc-set-target=target=cpu --longc-decode-weights | FileCheck %s --check-prefix=STAYS

// CHECK: lm.parameter @w : tensor<32x64xbf16>
// CHECK: lm.parameter @table : tensor<40x64xbf16>
// CHECK: lm.parameter @norm : tensor<64xf32>
// CHECK-LABEL: func.func @f
// CHECK: %[[TABLE:.*]] = lm.parameter_ref @table : tensor<40x64xbf16>
// CHECK: lm.embedding %{{.*}}, %[[TABLE]]
// CHECK: %[[W:.*]] = lm.parameter_ref @w : tensor<32x64xbf16>
// CHECK: %[[WIDE:.*]] = lm.round %[[W]] : (tensor<32x64xbf16>) -> tensor<32x64xf32>
// CHECK: lm.linear %{{.*}}, %[[WIDE]]
// CHECK: lm.linear %{{.*}}, %[[W]]
// CHECK-NOT: lm.dequantize

// STAYS: lm.parameter @w : !lm.quantized<32x64, q4_1>
// STAYS: lm.dequantize
// STAYS: lm.parameter @rounded trainable : tensor<32x64xf32>

// CHECK: lm.parameter @rounded trainable : tensor<32x64xbf16>
// CHECK: lm.parameter @also_whole trainable : tensor<32x64xf32>
// CHECK: lm.parameter @row trainable : tensor<64xf32>
// CHECK-LABEL: func.func @trained
// CHECK: %[[ROUNDED:.*]] = lm.parameter_ref @rounded : tensor<32x64xbf16>
// CHECK: lm.embedding %{{.*}}, %[[ROUNDED]]
// CHECK: lm.linear %{{.*}}, %[[ROUNDED]]
// CHECK: %[[WHOLE:.*]] = lm.parameter_ref @also_whole : tensor<32x64xf32>
// CHECK: lm.round %[[WHOLE]]
lm.parameter @w : !lm.quantized<32x64, q4_1>
lm.parameter @table : !lm.quantized<40x64, q8_0>
lm.parameter @norm : tensor<64xf32>
func.func @f(%tokens: tensor<?xi32> {lm.input = "tokens"}) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %table = lm.parameter_ref @table : !lm.quantized<40x64, q8_0>
  %x = lm.embedding %tokens, %table : (tensor<?xi32>, !lm.quantized<40x64, q8_0>) -> tensor<?x64xf32>
  %n = lm.parameter_ref @norm : tensor<64xf32>
  %y = lm.rms_norm %x, %n {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %w = lm.parameter_ref @w : !lm.quantized<32x64, q4_1>
  %wide = lm.dequantize %w : (!lm.quantized<32x64, q4_1>) -> tensor<32x64xf32>
  %a = lm.linear %y, %wide : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %narrow = lm.dequantize %w : (!lm.quantized<32x64, q4_1>) -> tensor<32x64xbf16>
  %r = lm.round %y : (tensor<?x64xf32>) -> tensor<?x64xbf16>
  %b = lm.linear %r, %narrow : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  return %a, %b : tensor<?x32xf32>, tensor<?x32xf32>
}

lm.parameter @rounded trainable : tensor<32x64xf32>
lm.parameter @also_whole trainable : tensor<32x64xf32>
lm.parameter @row trainable : tensor<64xf32>
func.func @trained(%tokens: tensor<?xi32> {lm.input = "tokens"}) -> (tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>) {
  %rounded = lm.parameter_ref @rounded : tensor<32x64xf32>
  %x = lm.embedding %tokens, %rounded : (tensor<?xi32>, tensor<32x64xf32>) -> tensor<?x64xf32>
  %n = lm.parameter_ref @row : tensor<64xf32>
  %y = lm.rms_norm %x, %n {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %r = lm.round %y : (tensor<?x64xf32>) -> tensor<?x64xbf16>
  %w = lm.round %rounded : (tensor<32x64xf32>) -> tensor<32x64xbf16>
  %a = lm.linear %r, %w : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  %whole = lm.parameter_ref @also_whole : tensor<32x64xf32>
  %v = lm.round %whole : (tensor<32x64xf32>) -> tensor<32x64xbf16>
  %b = lm.linear %r, %v : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  %c = lm.linear %y, %whole : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %a, %b, %c : tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>
}

// STAYS: lm.parameter @lora_A : tensor<8x64xf32>
// CHECK: lm.parameter @lora_A : tensor<8x64xbf16>
// CHECK: lm.parameter @words : tensor<32x64xf32>
// CHECK-LABEL: func.func @adapted
// CHECK: lm.embedding %{{.*}}, %{{.*}} : (tensor<?xi32>, tensor<32x64xf32>)
// CHECK-NOT: lm.round %{{.*}} : (tensor<8x64xf32>)
// CHECK: %[[A:.*]] = lm.parameter_ref @lora_A : tensor<8x64xbf16>
// CHECK: lm.linear %{{.*}}, %[[A]]
lm.parameter @lora_A : tensor<8x64xf32>
lm.parameter @words : tensor<32x64xf32>
func.func @adapted(%tokens: tensor<?xi32> {lm.input = "tokens"}) -> (tensor<?x8xf32>, tensor<?x32xf32>) {
  %words = lm.parameter_ref @words : tensor<32x64xf32>
  %x = lm.embedding %tokens, %words : (tensor<?xi32>, tensor<32x64xf32>) -> tensor<?x64xf32>
  %r = lm.round %x : (tensor<?x64xf32>) -> tensor<?x64xbf16>
  %stored = lm.parameter_ref @lora_A : tensor<8x64xf32>
  %a = lm.round %stored : (tensor<8x64xf32>) -> tensor<8x64xbf16>
  %y = lm.linear %r, %a : (tensor<?x64xbf16>, tensor<8x64xbf16>) -> tensor<?x8xf32>
  %w = lm.round %words : (tensor<32x64xf32>) -> tensor<32x64xbf16>
  %z = lm.linear %r, %w : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  return %y, %z : tensor<?x8xf32>, tensor<?x32xf32>
}
