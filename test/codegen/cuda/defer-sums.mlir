// A row sum that a loop carries stays in parts, one a thread of the quad, until nobody adds to it any more.
// RUN: longc-opt %s --longc-cuda-defer-sums | FileCheck %s

// CHECK-LABEL: tile.kernel @two_loops
// CHECK: %[[FIRST:.*]] = scf.for
// CHECK: tile.reduce add {{.*}} {cuda.partial}
// CHECK: %[[SECOND:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[FIRST]])
// CHECK: tile.reduce add {{.*}} {cuda.partial}
// CHECK: %[[WHOLE:.*]] = cuda.quad_sum %[[SECOND]]
// CHECK: tile.store %[[WHOLE]]
tile.kernel @two_loops grid(%i) (%x: !tile.view<?x8xf32>, %y: !tile.view<?xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %shrink = arith.constant dense<0.5> : tensor<4xf32>
  %first = scf.for %k = %c0 to %c8 step %c4 iter_args(%s = %zero) -> (tensor<4xf32>) {
    %t = tile.load %x[%k, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
    %r = tile.reduce add %t dim 1 : tensor<4x8xf32> -> tensor<4xf32>
    %m = arith.mulf %s, %shrink : tensor<4xf32>
    %n = arith.addf %m, %r : tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  %second = scf.for %k = %c0 to %c8 step %c4 iter_args(%s = %first) -> (tensor<4xf32>) {
    %t = tile.load %x[%k, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
    %r = tile.reduce add %t dim 1 : tensor<4x8xf32> -> tensor<4xf32>
    %m = arith.mulf %s, %shrink : tensor<4xf32>
    %n = arith.addf %m, %r : tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  tile.store %second, %y[%i] : tensor<4xf32>, !tile.view<?xf32>
  tile.return
}

// The four would each start with the whole of a first value; and a sum that the loop reads must be whole there.
// CHECK-LABEL: tile.kernel @wanted_whole
// CHECK-NOT: cuda.
tile.kernel @wanted_whole grid(%i) (%x: !tile.view<?x8xf32>, %y: !tile.view<?xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %sums:2 = scf.for %k = %c0 to %c8 step %c4 iter_args(%s = %one, %u = %zero) -> (tensor<4xf32>, tensor<4xf32>) {
    %t = tile.load %x[%k, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
    %r = tile.reduce add %t dim 1 : tensor<4x8xf32> -> tensor<4xf32>
    %m = arith.mulf %s, %u : tensor<4xf32>
    %n = arith.addf %m, %r : tensor<4xf32>
    %r2 = tile.reduce add %t dim 1 : tensor<4x8xf32> -> tensor<4xf32>
    %m2 = arith.mulf %u, %one : tensor<4xf32>
    %n2 = arith.addf %m2, %r2 : tensor<4xf32>
    scf.yield %n, %n2 : tensor<4xf32>, tensor<4xf32>
  }
  tile.store %sums#0, %y[%i] : tensor<4xf32>, !tile.view<?xf32>
  tile.store %sums#1, %y[%i] : tensor<4xf32>, !tile.view<?xf32>
  tile.return
}
