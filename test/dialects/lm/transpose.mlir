// Rows and columns exchanged; of two matrices.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 3x2 max=2 [-1.875, -1.5, -0.25, 0, -1.875, 2]
// CHECK: result 1: 2x3x2 max=2 [-2, 1.875, -1.625, 0.75, -1.25, 1.625, -1.25, 0, 0.875, -2, -0.5, 0.5]

func.func @main() -> (tensor<3x2xf32>, tensor<2x3x2xf32>) {
  %x = arith.constant dense<[[-1.875, -0.25, -1.875], [-1.5, 0.0, 2.0]]> : tensor<2x3xf32>
  %h = arith.constant dense<[[[-2.0, -1.625, -1.25], [1.875, 0.75, 1.625]], [[-1.25, 0.875, -0.5], [0.0, -2.0, 0.5]]]> : tensor<2x2x3xf32>
  %y = lm.transpose %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %z = lm.transpose %h : (tensor<2x2x3xf32>) -> tensor<2x3x2xf32>
  return %y, %z : tensor<3x2xf32>, tensor<2x3x2xf32>
}
