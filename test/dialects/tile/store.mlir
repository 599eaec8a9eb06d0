// Stores: row limits keep neighbours; accumulation over two blocks; rows past the end are dropped.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 5x2 max=1.875 [0.125, -1, 1.875, 1.625, -0.125, -1.625, -1, 0.125, 0.875, 0.625]
// CHECK: result 1: 5x2 max=3.375 [0.125, -1, 1.875, 1.625, -1.25, 0, -1.875, 3.375, 0.625, -2.625]

tile.kernel @k grid(%i) (%x: !tile.view<4x2xf32>, %a: !tile.view<5x2xf32>, %b: !tile.view<5x2xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %t = tile.load %x[%c0, %c0] : !tile.view<4x2xf32> -> tensor<4x2xf32>
  tile.store %t, %a[%c1, %c0] rows(%c2 to %c4) : tensor<4x2xf32>, !tile.view<5x2xf32>
  tile.store %t, %b[%c3, %c0] accumulate : tensor<4x2xf32>, !tile.view<5x2xf32>
  tile.return
}

func.func @main() -> (tensor<5x2xf32>, tensor<5x2xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %x = arith.constant dense<[[-1.875, 1.0], [-0.125, -1.625], [-1.0, 0.125], [0.875, 0.0]]> : tensor<4x2xf32>
  %a = arith.constant dense<[[0.125, -1.0], [1.875, 1.625], [-1.25, 0.0], [1.875, 1.375], [0.875, 0.625]]> : tensor<5x2xf32>
  %b = arith.constant dense<[[0.125, -1.0], [1.875, 1.625], [-1.25, 0.0], [1.875, 1.375], [0.875, 0.625]]> : tensor<5x2xf32>
  %r:2 = tile.launch @k grid(%c2) ins(%x : tensor<4x2xf32>) outs(%a, %b : tensor<5x2xf32>, tensor<5x2xf32>)
  return %r#0, %r#1 : tensor<5x2xf32>, tensor<5x2xf32>
}
