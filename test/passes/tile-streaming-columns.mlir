// Where a few threads hold what a block owns and each number needs those of its own place alone, a block owns a part of a row: 512 columns.
// A norm needs whole rows, and 576 columns are not parts of 512.
// RUN: longc-opt %s --pass-pipeline="builtin.module(longc-tile-streaming,canonicalize,tile.kernel(cse))" | FileCheck %s
// RUN: longc-interpret %s --function gated --tokens 5 --compare-after longc-tile-streaming --tolerance 1e-6

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 16, attention_rows = 8, attention_cols = 16, stream_rows = 8, fold_heads = false, stages = 4, staging_bytes = 200000, few_rows = <cols = 2, numbers = 4096, keys = 16, heads = 8, head_cols = 16, splits = 128, part_cols = 512, shortest_row = 128, longest_row = 2560, row_numbers = 11000>>} {
// CHECK-LABEL: tile.kernel @silu_multiply_1536 grid(%arg0, %arg1)
// CHECK: %[[COLUMN:.*]] = arith.muli %arg1, %c512
// CHECK: tile.load %{{.*}}[%arg0, %[[COLUMN]]] : <?x1536xf32> -> tensor<1x512xf32>
// CHECK: tile.store %{{.*}}[%arg0, %[[COLUMN]]] : tensor<1x512xf32>
// CHECK-LABEL: tile.kernel @rms_norm_multiply_1536 grid(%arg0) 
// CHECK: -> tensor<1x1536xf32>
// CHECK-LABEL: tile.kernel @multiply_576 grid(%arg0) 
// CHECK: -> tensor<1x576xf32>
// CHECK: tile.launch @silu_multiply_1536 grid(%{{.*}}, %c3)
func.func @gated(%x: tensor<?x1536xf32>, %y: tensor<?x1536xf32>, %w: tensor<1536xf32>, %z: tensor<?x576xf32>) -> (tensor<?x1536xf32>, tensor<?x1536xf32>, tensor<?x576xf32>) {
  %a = lm.group -> (tensor<?x1536xf32>) {
    %s = lm.silu %x : (tensor<?x1536xf32>) -> tensor<?x1536xf32>
    %m = lm.multiply %s, %y : (tensor<?x1536xf32>, tensor<?x1536xf32>) -> tensor<?x1536xf32>
    lm.yield %m : tensor<?x1536xf32>
  }
  %b = lm.group -> (tensor<?x1536xf32>) {
    %n = lm.rms_norm %x, %w {epsilon = 1.0e-5 : f64} : (tensor<?x1536xf32>, tensor<1536xf32>) -> tensor<?x1536xf32>
    %m = lm.multiply %n, %y : (tensor<?x1536xf32>, tensor<?x1536xf32>) -> tensor<?x1536xf32>
    lm.yield %m : tensor<?x1536xf32>
  }
  %c = lm.multiply %z, %z : (tensor<?x576xf32>, tensor<?x576xf32>) -> tensor<?x576xf32>
  return %a, %b, %c : tensor<?x1536xf32>, tensor<?x1536xf32>, tensor<?x576xf32>
}
}
