// The same elements under another shape.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x2x3 max=6.5 [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 1, 2, 3, 4, 5, 6.5]

func.func @main() -> (tensor<2x2x3xf32>) {
  %x = arith.constant dense<[[0.5, 1.5, 2.5, 3.5, 4.5, 5.5], [1.0, 2.0, 3.0, 4.0, 5.0, 6.5]]> : tensor<2x6xf32>
  %h = lm.reshape %x : (tensor<2x6xf32>) -> tensor<2x2x3xf32>
  return %h : tensor<2x2x3xf32>
}
