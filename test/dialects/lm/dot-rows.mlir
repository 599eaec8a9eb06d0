// Rows times rows, heads times heads.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2 max=3.14062 [-2.17188, -3.14062]
// CHECK: result 1: 2x3 max=1.75 [-0.328125, -1.75, -0.484375, 0.515625, -0.34375, -1.03125]

func.func @main() -> (tensor<2xf32>, tensor<2x3xf32>) {
  %x = arith.constant dense<[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125]]> : tensor<2x4xf32>
  %y = arith.constant dense<[[-1.875, -0.875, -0.875, 1.5], [1.75, -2.0, 0.0, 1.375]]> : tensor<2x4xf32>
  %h = arith.constant dense<[[[-0.875, 0.875], [-1.0, 2.0], [-0.25, -0.125]], [[0.0, 0.375], [0.25, 0.0], [2.0, 1.25]]]> : tensor<2x3x2xf32>
  %g = arith.constant dense<[[[1.25, 0.875], [0.5, -0.625], [2.0, -0.125]], [[-1.125, 1.375], [-1.375, 1.5], [0.5, -1.625]]]> : tensor<2x3x2xf32>
  %z = lm.dot_rows %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2xf32>
  %w = lm.dot_rows %h, %g : (tensor<2x3x2xf32>, tensor<2x3x2xf32>) -> tensor<2x3xf32>
  return %z, %w : tensor<2xf32>, tensor<2x3xf32>
}
