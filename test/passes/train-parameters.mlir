// What is stored as floats is trained in float32; quantised parameters are not.
// RUN: longc-opt %s --longc-train-parameters | FileCheck %s
// RUN: not longc-opt %s --longc-keep-kernels --longc-train-parameters 2>&1 | FileCheck %s --check-prefix=NONE

// NONE: error: expected parameters that are stored as floats

// CHECK: lm.parameter @f32 trainable : tensor<8x4xf32>
// CHECK: lm.parameter @bf16 trainable : tensor<4x4xf32>
// CHECK: lm.parameter @q8 : !lm.quantized<4x32, q8_0>
lm.parameter @f32 : tensor<8x4xf32>
lm.parameter @bf16 : tensor<4x4xbf16>
lm.parameter @q8 : !lm.quantized<4x32, q8_0>

// CHECK-LABEL: func.func @forward
// CHECK: %[[W:.*]] = lm.parameter_ref @bf16 : tensor<4x4xf32>
// CHECK-NOT: lm.round
// CHECK: lm.linear %{{.*}}, %[[W]]
func.func @forward(%tokens: tensor<?xi32>) -> tensor<?x4xf32> {
  %table = lm.parameter_ref @f32 : tensor<8x4xf32>
  %x = lm.embedding %tokens, %table : (tensor<?xi32>, tensor<8x4xf32>) -> tensor<?x4xf32>
  %stored = lm.parameter_ref @bf16 : tensor<4x4xbf16>
  %w = lm.round %stored : (tensor<4x4xbf16>) -> tensor<4x4xf32>
  %y = lm.linear %x, %w : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
