// Sum over rows of outer products; head by head.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 3x4 max=5.01562 [1.26562, 5.01562, -2.0625, -1.07812, -0.15625, 0.46875, -0.25, 0.03125, -4.42188, 1.51562, -1.625, 1.98438]
// CHECK: result 1: 2x3x2 max=3.8125 [0.78125, -1.78125, -0.546875, -0.265625, 0.3125, -0.9375, 2.8125, 1.40625, 0.375, 3.8125, 2.625, 0.40625]

func.func @main() -> (tensor<3x4xf32>, tensor<2x3x2xf32>) {
  %x = arith.constant dense<[[-1.875, -0.25, -1.875], [-1.5, 0.0, 2.0]]> : tensor<2x3xf32>
  %y = arith.constant dense<[[0.625, -1.875, 1.0, -0.125], [-1.625, -1.0, 0.125, 0.875]]> : tensor<2x4xf32>
  %h = arith.constant dense<[[[-2.0, -1.625, -1.25], [1.875, 0.75, 1.625]], [[-1.25, 0.875, -0.5], [0.0, -2.0, 0.5]]]> : tensor<2x2x3xf32>
  %i = arith.constant dense<[[[0.0, 0.5], [1.5, 0.75]], [[-0.625, 0.625], [0.375, -1.625]]]> : tensor<2x2x2xf32>
  %w = lm.row_product %x, %y : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<3x4xf32>
  %z = lm.row_product %h, %i : (tensor<2x2x3xf32>, tensor<2x2x2xf32>) -> tensor<2x3x2xf32>
  return %w, %z : tensor<3x4xf32>, tensor<2x3x2xf32>
}
