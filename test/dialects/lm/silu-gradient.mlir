// A gradient through silu.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=2.03099 [-2.03099, -0.647466, -0.737275, 1.58826, 1.19559, -1.92612, 0, 0.0507916]

func.func @main() -> (tensor<2x4xf32>) {
  %x = arith.constant dense<[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125]]> : tensor<2x4xf32>
  %y = arith.constant dense<[[-1.875, -0.875, -0.875, 1.5], [1.75, -2.0, 0.0, 1.375]]> : tensor<2x4xf32>
  %z = lm.silu_gradient %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}
