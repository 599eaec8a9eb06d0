// The factor of scores goes behind the mask, behind the row maximum, and into the exponent's multiply-add.
// RUN: longc-opt %s --longc-cuda-defer-scale | FileCheck %s
// RUN: longc-interpret %s --function rows --tokens 7 --compare-after longc-cuda-defer-scale

module attributes {tile.target = #tile.target<mma_rows = 8, mma_cols = 4, mma_depth = 16, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
// CHECK-LABEL: tile.kernel @scores
// CHECK: %[[SCORES:.*]] = tile.load
// CHECK-NOT: arith.mulf %[[SCORES]]
// CHECK: %[[MASKED:.*]] = scf.if
// CHECK: arith.select %{{.*}}, %[[SCORES]],
// CHECK: scf.yield %[[SCORES]]
// CHECK: %[[MAXIMUM:.*]] = tile.reduce max %[[MASKED]]
// CHECK: arith.mulf %[[MAXIMUM]], %{{.*}} : tensor<4xf32>
// CHECK: %[[NEGATIVE:.*]] = arith.negf
// CHECK: math.fma %[[MASKED]], %{{.*}}, %[[NEGATIVE]]
tile.kernel @scores grid(%i) (%x: !tile.view<?x8xf32>, %y: !tile.view<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %factor = arith.constant dense<0.125> : tensor<4x8xf32>
  %hidden = arith.constant dense<0xFF800000> : tensor<4x8xf32>
  %row = arith.muli %i, %c4 : index
  %s0 = tile.load %x[%row, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
  %s = arith.mulf %s0, %factor : tensor<4x8xf32>
  %edge = arith.cmpi slt, %i, %c1 : index
  %s1 = scf.if %edge -> tensor<4x8xf32> {
    %rows = tile.iota dim 0 : tensor<4x8xi32>
    %columns = tile.iota dim 1 : tensor<4x8xi32>
    %seen = arith.cmpi sle, %columns, %rows : tensor<4x8xi32>
    %masked = arith.select %seen, %s, %hidden : tensor<4x8xi1>, tensor<4x8xf32>
    scf.yield %masked : tensor<4x8xf32>
  } else {
    scf.yield %s : tensor<4x8xf32>
  }
  %m = tile.reduce max %s1 dim 1 : tensor<4x8xf32> -> tensor<4xf32>
  %e = tile.expand %m dim 1 : tensor<4xf32> -> tensor<4x8xf32>
  %d = arith.subf %s1, %e : tensor<4x8xf32>
  %p = math.exp2 %d : tensor<4x8xf32>
  tile.store %p, %y[%row, %c0] : tensor<4x8xf32>, !tile.view<?x8xf32>
  tile.return
}

// A factor that is not positive would turn the maximum into a minimum.
// CHECK-LABEL: tile.kernel @negative_factor
// CHECK: arith.mulf
// CHECK: tile.reduce max
// CHECK-NOT: arith.mulf
tile.kernel @negative_factor grid(%i) (%x: !tile.view<?x8xf32>, %y: !tile.view<?xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %factor = arith.constant dense<-0.125> : tensor<4x8xf32>
  %row = arith.muli %i, %c4 : index
  %s0 = tile.load %x[%row, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
  %s = arith.mulf %s0, %factor : tensor<4x8xf32>
  %m = tile.reduce max %s dim 1 : tensor<4x8xf32> -> tensor<4xf32>
  tile.store %m, %y[%row] : tensor<4xf32>, !tile.view<?xf32>
  tile.return
}

func.func @rows(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %t = tensor.dim %x, %c0 : tensor<?x8xf32>
  %blocks = arith.ceildivui %t, %c4 : index
  %y = tensor.empty(%t) : tensor<?x8xf32>
  %r = tile.launch @scores grid(%blocks) ins(%x : tensor<?x8xf32>) outs(%y : tensor<?x8xf32>)
  return %r : tensor<?x8xf32>
}
}
