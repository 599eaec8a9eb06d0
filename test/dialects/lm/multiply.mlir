// Element-wise product.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=3.51562 [-3.51562, -0.4375, -0.65625, 2.4375, 0.65625, -2.25, 0, -1.54688]

func.func @main() -> (tensor<2x4xf32>) {
  %x = arith.constant dense<[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125]]> : tensor<2x4xf32>
  %y = arith.constant dense<[[-1.875, -0.875, -0.875, 1.5], [1.75, -2.0, 0.0, 1.375]]> : tensor<2x4xf32>
  %z = lm.multiply %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}
