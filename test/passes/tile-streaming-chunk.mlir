// Chunks become rows, one block a chunk; soft tokens are written over rows, in place where nobody else reads them.
// RUN: longc-opt %s --pass-pipeline="builtin.module(longc-tile-streaming,canonicalize,tile.kernel(cse))" | FileCheck %s
// RUN: longc-interpret %s --function first --tokens 37 --compare-after longc-tile-streaming
// RUN: longc-interpret %s --function last --tokens 37 --compare-after longc-tile-streaming
// RUN: longc-interpret %s --function last --tokens 4 --sequences 3 --compare-after longc-tile-streaming
// RUN: longc-interpret %s --function mean --tokens 150 --compare-after longc-tile-streaming --tolerance 1e-6
// RUN: longc-interpret %s --function among_arguments --tokens 37 --compare-after longc-tile-streaming
// RUN: longc-interpret %s --function among_embeddings --tokens 37 --compare-after longc-tile-streaming

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {

// CHECK-LABEL: tile.kernel @chunk_pool_64 grid(%arg0)
// CHECK: %[[BEGIN:.*]] = tile.scalar %[[CU:.*]][%arg0]
// CHECK: %[[NEXT:.*]] = arith.addi %arg0, %c1
// CHECK: %[[END:.*]] = tile.scalar %[[CU]][%[[NEXT]]]
// CHECK: %[[ROW:.*]] = tile.load %{{.*}}[%[[BEGIN]], %c0] rows(%[[BEGIN]] to %[[END]]) : <?x64xf32> -> tensor<1x64xf32>
// CHECK: tile.store %[[ROW]], %{{.*}}[%arg0, %c0]
// CHECK-LABEL: func.func @first
// CHECK: %[[BOUNDARIES:.*]] = tensor.dim %arg1
// CHECK: %[[CHUNKS:.*]] = arith.subi %[[BOUNDARIES]], %c1
// CHECK: tensor.empty(%[[CHUNKS]])
// CHECK: tile.launch @chunk_pool_64 grid(%{{.*}})
func.func @first(%x: tensor<?x64xf32>, %cu: tensor<?xi32> {lm.input = "cu_seqlens"}) -> tensor<?x64xf32> {
  %y = lm.chunk_pool cls %x, %cu : (tensor<?x64xf32>, tensor<?xi32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// Three rows a block, the first of them three before the end; each divided by its length.
// CHECK-LABEL: tile.kernel @chunk_pool_32 grid(%arg0)
// CHECK: %[[BEFORE:.*]] = arith.subi %[[END:.*]], %c3
// CHECK: %[[FIRST:.*]] = arith.maxsi %{{.*}}, %[[BEFORE]]
// CHECK: tile.load %{{.*}}[%[[FIRST]], %c0] rows(%{{.*}} to %[[END]]) : <?x32xbf16> -> tensor<3x32xbf16>
// CHECK: tile.reduce add
// CHECK: math.rsqrt
// CHECK: arith.truncf
func.func @last(%x: tensor<?x32xbf16>, %cu: tensor<?xi32> {lm.input = "cu_seqlens"}) -> tensor<?x32xbf16> {
  %y = lm.chunk_pool last %x, %cu normalize {tokens_per_chunk = 3 : i64} : (tensor<?x32xbf16>, tensor<?xi32>) -> tensor<?x32xbf16>
  return %y : tensor<?x32xbf16>
}

// Rows are added up by products with ones; what a norm does to the result joins the kernel.
// CHECK-LABEL: tile.kernel @chunk_pool_layer_norm_64
// CHECK: %[[SUM:.*]] = scf.for %[[K:.*]] = %[[BEGIN:.*]] to %[[END:.*]] step %c32 iter_args(%[[ACC:.*]] = %{{.*}}) -> (tensor<1x64xf32>) {
// CHECK: %[[ROWS:.*]] = tile.load %{{.*}}[%[[K]], %c0] rows(%[[BEGIN]] to %[[END]]) : <?x64xf32> -> tensor<32x64xf32>
// CHECK: tile.mma %{{.*}}, %[[ROWS]], %[[ACC]] : tensor<1x32xf32>, tensor<32x64xf32> -> tensor<1x64xf32>
// CHECK: arith.divf %[[SUM]]
func.func @mean(%x: tensor<?x64xf32>, %cu: tensor<?xi32> {lm.input = "cu_seqlens"}, %w: tensor<64xf32>) -> tensor<?x64xf32> {
  %g = lm.group -> (tensor<?x64xf32>) {
    %y = lm.chunk_pool mean %x, %cu : (tensor<?x64xf32>, tensor<?xi32>) -> tensor<?x64xf32>
    %n = lm.layer_norm %y, %w {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
    lm.yield %n : tensor<?x64xf32>
  }
  return %g : tensor<?x64xf32>
}

// What the caller holds is copied first.
// CHECK-LABEL: tile.kernel @scatter_rows_64
// CHECK: %[[PLACES:.*]] = tile.load %{{.*}} -> tensor<4xi32>
// CHECK: %[[LEFT:.*]] = arith.subi %{{.*}}
// CHECK: %[[MINE:.*]] = arith.cmpi slt
// CHECK: %[[TO:.*]] = arith.select %[[MINE]], %[[PLACES]], %{{.*}} : tensor<4xi1>, tensor<4xi32>
// CHECK: tile.scatter %{{.*}}, %{{.*}}[%[[TO]], %c0]
// CHECK-LABEL: tile.kernel @copy_64
// CHECK-LABEL: func.func @among_arguments
// CHECK: %[[COPY:.*]] = tile.launch @copy_64
// CHECK: tile.launch @scatter_rows_64 {{.*}} outs(%[[COPY]]
func.func @among_arguments(%x: tensor<?x64xf32>, %table: tensor<40x64xf32>, %destinations: tensor<?xi32> {lm.input = "destinations"}) -> tensor<?x64xf32> {
  %soft = lm.embedding %destinations, %table : (tensor<?xi32>, tensor<40x64xf32>) -> tensor<?x64xf32>
  %y = lm.scatter_rows %x, %soft, %destinations : (tensor<?x64xf32>, tensor<?x64xf32>, tensor<?xi32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @among_embeddings
// CHECK-NOT: @copy
// CHECK: %[[X:.*]] = tile.launch @embedding
// CHECK: tile.launch @scatter_rows_64_rows9{{.*}} outs(%[[X]]
func.func @among_embeddings(%tokens: tensor<?xi32> {lm.input = "tokens"}, %table: tensor<40x64xf32>, %soft: tensor<9x64xf32>, %destinations: tensor<9xi32> {lm.input = "destinations"}) -> tensor<?x64xf32> {
  %x = lm.embedding %tokens, %table : (tensor<?xi32>, tensor<40x64xf32>) -> tensor<?x64xf32>
  %y = lm.scatter_rows %x, %soft, %destinations : (tensor<?x64xf32>, tensor<9x64xf32>, tensor<9xi32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
}
