// Weighted loss of projected rows; one row is ignored.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 1 max=3.90725 [3.90725]
// CHECK: result 1: 4 max=5.7449 [5.52961, 5.7449, 1.58003, 4.17841]

func.func @main() -> (tensor<1xf32>, tensor<4xf32>) {
  %x = arith.constant dense<[[-1.375, -2.0, -0.25], [-2.0, -1.0, -1.0], [0.875, -1.0, 1.875], [-1.25, 2.0, 0.25]]> : tensor<4x3xf32>
  %w = arith.constant dense<[[-1.0, -1.875, -0.75], [0.375, -1.625, -1.375], [-1.625, 0.75, -1.75], [-2.0, -0.125, -0.75], [0.25, 1.75, 1.5]]> : tensor<5x3xf32>
  %t = arith.constant dense<[2, -100, 0, 4]> : tensor<4xi32>
  %g = arith.constant dense<[0.5, 1.0, 0.25, 2.0]> : tensor<4xf32>
  %l, %s = lm.cross_entropy %x, %w, %t, %g : (tensor<4x3xf32>, tensor<5x3xf32>, tensor<4xi32>, tensor<4xf32>) -> (tensor<1xf32>, tensor<4xf32>)
  return %l, %s : tensor<1xf32>, tensor<4xf32>
}
