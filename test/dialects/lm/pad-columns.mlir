// Columns among zeros.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x6 max=1.875 [0, -0.25, -0.625, -1.125, 0, 0, 0, -1.875, -0.375, 1.375, 0, 0]

func.func @main() -> (tensor<2x6xf32>) {
  %x = arith.constant dense<[[-0.25, -0.625, -1.125], [-1.875, -0.375, 1.375]]> : tensor<2x3xf32>
  %h = lm.pad_columns %x {begin = 1 : i64} : (tensor<2x3xf32>) -> tensor<2x6xf32>
  return %h : tensor<2x6xf32>
}
