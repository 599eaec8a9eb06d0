// Heads of a token side by side.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x6 max=1.875 [1.75, 1.75, 0.75, 1.25, 1, 1.5, 1.625, 0.125, 1.25, 1.75, -0.875, -1.875]

func.func @main() -> (tensor<2x6xf32>) {
  %x = arith.constant dense<[[[1.75, 1.75], [0.75, 1.25], [1.0, 1.5]], [[1.625, 0.125], [1.25, 1.75], [-0.875, -1.875]]]> : tensor<2x3x2xf32>
  %h = lm.merge_heads %x : (tensor<2x3x2xf32>) -> tensor<2x6xf32>
  return %h : tensor<2x6xf32>
}
