// Attention that no kernel does is refused by name.
// RUN: longc-opt %s --longc-tile-attention -split-input-file -verify-diagnostics

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @blocks(%q: tensor<?x4x32xf32>, %segments: tensor<?x8xi32>, %memory: !lm.memory<2x32xf32>) -> tensor<?x4x32xf32> {
  // expected-error @+1 {{selects blocks of entries: no kernel does; use granularity token}}
  %p:2 = lm.knn_attention %q, %memory, %segments granularity block {scale = 1.0 : f64, topk = 2 : i64, block_size = 4 : i64}
    : (tensor<?x4x32xf32>, !lm.memory<2x32xf32>, tensor<?x8xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
  return %p#0 : tensor<?x4x32xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @indices(%q: tensor<?x4x32xf32>, %segments: tensor<?x8xi32>, %memory: !lm.memory<2x32xf32>) -> tensor<4x?x2xi32> {
  // expected-error @+1 {{is asked for the chosen indices: no kernel returns them}}
  %p:3 = lm.knn_attention %q, %memory, %segments {scale = 1.0 : f64, topk = 2 : i64}
    : (tensor<?x4x32xf32>, !lm.memory<2x32xf32>, tensor<?x8xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>, tensor<4x?x2xi32>)
  return %p#2 : tensor<4x?x2xi32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 48, stream_rows = 4, fold_heads = true>} {
func.func @pages(%q: tensor<?x4x32xf32>, %cu: tensor<?xi32>) -> tensor<?x4x32xf32> {
  // expected-error @+1 {{expected attention_cols to divide a page of 256 rows, got 48}}
  %o:2 = lm.packed_attention %q, %q, %q, %cu, %cu {scale = 1.0 : f64}
    : (tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
  return %o#0 : tensor<?x4x32xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @unmerged(%q: tensor<?x4x32xf32>, %cu: tensor<?xi32>) -> (tensor<?x4x32xf32>, tensor<?x4x32xf32>) {
  // expected-error @+1 {{expected one merge of all attention in a group, got 0}}
  %g:2 = lm.group -> (tensor<?x4x32xf32>, tensor<?x4x32xf32>) {
    %o:2 = lm.packed_attention %q, %q, %q, %cu, %cu {scale = 1.0 : f64}
      : (tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
    %p:2 = lm.packed_attention %q, %q, %q, %cu, %cu causal {scale = 1.0 : f64}
      : (tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
    lm.yield %o#0, %p#0 : tensor<?x4x32xf32>, tensor<?x4x32xf32>
  }
  return %g#0, %g#1 : tensor<?x4x32xf32>, tensor<?x4x32xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @epilogue(%q: tensor<?x4x32xf32>, %cu: tensor<?xi32>) -> tensor<?x4x32xf32> {
  %g = lm.group -> (tensor<?x4x32xf32>) {
    %o:2 = lm.packed_attention %q, %q, %q, %cu, %cu {scale = 1.0 : f64}
      : (tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
    // expected-error @+1 {{cannot be part of an attention kernel's epilogue}}
    %a = lm.add %o#0, %q : (tensor<?x4x32xf32>, tensor<?x4x32xf32>) -> tensor<?x4x32xf32>
    lm.yield %a : tensor<?x4x32xf32>
  }
  return %g : tensor<?x4x32xf32>
}
}
