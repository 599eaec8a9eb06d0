// Sums over rows, rows added by index and transposes: blocks own columns and walk the rows in order.
// RUN: longc-opt %s --longc-tile-reductions | FileCheck %s
// RUN: longc-interpret %s --function sums --tokens 37 --compare-after longc-tile-reductions --tolerance 1e-6
// RUN: longc-interpret %s --function added --tokens 37 --compare-after longc-tile-streaming,longc-tile-reductions --tolerance 1e-6
// RUN: longc-interpret %s --function turned --tokens 37 --compare-after longc-tile-reductions --tolerance 1e-7

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
// CHECK-LABEL: tile.kernel @sum_rows_72 grid(%arg0)
// CHECK: scf.for {{.*}} step %c32
// CHECK: tile.mma
// CHECK-LABEL: func.func @sums
// CHECK-COUNT-2: tile.launch
func.func @sums(%x: tensor<?x72xf32>, %h: tensor<?x3x20xf32>) -> (tensor<72xf32>, tensor<20xf32>) {
  %0 = lm.sum_rows %x : (tensor<?x72xf32>) -> tensor<72xf32>
  %1 = lm.sum_rows %h : (tensor<?x3x20xf32>) -> tensor<20xf32>
  return %0, %1 : tensor<72xf32>, tensor<20xf32>
}

// What is an argument is copied; what another kernel made is added to where it lies.
// CHECK-LABEL: tile.kernel @scatter_add_20_rows9
// CHECK: tile.store {{.*}} accumulate
// CHECK-LABEL: func.func @added
// CHECK: tile.launch @copy_20
// CHECK: tile.launch @scatter_add_20_rows9
func.func @added(%table: tensor<9x20xf32>, %rows: tensor<?x20xf32>, %at: tensor<?xi32> {lm.limit = 9 : i64}) -> (tensor<9x20xf32>, tensor<9x20xf32>) {
  %0 = lm.scatter_add %table, %rows, %at : (tensor<9x20xf32>, tensor<?x20xf32>, tensor<?xi32>) -> tensor<9x20xf32>
  %zero = lm.fill %table {value = 0.0 : f64} : (tensor<9x20xf32>) -> tensor<9x20xf32>
  %1 = lm.scatter_add %zero, %rows, %at : (tensor<9x20xf32>, tensor<?x20xf32>, tensor<?xi32>) -> tensor<9x20xf32>
  return %0, %1 : tensor<9x20xf32>, tensor<9x20xf32>
}

func.func @turned(%x: tensor<?x20xf32>, %y: tensor<3x?xf32>, %z: tensor<2x5x18xf32>) -> (tensor<20x?xf32>, tensor<?x3xf32>, tensor<2x18x5xf32>) {
  %0 = lm.transpose %x : (tensor<?x20xf32>) -> tensor<20x?xf32>
  %1 = lm.transpose %y : (tensor<3x?xf32>) -> tensor<?x3xf32>
  %2 = lm.transpose %z : (tensor<2x5x18xf32>) -> tensor<2x18x5xf32>
  return %0, %1, %2 : tensor<20x?xf32>, tensor<?x3xf32>, tensor<2x18x5xf32>
}
}
