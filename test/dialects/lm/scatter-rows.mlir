// Soft tokens placed among token embeddings.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 5x3 max=2 [1.25, 0.75, 0.75, -1.125, -0.875, 1.75, 0.5, 1.75, 2, -1.375, -1.875, -0.125, -0.375, 1, -1.25]

func.func @main() -> (tensor<5x3xf32>) {
  %x = arith.constant dense<[[1.25, 0.75, 0.75], [-0.75, 0.875, -1.5], [0.5, 1.75, 2.0], [-0.875, -0.75, 0.5], [-0.375, 1.0, -1.25]]> : tensor<5x3xf32>
  %s = arith.constant dense<[[-1.375, -1.875, -0.125], [-1.125, -0.875, 1.75]]> : tensor<2x3xf32>
  %d = arith.constant dense<[3, 1]> : tensor<2xi32>
  %y = lm.scatter_rows %x, %s, %d : (tensor<5x3xf32>, tensor<2x3xf32>, tensor<2xi32>) -> tensor<5x3xf32>
  return %y : tensor<5x3xf32>
}
