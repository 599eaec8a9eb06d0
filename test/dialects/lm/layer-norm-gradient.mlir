// Gradients of rows and, row by row, of the weight.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=1.21605 [-0.333487, 0.518765, -0.0978336, -0.087444, -1.21605, 0.776361, 0.386939, 0.0527449]
// CHECK: result 1: 2x4 max=3.07885 [-0.857144, -0.0675325, -1.43377, 1.31429, -0.0382682, 0.100889, 3.07885, -0.403555]

func.func @main() -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %x = arith.constant dense<[[-1.625, -0.375, 1.875, 1.875], [-1.125, -2.0, 0.75, -2.0]]> : tensor<2x4xf32>
  %w = arith.constant dense<[-0.875, 0.0, 1.5, -1.625]> : tensor<4xf32>
  %g = arith.constant dense<[[0.625, 0.125, -1.5, 1.375], [1.375, -0.125, 1.875, 0.5]]> : tensor<2x4xf32>
  %d, %p = lm.layer_norm_gradient %x, %w, %g {epsilon = 1.0e-5 : f64}
    : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
  return %d, %p : tensor<2x4xf32>, tensor<2x4xf32>
}
