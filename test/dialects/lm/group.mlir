// A group means what its body means.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 4x3 max=6 [-4.125, -6, -0.75, -6, -3, -3, 2.625, -3, 5.625, -3.75, 6, 0.75]

func.func @main() -> (tensor<4x3xf32>) {
  %x = arith.constant dense<[[-1.375, -2.0, -0.25], [-2.0, -1.0, -1.0], [0.875, -1.0, 1.875], [-1.25, 2.0, 0.25]]> : tensor<4x3xf32>
  %y = lm.group -> (tensor<4x3xf32>) {
    %s = lm.add %x, %x : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
    %t = lm.add %s, %x : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
    lm.yield %t : tensor<4x3xf32>
  }
  return %y : tensor<4x3xf32>
}
