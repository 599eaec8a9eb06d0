// Sums and maxima along each dimension.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 3x4 max=3.75 [-0.625, 0.875, 3.75, 0.375, 0.625, 0.875, -2, 2, -0.875, 0.25, -2, -1.5]
// CHECK: result 1: 2x4 max=2 [0.5, 1.75, 2, 1, 1.375, 1.625, 1.75, 1.25]
// CHECK: result 2: 2x3 max=4.625 [3.375, 0.375, -4.625, 1, 1.125, 0.5]

tile.kernel @k grid(%i) (%x: !tile.view<2x3x4xf32>, %a: !tile.view<3x4xf32>, %b: !tile.view<2x4xf32>, %c: !tile.view<2x3xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %t = tile.load %x[%c0, %c0, %c0] : !tile.view<2x3x4xf32> -> tensor<2x3x4xf32>
  %p = tile.reduce add %t dim 0 : tensor<2x3x4xf32> -> tensor<3x4xf32>
  tile.store %p, %a[%c0, %c0] : tensor<3x4xf32>, !tile.view<3x4xf32>
  %q = tile.reduce max %t dim 1 : tensor<2x3x4xf32> -> tensor<2x4xf32>
  tile.store %q, %b[%c0, %c0] : tensor<2x4xf32>, !tile.view<2x4xf32>
  %r = tile.reduce add %t dim 2 : tensor<2x3x4xf32> -> tensor<2x3xf32>
  tile.store %r, %c[%c0, %c0] : tensor<2x3xf32>, !tile.view<2x3xf32>
  tile.return
}

func.func @main() -> (tensor<3x4xf32>, tensor<2x4xf32>, tensor<2x3xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %x = arith.constant dense<[[[0.5, 1.75, 2.0, -0.875], [-0.75, 0.5, -0.375, 1.0], [-1.25, -1.375, -1.875, -0.125]], [[-1.125, -0.875, 1.75, 1.25], [1.375, 0.375, -1.625, 1.0], [0.375, 1.625, -0.125, -1.375]]]> : tensor<2x3x4xf32>
  %a = arith.constant dense<[[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]> : tensor<3x4xf32>
  %b = arith.constant dense<[[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]> : tensor<2x4xf32>
  %c = arith.constant dense<[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %r:3 = tile.launch @k grid(%c1) ins(%x : tensor<2x3x4xf32>) outs(%a, %b, %c : tensor<3x4xf32>, tensor<2x4xf32>, tensor<2x3xf32>)
  return %r#0, %r#1, %r#2 : tensor<3x4xf32>, tensor<2x4xf32>, tensor<2x3xf32>
}
