// Products with an adapter whose rank is known when it is bound: its columns in blocks of 16, its depth in steps of 8.
// RUN: longc-opt %s --pass-pipeline="builtin.module(longc-tile-linear,canonicalize,tile.kernel(cse))" | FileCheck %s
// RUN: longc-interpret %s --function adapted --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-compare-cpu %s --function=adapted --pass-pipeline='longc-lower{precision=exact}' | FileCheck %s --check-prefix=CODE

// CODE-NOT: WRONG
// CODE: {{[1-9][0-9]*}} passed, 0 failed

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 96, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
// CHECK-LABEL: tile.kernel @linear_anyx64
// CHECK: tile.mma %{{.*}}, %{{.*}}, %{{.*}} transpose_b : tensor<16x64xf32>, tensor<16x64xf32> -> tensor<16x16xf32>
// CHECK-LABEL: tile.kernel @linear_add_192xany
// CHECK-SAME: %[[RANK:[a-z0-9]+]]: index
// CHECK: scf.for %{{.*}} = %c0 to %[[RANK]] step %c8
// CHECK: tile.mma %{{.*}}, %{{.*}}, %{{.*}} transpose_b : tensor<16x8xf32>, tensor<32x8xf32> -> tensor<16x32xf32>
// CHECK: arith.addf
// CHECK-LABEL: func.func @adapted
// CHECK-DAG: %[[T:.*]] = tensor.dim %arg0, %c0
// CHECK-DAG: %[[R:.*]] = tensor.dim %arg1, %c0
// CHECK: tile.launch @linear_anyx64
// CHECK: tile.launch @linear_add_192xany {{.*}}tensor<?x?xf32>, tensor<192x?xf32>, index
func.func @adapted(%x: tensor<?x64xf32>, %a: tensor<?x64xf32>, %b: tensor<192x?xf32>, %y: tensor<?x192xf32>) -> tensor<?x192xf32> {
  %h = lm.linear %x, %a : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x?xf32>
  %s = lm.group -> (tensor<?x192xf32>) {
    %d = lm.linear %h, %b : (tensor<?x?xf32>, tensor<192x?xf32>) -> tensor<?x192xf32>
    %t = lm.add %y, %d : (tensor<?x192xf32>, tensor<?x192xf32>) -> tensor<?x192xf32>
    lm.yield %t : tensor<?x192xf32>
  }
  return %s : tensor<?x192xf32>
}
}
