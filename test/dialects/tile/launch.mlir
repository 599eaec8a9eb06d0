// A grid of two dimensions with scalar arguments: what no block writes keeps its old contents.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 3x3 max=11.5 [0.5, 1.5, -0.125, 10.5, 11.5, -0.375, 0.5, -1.75, -1.25]
// CHECK: result 1: 3x3 max=1.875 [1.875, 1, -0.125, -1.125, 0.5, -0.375, 0.5, -1.75, -1.25]

tile.kernel @k grid(%i, %j) (%ten: index, %half: f32, %y: !tile.view<?x3xf32>) {
  %t = arith.muli %i, %ten : index
  %n = arith.addi %t, %j : index
  %m = arith.index_cast %n : index to i32
  %f = arith.sitofp %m : i32 to f32
  %g = arith.addf %f, %half : f32
  %s = tile.splat %g : f32 -> tensor<1x1xf32>
  tile.store %s, %y[%i, %j] : tensor<1x1xf32>, !tile.view<?x3xf32>
  tile.return
}

func.func @main() -> (tensor<?x3xf32>, tensor<3x3xf32>) {
  %c2 = arith.constant 2 : index
  %c10 = arith.constant 10 : index
  %half = arith.constant 0.5 : f32
  %old = arith.constant dense<[[1.875, 1.0, -0.125], [-1.125, 0.5, -0.375], [0.5, -1.75, -1.25]]> : tensor<3x3xf32>
  %y = tensor.cast %old : tensor<3x3xf32> to tensor<?x3xf32>
  %r = tile.launch @k grid(%c2, %c2) ins(%c10, %half : index, f32) outs(%y : tensor<?x3xf32>)
  return %r, %old : tensor<?x3xf32>, tensor<3x3xf32>
}
