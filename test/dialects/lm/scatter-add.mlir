// Rows added by index, one of them twice.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 5x3 max=3.625 [-1.875, 0.625, -0.5, 1, -0.5, -0.375, -1.5, -0.5, 1.25, -0.375, -0.5, 0.25, 3.625, -1.625, 0.375]

func.func @main() -> (tensor<5x3xf32>) {
  %x = arith.constant dense<[[-1.875, 0.625, -0.5], [0.375, -0.75, -1.125], [-1.5, -0.5, 1.25], [-0.375, -0.5, 0.25], [2.0, -0.5, 0.375]]> : tensor<5x3xf32>
  %r = arith.constant dense<[[-0.25, 0.375, -0.25], [0.625, 0.25, 0.75], [1.875, -1.5, 0.25]]> : tensor<3x3xf32>
  %t = arith.constant dense<[4, 1, 4]> : tensor<3xi32>
  %y = lm.scatter_add %x, %r, %t : (tensor<5x3xf32>, tensor<3x3xf32>, tensor<3xi32>) -> tensor<5x3xf32>
  return %y : tensor<5x3xf32>
}
