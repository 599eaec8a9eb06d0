// Rows divided by their root mean square; heads one by one.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=2.66351 [-2.66351, -0.331459, -0.497188, 1.8467, -0.658354, -0.921695, -1.12652, -1.58005]
// CHECK: result 1: 2x2x4 max=3.68345 [-2.66351, -0.331459, -0.497188, 1.8467, -0.658354, -0.921695, -1.12652, -1.58005, -0.406743, 0.379627, -0.759254, 2.60316, -3.68345, -0.28649, 0.143245, 0.122782]

func.func @main() -> (tensor<2x4xf32>, tensor<2x2x4xf32>) {
  %x = arith.constant dense<[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125]]> : tensor<2x4xf32>
  %w = arith.constant dense<[-1.875, -0.875, -0.875, 1.5]> : tensor<4xf32>
  %y = lm.rms_norm %x, %w {epsilon = 1.0e-5 : f64} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %h = arith.constant dense<[[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125]], [[0.25, -0.5, 1.0, 2.0], [3.0, 0.5, -0.25, 0.125]]]> : tensor<2x2x4xf32>
  %z = lm.rms_norm %h, %w {epsilon = 1.0e-5 : f64} : (tensor<2x2x4xf32>, tensor<4xf32>) -> tensor<2x2x4xf32>
  return %y, %z : tensor<2x4xf32>, tensor<2x2x4xf32>
}
