// Loads: a dropped dimension with row limits; past the end; scalars and sizes.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 4x3 max=2 [0, 0, 0, 0, -1, 0, -2, -1.625, -1.25, 0, 0, 0]
// CHECK: result 1: 4x2x3 max=2 [1.875, 0.75, 1.625, -1.25, 0.875, -0.5, 0, -2, 0.5, 1.375, 0.625, -1.375, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
// CHECK: result 2: 1x1 max=1.25 [-1.25]
// CHECK: result 3: 2 max=3 [3, 3]

tile.kernel @k grid(%i) (%x: !tile.view<6x2x3xf32>, %n: !tile.view<2xi32>, %a: !tile.view<4x3xf32>, %b: !tile.view<4x2x3xf32>, %c: !tile.view<1x1xf32>, %d: !tile.view<2xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %t = tile.load %x[%c1, %c1, %c0] rows(%c2 to %c4) dropped [1] : !tile.view<6x2x3xf32> -> tensor<4x3xf32>
  tile.store %t, %a[%c0, %c0] : tensor<4x3xf32>, !tile.view<4x3xf32>
  %u = tile.load %x[%c4, %c0, %c0] : !tile.view<6x2x3xf32> -> tensor<4x2x3xf32>
  tile.store %u, %b[%c0, %c0, %c0] : tensor<4x2x3xf32>, !tile.view<4x2x3xf32>
  %v = tile.scalar %x[%c3, %c1, %c2] : !tile.view<6x2x3xf32> -> f32
  %w = tile.splat %v : f32 -> tensor<1x1xf32>
  tile.store %w, %c[%c0, %c0] : tensor<1x1xf32>, !tile.view<1x1xf32>
  %j = tile.scalar %n[%c1] : !tile.view<2xi32> -> index
  %k = tile.dim %x, 0 : !tile.view<6x2x3xf32>
  %l = arith.addi %j, %k : index
  %m = arith.index_cast %l : index to i32
  %o = tile.splat %m : i32 -> tensor<2xi32>
  tile.store %o, %d[%c0] : tensor<2xi32>, !tile.view<2xi32>
  tile.return
}

func.func @main() -> (tensor<4x3xf32>, tensor<4x2x3xf32>, tensor<1x1xf32>, tensor<2xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %x = arith.constant dense<[[[1.5, 0.5, -1.625], [-1.875, -0.25, -1.875]], [[-1.5, 0.0, 2.0], [-0.125, 1.25, 1.75]], [[1.375, 0.5, -0.25], [0.0, -1.0, 0.0]], [[-0.5, -1.0, 2.0], [-2.0, -1.625, -1.25]], [[1.875, 0.75, 1.625], [-1.25, 0.875, -0.5]], [[0.0, -2.0, 0.5], [1.375, 0.625, -1.375]]]> : tensor<6x2x3xf32>
  %n = arith.constant dense<[7, -3]> : tensor<2xi32>
  %a = arith.constant dense<[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]> : tensor<4x3xf32>
  %b = arith.constant dense<[[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]> : tensor<4x2x3xf32>
  %c = arith.constant dense<[[0.0]]> : tensor<1x1xf32>
  %d = arith.constant dense<[0, 0]> : tensor<2xi32>
  %r:4 = tile.launch @k grid(%c1) ins(%x, %n : tensor<6x2x3xf32>, tensor<2xi32>) outs(%a, %b, %c, %d : tensor<4x3xf32>, tensor<4x2x3xf32>, tensor<1x1xf32>, tensor<2xi32>)
  return %r#0, %r#1, %r#2, %r#3 : tensor<4x3xf32>, tensor<4x2x3xf32>, tensor<1x1xf32>, tensor<2xi32>
}
