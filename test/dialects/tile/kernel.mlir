// The example of tile.kernel: eight rows a block, doubled; what is past the last row is dropped.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 11x4 max=4 [3.75, 1, 1.5, 3.25, 0.75, 2.25, 2.75, -2.25, -3.75, -1.75, -1.75, 3, 3.5, -4, 0, 2.75, -3, 2.5, -3.25, -0.25, 2.5, -1.5, -1.25, -1.75, 1.75, -2, 4, -0.5, -0.25, 0, 0.75, 0.5, 0, 4, 2.5, 2.5, 1.75, 1, -1.25, 4, -0.25, -2.25, 2.75, -2.75]

tile.kernel @k grid(%i) (%x: !tile.view<11x4xf32>, %y: !tile.view<11x4xf32>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %row = arith.muli %i, %c8 : index
  %t = tile.load %x[%row, %c0] : !tile.view<11x4xf32> -> tensor<8x4xf32>
  %s = arith.addf %t, %t : tensor<8x4xf32>
  tile.store %s, %y[%row, %c0] : tensor<8x4xf32>, !tile.view<11x4xf32>
  tile.return
}

func.func @main() -> (tensor<11x4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %x = arith.constant dense<[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125], [-1.875, -0.875, -0.875, 1.5], [1.75, -2.0, 0.0, 1.375], [-1.5, 1.25, -1.625, -0.125], [1.25, -0.75, -0.625, -0.875], [0.875, -1.0, 2.0, -0.25], [-0.125, 0.0, 0.375, 0.25], [0.0, 2.0, 1.25, 1.25], [0.875, 0.5, -0.625, 2.0], [-0.125, -1.125, 1.375, -1.375]]> : tensor<11x4xf32>
  %y = arith.constant dense<[[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]> : tensor<11x4xf32>
  %r = tile.launch @k grid(%c2) ins(%x : tensor<11x4xf32>) outs(%y : tensor<11x4xf32>)
  return %r : tensor<11x4xf32>
}
