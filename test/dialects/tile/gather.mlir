// Rows by index: an index outside reads zeros and writes nothing.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 4x3 max=1.875 [0.75, 1.875, -1.5, 0, 0, 0, -0.625, 0.625, 0.375, 0, 0, 0]
// CHECK: result 1: 5x3 max=1.875 [-0.625, 0.625, 0.375, -1.125, -1.875, -0.375, 1.375, -1.625, -0.375, 1.875, 1.875, -1.125, 0.75, 1.875, -1.5]

tile.kernel @k grid(%i) (%x: !tile.view<5x2x3xf32>, %ids: !tile.view<4xi32>, %a: !tile.view<4x3xf32>, %b: !tile.view<5x3xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %n = tile.load %ids[%c0] : !tile.view<4xi32> -> tensor<4xi32>
  %t = tile.gather %x[%n, %c1, %c0] dropped [1] : !tile.view<5x2x3xf32>, tensor<4xi32> -> tensor<4x3xf32>
  tile.store %t, %a[%c0, %c0] : tensor<4x3xf32>, !tile.view<4x3xf32>
  tile.scatter %t, %b[%n, %c0] : tensor<4x3xf32>, !tile.view<5x3xf32>, tensor<4xi32>
  tile.return
}

func.func @main() -> (tensor<4x3xf32>, tensor<5x3xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %x = arith.constant dense<[[[0.5, 1.5, 0.75], [-0.625, 0.625, 0.375]], [[-1.625, -1.875, 0.625], [-0.5, 0.375, -0.75]], [[-1.125, -1.5, -0.5], [1.25, -0.375, -0.5]], [[0.25, 2.0, -0.5], [0.375, -0.25, 0.375]], [[-0.25, 0.625, 0.25], [0.75, 1.875, -1.5]]]> : tensor<5x2x3xf32>
  %ids = arith.constant dense<[4, -1, 0, 7]> : tensor<4xi32>
  %a = arith.constant dense<[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]> : tensor<4x3xf32>
  %b = arith.constant dense<[[0.25, -0.25, -0.625], [-1.125, -1.875, -0.375], [1.375, -1.625, -0.375], [1.875, 1.875, -1.125], [-2.0, 0.75, -2.0]]> : tensor<5x3xf32>
  %r:2 = tile.launch @k grid(%c1) ins(%x, %ids : tensor<5x2x3xf32>, tensor<4xi32>) outs(%a, %b : tensor<4x3xf32>, tensor<5x3xf32>)
  return %r#0, %r#1 : tensor<4x3xf32>, tensor<5x3xf32>
}
