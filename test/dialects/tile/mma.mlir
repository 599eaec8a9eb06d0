// Products with either operand order, on top of an accumulator.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=3.90625 [0.4375, -1.51562, -1.70312, -0.515625, 3.89062, -3.90625, -2.78125, 0.90625]
// CHECK: result 1: 2x4 max=2.54688 [-1.73438, -1.95312, 1.625, 1.29688, -1.14062, -2.54688, 0.640625, 0.734375]

tile.kernel @k grid(%i) (%a: !tile.view<2x3xf32>, %b: !tile.view<3x4xf32>, %t: !tile.view<4x3xf32>, %c: !tile.view<2x4xf32>, %y: !tile.view<2x4xf32>, %z: !tile.view<2x4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %ta = tile.load %a[%c0, %c0] : !tile.view<2x3xf32> -> tensor<2x3xf32>
  %tb = tile.load %b[%c0, %c0] : !tile.view<3x4xf32> -> tensor<3x4xf32>
  %tt = tile.load %t[%c0, %c0] : !tile.view<4x3xf32> -> tensor<4x3xf32>
  %tc = tile.load %c[%c0, %c0] : !tile.view<2x4xf32> -> tensor<2x4xf32>
  %p = tile.mma %ta, %tb, %tc : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  tile.store %p, %y[%c0, %c0] : tensor<2x4xf32>, !tile.view<2x4xf32>
  %q = tile.mma %ta, %tt, %tc transpose_b : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<2x4xf32>
  tile.store %q, %z[%c0, %c0] : tensor<2x4xf32>, !tile.view<2x4xf32>
  tile.return
}

func.func @main() -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %a = arith.constant dense<[[-0.875, 0.0, 1.5], [-1.625, 0.625, 0.125]]> : tensor<2x3xf32>
  %b = arith.constant dense<[[-1.5, 1.375, 1.375, -0.125], [1.875, 0.5, 1.625, 1.875], [0.25, -0.875, -1.5, 0.25]]> : tensor<3x4xf32>
  %t = arith.constant dense<[[1.625, 1.875, 0.625], [0.375, 0.25, -1.75], [-0.5, 2.0, -0.375], [-1.125, -1.125, 0.875]]> : tensor<4x3xf32>
  %c = arith.constant dense<[[-1.25, 1.0, 1.75, -1.0], [0.25, -1.875, -1.375, -0.5]]> : tensor<2x4xf32>
  %y = arith.constant dense<[[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]> : tensor<2x4xf32>
  %z = arith.constant dense<[[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]> : tensor<2x4xf32>
  %r:2 = tile.launch @k grid(%c1) ins(%a, %b, %t, %c : tensor<2x3xf32>, tensor<3x4xf32>, tensor<4x3xf32>, tensor<2x4xf32>) outs(%y, %z : tensor<2x4xf32>, tensor<2x4xf32>)
  return %r#0, %r#1 : tensor<2x4xf32>, tensor<2x4xf32>
}
