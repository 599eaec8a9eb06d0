// Rows of a dense table by token id.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 3x3 max=1.25 [-0.375, 1, -1.25, 1.25, 0.75, 0.75, -0.375, 1, -1.25]

func.func @main() -> (tensor<3x3xf32>) {
  %t = arith.constant dense<[4, 0, 4]> : tensor<3xi32>
  %w = arith.constant dense<[[1.25, 0.75, 0.75], [-0.75, 0.875, -1.5], [0.5, 1.75, 2.0], [-0.875, -0.75, 0.5], [-0.375, 1.0, -1.25]]> : tensor<5x3xf32>
  %x = lm.embedding %t, %w : (tensor<3xi32>, tensor<5x3xf32>) -> tensor<3x3xf32>
  return %x : tensor<3x3xf32>
}
