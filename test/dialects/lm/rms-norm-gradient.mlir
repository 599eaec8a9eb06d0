// Gradients of rows and, row by row, of the weight.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=1.54657 [-1.14423, -0.183476, -0.519172, -0.509196, -0.396001, 0.660525, 1.54657, 0.142182]
// CHECK: result 1: 2x4 max=1.79569 [-0.648444, -0.0299282, -1.79569, 1.64605, -0.986845, 0.15949, 0.897132, -0.63796]

func.func @main() -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %x = arith.constant dense<[[-1.625, -0.375, 1.875, 1.875], [-1.125, -2.0, 0.75, -2.0]]> : tensor<2x4xf32>
  %w = arith.constant dense<[-0.875, 0.0, 1.5, -1.625]> : tensor<4xf32>
  %g = arith.constant dense<[[0.625, 0.125, -1.5, 1.375], [1.375, -0.125, 1.875, 0.5]]> : tensor<2x4xf32>
  %d, %p = lm.rms_norm_gradient %x, %w, %g {epsilon = 1.0e-5 : f64}
    : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
  return %d, %p : tensor<2x4xf32>, tensor<2x4xf32>
}
