// How many rows of a tile matter.
//
// RUN: longc-opt %s --longc-cpu-choose-products --longc-cpu-place-tiles --longc-cpu-pack-operands --longc-cpu-order-rows --longc-cpu-bound-rows --cse | FileCheck %s

// As many as are stored: those up to the range's end, which may lie behind the view's. What the rows come from is made as
// far.
// CHECK-LABEL: tile.kernel @ends
// CHECK-SAME: (%[[X:.*]]: !tile.view<?x32xf32>, %[[Y:.*]]: !tile.view<?x32xf32>, %[[END:.*]]: index)
// CHECK: %[[SIZE:.*]] = tile.dim %[[Y]], 0
// CHECK: %[[LAST:.*]] = arith.minsi %[[SIZE]], %[[END]]
// CHECK: %[[LEFT:.*]] = arith.subi %[[LAST]], %{{.*}} : index
// CHECK: %[[MOST:.*]] = arith.minsi %[[LEFT]], %c8
// CHECK: %[[COUNT:.*]] = arith.maxsi %[[MOST]], %c0
// CHECK: cpu.rows of %[[COUNT]] {
// CHECK: tile.reduce
// CHECK: tile.store
tile.kernel @ends grid(%i) (%x: !tile.view<?x32xf32>, %y: !tile.view<?x32xf32>, %end: index) {
  %c8 = arith.constant 8 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c8 : index
  %t = tile.load %x[%row, %c0] : !tile.view<?x32xf32> -> tensor<8x32xf32>
  %sum = tile.reduce add %t dim 1 : tensor<8x32xf32> -> tensor<8xf32>
  %all = tile.expand %sum dim 1 : tensor<8xf32> -> tensor<8x32xf32>
  %s = arith.divf %t, %all : tensor<8x32xf32>
  tile.store %s, %y[%row, %c0] rows(%row to %end) : tensor<8x32xf32>, !tile.view<?x32xf32>
  tile.return
}

// Not where a product reads all rows as its columns, nor where the first row is only known in a loop.
// CHECK-LABEL: tile.kernel @all
// CHECK-NOT: cpu.rows of
// CHECK: tile.return
tile.kernel @all grid(%i) (%x: !tile.view<?x32xf32>, %y: !tile.view<?x16xf32>, %z: !tile.view<?x32xf32>, %n: index) {
  %c16 = arith.constant 16 : index
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<8x16xf32>
  %a = tile.load %x[%c0, %c0] : !tile.view<?x32xf32> -> tensor<8x32xf32>
  scf.for %k = %c0 to %n step %c16 {
    %b = tile.load %x[%k, %c0] : !tile.view<?x32xf32> -> tensor<16x32xf32>
    %twice = arith.addf %b, %b : tensor<16x32xf32>
    tile.store %twice, %z[%k, %c0] : tensor<16x32xf32>, !tile.view<?x32xf32>
    %s = tile.mma %a, %twice, %zero transpose_b : tensor<8x32xf32>, tensor<16x32xf32> -> tensor<8x16xf32>
    tile.store %s, %y[%k, %c0] : tensor<8x16xf32>, !tile.view<?x16xf32>
  }
  tile.return
}

// All columns of a product are made, although fewer of them are stored as rows elsewhere.
// CHECK-LABEL: tile.kernel @columns
// CHECK-SAME: %[[Z:[^ ]*]]: !tile.view<?x32xf32>)
// CHECK: cpu.rows {
// CHECK-NEXT: tile.store %{{.*}}, %[[Z]]
tile.kernel @columns grid(%i) (%x: !tile.view<?x32xf32>, %y: !tile.view<?x16xf32>, %z: !tile.view<?x32xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<8x16xf32>
  %a = tile.load %x[%c0, %c0] : !tile.view<?x32xf32> -> tensor<8x32xf32>
  %b = tile.load %x[%c0, %c0] : !tile.view<?x32xf32> -> tensor<16x32xf32>
  %twice = arith.addf %b, %b : tensor<16x32xf32>
  tile.store %twice, %z[%c0, %c0] : tensor<16x32xf32>, !tile.view<?x32xf32>
  %s = tile.mma %a, %twice, %zero transpose_b : tensor<8x32xf32>, tensor<16x32xf32> -> tensor<8x16xf32>
  tile.store %s, %y[%c0, %c0] : tensor<8x16xf32>, !tile.view<?x16xf32>
  tile.return
}
