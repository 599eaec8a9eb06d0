// Sum of the rows, of heads too.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 4 max=2.25 [2.25, 1.625, 2.125, 0.5]
// CHECK: result 1: 2 max=4.375 [0.125, 4.375]

func.func @main() -> (tensor<4xf32>, tensor<2xf32>) {
  %x = arith.constant dense<[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125]]> : tensor<2x4xf32>
  %h = arith.constant dense<[[[-0.875, 0.875], [-1.0, 2.0], [-0.25, -0.125]], [[0.0, 0.375], [0.25, 0.0], [2.0, 1.25]]]> : tensor<2x3x2xf32>
  %z = lm.sum_rows %x : (tensor<2x4xf32>) -> tensor<4xf32>
  %y = lm.sum_rows %h : (tensor<2x3x2xf32>) -> tensor<2xf32>
  return %z, %y : tensor<4xf32>, tensor<2xf32>
}
