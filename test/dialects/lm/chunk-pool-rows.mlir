// Several rows of each chunk: the first three, the last three in order; zeros follow those of a shorter chunk.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 9x4 max=2 [0.875, -0.375, 2, 0.5, 1.75, 1.25, 1.375, -1.75, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1.125, 0.375, -0.375, -0.75, 0.625, -1.25, -1.25, 1.5, 1.125, 0.375, 1.125, -0.75]
// CHECK: result 1: 9x4 max=2 [0.875, -0.375, 2, 0.5, 1.75, 1.25, 1.375, -1.75, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.625, -1.25, -1.25, 1.5, 1.125, 0.375, 1.125, -0.75, 0.25, -0.5, 0.75, 1]

func.func private @pool(%x: tensor<6x4xf32>, %cu: tensor<4xi32>) -> (tensor<9x4xf32>, tensor<9x4xf32>) {
  %0 = lm.chunk_pool cls %x, %cu {tokens_per_chunk = 3 : i64} : (tensor<6x4xf32>, tensor<4xi32>) -> tensor<9x4xf32>
  %1 = lm.chunk_pool last %x, %cu {tokens_per_chunk = 3 : i64} : (tensor<6x4xf32>, tensor<4xi32>) -> tensor<9x4xf32>
  return %0, %1 : tensor<9x4xf32>, tensor<9x4xf32>
}

func.func @main() -> (tensor<9x4xf32>, tensor<9x4xf32>) {
  %x = arith.constant dense<[[0.875, -0.375, 2.0, 0.5], [1.75, 1.25, 1.375, -1.75], [1.125, 0.375, -0.375, -0.75], [0.625, -1.25, -1.25, 1.5], [1.125, 0.375, 1.125, -0.75], [0.25, -0.5, 0.75, 1.0]]> : tensor<6x4xf32>
  %cu = arith.constant dense<[0, 2, 2, 6]> : tensor<4xi32>
  %r:2 = call @pool(%x, %cu) : (tensor<6x4xf32>, tensor<4xi32>) -> (tensor<9x4xf32>, tensor<9x4xf32>)
  return %r#0, %r#1 : tensor<9x4xf32>, tensor<9x4xf32>
}
