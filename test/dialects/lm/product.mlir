// Rows times a matrix as it stands; heads times matrices of their own.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=6.07812 [0.109375, -1.34375, -1.40625, -6.07812, 0.1875, -2.875, -4.625, 1.9375]
// CHECK: result 1: 2x2x2 max=5.28125 [0.734375, -3.79688, 5.28125, 0.484375, -2.42188, -1.60938, 0.6875, -3.3125]

func.func @main() -> (tensor<2x4xf32>, tensor<2x2x2xf32>) {
  %x = arith.constant dense<[[-1.875, -0.25, -1.875], [-1.5, 0.0, 2.0]]> : tensor<2x3xf32>
  %w = arith.constant dense<[[-0.125, 1.25, 1.75, 1.375], [0.5, -0.25, 0.0, -1.0], [0.0, -0.5, -1.0, 2.0]]> : tensor<3x4xf32>
  %h = arith.constant dense<[[[-2.0, -1.625, -1.25], [1.875, 0.75, 1.625]], [[-1.25, 0.875, -0.5], [0.0, -2.0, 0.5]]]> : tensor<2x2x3xf32>
  %m = arith.constant dense<[[[1.375, 0.625], [-1.375, 0.125], [-1.0, 1.875]], [[1.625, -1.25], [0.0, 1.875], [1.375, 0.875]]]> : tensor<2x3x2xf32>
  %y = lm.product %x, %w : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  %z = lm.product %h, %m : (tensor<2x2x3xf32>, tensor<2x3x2xf32>) -> tensor<2x2x2xf32>
  return %y, %z : tensor<2x4xf32>, tensor<2x2x2xf32>
}
