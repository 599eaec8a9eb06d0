// Gated unit with a gelu.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=2.727 [-2.727, 0.432143, -0.942436, -0.192524, 0.302885, -0.733669, -0.786555, 0.128428]

func.func @main() -> (tensor<2x4xf32>) {
  %x = arith.constant dense<[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125]]> : tensor<2x4xf32>
  %y = arith.constant dense<[[-1.5, 1.25, -1.625, -0.125], [1.25, -0.75, -0.625, -0.875]]> : tensor<2x4xf32>
  %z = lm.geglu %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}
