// Equal kernels become one, whatever their names and locations; unequal ones stay.
// RUN: longc-opt %s --longc-deduplicate-kernels | FileCheck %s
// RUN: longc-interpret %s --function layers --tokens 9 --compare-after longc-deduplicate-kernels

// CHECK: tile.kernel @first
// CHECK-NOT: tile.kernel @same
// CHECK: tile.kernel @other_constant
// CHECK: tile.kernel @other_panels
// CHECK-NOT: tile.kernel
tile.kernel @first grid(%i) (%x: !tile.view<?x8xf32>, %y: !tile.view<?x8xf32>) {
  %c4 = arith.constant 4 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c4 : index
  %t = tile.load %x[%row, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
  %two = arith.constant dense<2.0> : tensor<4x8xf32>
  %s = arith.mulf %t, %two : tensor<4x8xf32>
  tile.store %s, %y[%row, %c0] : tensor<4x8xf32>, !tile.view<?x8xf32>
  tile.return
}
tile.kernel @same grid(%j) (%a: !tile.view<?x8xf32>, %b: !tile.view<?x8xf32>) {
  %c4 = arith.constant 4 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %j, %c4 : index
  %t = tile.load %a[%row, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
  %two = arith.constant dense<2.0> : tensor<4x8xf32>
  %s = arith.mulf %t, %two : tensor<4x8xf32>
  tile.store %s, %b[%row, %c0] : tensor<4x8xf32>, !tile.view<?x8xf32>
  tile.return
}
tile.kernel @other_constant grid(%i) (%x: !tile.view<?x8xf32>, %y: !tile.view<?x8xf32>) {
  %c4 = arith.constant 4 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c4 : index
  %t = tile.load %x[%row, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
  %three = arith.constant dense<3.0> : tensor<4x8xf32>
  %s = arith.mulf %t, %three : tensor<4x8xf32>
  tile.store %s, %y[%row, %c0] : tensor<4x8xf32>, !tile.view<?x8xf32>
  tile.return
}
tile.kernel @other_panels grid(%i) (%x: !tile.view<?x8xf32, panels>, %y: !tile.view<?x8xf32>) {
  %c4 = arith.constant 4 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c4 : index
  %t = tile.load %x[%row, %c0] : !tile.view<?x8xf32, panels> -> tensor<4x8xf32>
  %two = arith.constant dense<2.0> : tensor<4x8xf32>
  %s = arith.mulf %t, %two : tensor<4x8xf32>
  tile.store %s, %y[%row, %c0] : tensor<4x8xf32>, !tile.view<?x8xf32>
  tile.return
}

// CHECK-LABEL: func.func @layers
// CHECK: tile.launch @first
// CHECK: tile.launch @first
// CHECK: tile.launch @other_constant
func.func @layers(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %blocks = arith.ceildivui %n, %c4 : index
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %a = tile.launch @first grid(%blocks) ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>)
  %f = tensor.empty(%n) : tensor<?x8xf32>
  %b = tile.launch @same grid(%blocks) ins(%a : tensor<?x8xf32>) outs(%f : tensor<?x8xf32>)
  %g = tensor.empty(%n) : tensor<?x8xf32>
  %c = tile.launch @other_constant grid(%blocks) ins(%b : tensor<?x8xf32>) outs(%g : tensor<?x8xf32>)
  return %a, %b, %c : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>
}
