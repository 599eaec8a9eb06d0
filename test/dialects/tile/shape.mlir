// Expand, iota, reshape, transpose, slice.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x2x3 max=1.5 [0.375, -0.125, 0.625, -0.5, -0.75, -1.5, 0.375, -0.125, 0.625, -0.5, -0.75, -1.5]
// CHECK: result 1: 2x3x2 max=1.5 [0.375, 0.375, -0.125, -0.125, 0.625, 0.625, -0.5, -0.5, -0.75, -0.75, -1.5, -1.5]
// CHECK: result 2: 2x3 max=2 [0, 1, 2, 0, 1, 2]
// CHECK: result 3: 3x2 max=1.5 [0.375, -0.125, 0.625, -0.5, -0.75, -1.5]
// CHECK: result 4: 3x2 max=1.5 [0.375, -0.5, -0.125, -0.75, 0.625, -1.5]
// CHECK: result 5: 1x2 max=1.5 [-0.75, -1.5]

tile.kernel @k grid(%i) (%x: !tile.view<2x3xf32>, %a: !tile.view<2x2x3xf32>, %b: !tile.view<2x3x2xf32>, %c: !tile.view<2x3xi32>, %d: !tile.view<3x2xf32>, %e: !tile.view<3x2xf32>, %f: !tile.view<1x2xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %t = tile.load %x[%c0, %c0] : !tile.view<2x3xf32> -> tensor<2x3xf32>
  %p = tile.expand %t dim 0 : tensor<2x3xf32> -> tensor<2x2x3xf32>
  tile.store %p, %a[%c0, %c0, %c0] : tensor<2x2x3xf32>, !tile.view<2x2x3xf32>
  %q = tile.expand %t dim 2 : tensor<2x3xf32> -> tensor<2x3x2xf32>
  tile.store %q, %b[%c0, %c0, %c0] : tensor<2x3x2xf32>, !tile.view<2x3x2xf32>
  %r = tile.iota dim 1 : tensor<2x3xi32>
  tile.store %r, %c[%c0, %c0] : tensor<2x3xi32>, !tile.view<2x3xi32>
  %s = tile.reshape %t : tensor<2x3xf32> -> tensor<3x2xf32>
  tile.store %s, %d[%c0, %c0] : tensor<3x2xf32>, !tile.view<3x2xf32>
  %u = tile.transpose %t : tensor<2x3xf32> -> tensor<3x2xf32>
  tile.store %u, %e[%c0, %c0] : tensor<3x2xf32>, !tile.view<3x2xf32>
  %v = tile.slice %t [1, 1] : tensor<2x3xf32> -> tensor<1x2xf32>
  tile.store %v, %f[%c0, %c0] : tensor<1x2xf32>, !tile.view<1x2xf32>
  tile.return
}

func.func @main() -> (tensor<2x2x3xf32>, tensor<2x3x2xf32>, tensor<2x3xi32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<1x2xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %x = arith.constant dense<[[0.375, -0.125, 0.625], [-0.5, -0.75, -1.5]]> : tensor<2x3xf32>
  %a = arith.constant dense<[[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]> : tensor<2x2x3xf32>
  %b = arith.constant dense<[[[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]]> : tensor<2x3x2xf32>
  %c = arith.constant dense<[[0, 0, 0], [0, 0, 0]]> : tensor<2x3xi32>
  %d = arith.constant dense<[[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]> : tensor<3x2xf32>
  %e = arith.constant dense<[[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]> : tensor<3x2xf32>
  %f = arith.constant dense<[[0.0, 0.0]]> : tensor<1x2xf32>
  %r:6 = tile.launch @k grid(%c1) ins(%x : tensor<2x3xf32>) outs(%a, %b, %c, %d, %e, %f : tensor<2x2x3xf32>, tensor<2x3x2xf32>, tensor<2x3xi32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<1x2xf32>)
  return %r#0, %r#1, %r#2, %r#3, %r#4, %r#5 : tensor<2x2x3xf32>, tensor<2x3x2xf32>, tensor<2x3xi32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<1x2xf32>
}
