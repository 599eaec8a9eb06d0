// Columns times numbers of their own.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=3.04688 [-3.04688, -0.0625, 0.9375, -1.21875, -0.609375, -0.140625, 1.71875, 0.84375]

func.func @main() -> (tensor<2x4xf32>) {
  %x = arith.constant dense<[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125]]> : tensor<2x4xf32>
  %f = arith.constant dense<[-1.625, -0.125, 1.25, -0.75]> : tensor<4xf32>
  %z = lm.scale_columns %x, %f : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}
