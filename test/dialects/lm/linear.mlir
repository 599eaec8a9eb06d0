// y = x W^T, with and without a bias, and with an adapter.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x3 max=4.10938 [0.1875, -1.48438, 4.10938, 0.78125, 0.15625, 0.1875]
// CHECK: result 1: 2x3 max=2.48438 [1.6875, -0.984375, 2.48438, 2.28125, 0.65625, -1.4375]
// CHECK: result 2: 2x3 max=4.1416 [-4.1416, 0.916016, 1.68652, 1.76465, 0.892578, -1.50098]

func.func @main() -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %x = arith.constant dense<[[0.875, -1.0, 2.0, -0.25], [-0.125, 0.0, 0.375, 0.25]]> : tensor<2x4xf32>
  %w = arith.constant dense<[[0.0, 2.0, 1.25, 1.25], [0.875, 0.5, -0.625, 2.0], [-0.125, -1.125, 1.375, -1.375]]> : tensor<3x4xf32>
  %b = arith.constant dense<[1.5, 0.5, -1.625]> : tensor<3xf32>
  %la = arith.constant dense<[[0.75, 1.25, -2.0, 1.25], [-0.125, 0.125, 0.5, -0.875]]> : tensor<2x4xf32>
  %lb = arith.constant dense<[[2.0, -1.875], [-0.875, -0.5], [0.25, -0.375]]> : tensor<3x2xf32>
  %y = lm.linear %x, %w : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
  %z = lm.linear %x, %w bias %b : (tensor<2x4xf32>, tensor<3x4xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %l = lm.linear %x, %w bias %b lora(%la, %lb) {lora_scale = 0.5 : f64} : (tensor<2x4xf32>, tensor<3x4xf32>, tensor<3xf32>, tensor<2x4xf32>, tensor<3x2xf32>) -> tensor<2x3xf32>
  return %y, %z, %l : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}
