// Rows times numbers of their own.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=2.8125 [-2.8125, -0.75, -1.125, -2.4375, 0.46875, 1.40625, 1.71875, -1.40625]

func.func @main() -> (tensor<2x4xf32>) {
  %x = arith.constant dense<[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125]]> : tensor<2x4xf32>
  %f = arith.constant dense<[-1.5, 1.25]> : tensor<2xf32>
  %z = lm.scale_rows %x, %f : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}
