// Rows of mean 0 and variance 1, with and without a bias.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=2.61744 [-0.487062, -0.956038, 0.66434, 2.51387, 1.87028, -2.61744, -0.841965, -1.03061]
// CHECK: result 1: 2x4 max=2.40561 [-2.23706, 1.04396, 0.66434, 1.13887, 0.120281, -0.617441, -0.841965, -2.40561]

func.func @main() -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %x = arith.constant dense<[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125]]> : tensor<2x4xf32>
  %w = arith.constant dense<[-1.875, -0.875, -0.875, 1.5]> : tensor<4xf32>
  %b = arith.constant dense<[1.75, -2.0, 0.0, 1.375]> : tensor<4xf32>
  %y = lm.layer_norm %x, %w bias %b {epsilon = 1.0e-5 : f64} : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %z = lm.layer_norm %x, %w {epsilon = 1.0e-5 : f64} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return %y, %z : tensor<2x4xf32>, tensor<2x4xf32>
}
