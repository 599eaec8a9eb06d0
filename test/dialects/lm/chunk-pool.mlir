// Soft tokens of three chunks, one of them empty: first, last, mean, unit mean, learned queries with two heads.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 3x4 max=2 [0.875, -0.375, 2, 0.5, 0, 0, 0, 0, 1.125, 0.375, -0.375, -0.75]
// CHECK: result 1: 3x4 max=1.75 [1.75, 1.25, 1.375, -1.75, 0, 0, 0, 0, 1.125, 0.375, 1.125, -0.75]
// CHECK: result 2: 3x4 max=1.6875 [1.3125, 0.4375, 1.6875, -0.625, 0, 0, 0, 0, 0.958333, -0.166667, -0.166667, 0]
// CHECK: result 3: 3x4 max=0.971061 [0.578225, 0.192742, 0.743432, -0.275345, 0, 0, 0, 0, 0.971061, -0.16888, -0.16888, 0]
// CHECK: result 4: 6x4 max=6.49227 [-0.561762, -6.49227, 0.597378, 6.34664, -0.558525, -6.47726, 0.422327, 5.93708, 0, 0, 0, 0, 0, 0, 0, 0, 0.329436, -2.69558, 3.01376, -0.142589, 0.756115, -3.36945, 2.20876, 1.31704]

func.func private @pool(%x: tensor<5x4xf32>, %cu: tensor<4xi32>, %s: tensor<2x4xf32>, %k: tensor<4x4xf32>, %v: tensor<4x4xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<6x4xf32>) {
  %0 = lm.chunk_pool cls %x, %cu : (tensor<5x4xf32>, tensor<4xi32>) -> tensor<3x4xf32>
  %1 = lm.chunk_pool last %x, %cu : (tensor<5x4xf32>, tensor<4xi32>) -> tensor<3x4xf32>
  %2 = lm.chunk_pool mean %x, %cu : (tensor<5x4xf32>, tensor<4xi32>) -> tensor<3x4xf32>
  %3 = lm.chunk_pool mean %x, %cu normalize : (tensor<5x4xf32>, tensor<4xi32>) -> tensor<3x4xf32>
  %4 = lm.chunk_pool pma %x, %cu seeds %s, %k, %v {num_heads = 2 : i64} : (tensor<5x4xf32>, tensor<4xi32>, tensor<2x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<6x4xf32>
  return %0, %1, %2, %3, %4 : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<6x4xf32>
}

func.func @main() -> (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<6x4xf32>) {
  %x = arith.constant dense<[[0.875, -0.375, 2.0, 0.5], [1.75, 1.25, 1.375, -1.75], [1.125, 0.375, -0.375, -0.75], [0.625, -1.25, -1.25, 1.5], [1.125, 0.375, 1.125, -0.75]]> : tensor<5x4xf32>
  %cu = arith.constant dense<[0, 2, 2, 5]> : tensor<4xi32>
  %s = arith.constant dense<[[0.875, -1.25, -0.25, -1.5], [-0.5, -0.625, -0.375, -0.125]]> : tensor<2x4xf32>
  %k = arith.constant dense<[[-1.875, -0.625, 1.375, -0.25], [0.125, -1.625, -0.5, 2.0], [0.25, -2.0, 0.875, 1.125], [-0.5, -1.875, 1.375, -1.0]]> : tensor<4x4xf32>
  %v = arith.constant dense<[[1.75, -0.625, -0.5, 1.25], [-1.5, -2.0, 1.125, 1.75], [2.0, -1.5, -1.5, -0.625], [0.875, 1.75, 1.375, -0.5]]> : tensor<4x4xf32>
  %r:5 = call @pool(%x, %cu, %s, %k, %v) : (tensor<5x4xf32>, tensor<4xi32>, tensor<2x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<6x4xf32>)
  return %r#0, %r#1, %r#2, %r#3, %r#4 : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<6x4xf32>
}
