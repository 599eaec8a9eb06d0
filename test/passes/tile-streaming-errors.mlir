// Rotations that no kernel does, rows that other blocks own.
// RUN: longc-opt %s --longc-tile-streaming -split-input-file -verify-diagnostics

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @interleaved(%x: tensor<?x2x32xf32>, %a: tensor<?x32xf32>) -> tensor<?x2x32xf32> {
  // expected-error @+1 {{expected style half, got interleaved: the importer permutes such weights to halves}}
  %r = lm.apply_rope %x, %a style interleaved : (tensor<?x2x32xf32>, tensor<?x32xf32>) -> tensor<?x2x32xf32>
  return %r : tensor<?x2x32xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @other_rows(%x: tensor<?x64xf32>, %rows: tensor<?xi32>) -> tensor<?x64xf32> {
  %g = lm.group -> (tensor<?x64xf32>) {
    %y = lm.add %x, %x : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    // expected-error @+1 {{expected a source from outside the group: its rows are other blocks'}}
    %r = lm.gather_rows %y, %rows : (tensor<?x64xf32>, tensor<?xi32>) -> tensor<?x64xf32>
    lm.yield %r : tensor<?x64xf32>
  }
  return %g : tensor<?x64xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @unequal_parts(%x: tensor<?x2x32xf32>, %a: tensor<?x8xf32>) -> tensor<?x64xf32> {
  %g = lm.group -> (tensor<?x64xf32>) {
    %r = lm.apply_rope %x, %a : (tensor<?x2x32xf32>, tensor<?x8xf32>) -> tensor<?x2x32xf32>
    // expected-error @+1 {{takes a partly rotated value inside one kernel, which only element-wise ops on such values, appends and stores can}}
    %m = lm.merge_heads %r : (tensor<?x2x32xf32>) -> tensor<?x64xf32>
    lm.yield %m : tensor<?x64xf32>
  }
  return %g : tensor<?x64xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @rotated_again(%x: tensor<?x2x32xf32>, %a: tensor<?x8xf32>) -> tensor<?x2x32xf32> {
  %g = lm.group -> (tensor<?x2x32xf32>) {
    %r = lm.apply_rope %x, %a : (tensor<?x2x32xf32>, tensor<?x8xf32>) -> tensor<?x2x32xf32>
    // expected-error @+1 {{takes a partly rotated value inside one kernel, which only element-wise ops on such values, appends and stores can}}
    %s = lm.apply_rope %r, %a : (tensor<?x2x32xf32>, tensor<?x8xf32>) -> tensor<?x2x32xf32>
    lm.yield %s : tensor<?x2x32xf32>
  }
  return %g : tensor<?x2x32xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @learned_queries(%x: tensor<?x64xf32>, %cu: tensor<?xi32>, %s: tensor<2x32xf32>, %w: tensor<32x64xf32>) -> tensor<?x32xf32> {
  %g = lm.group -> (tensor<?x32xf32>) {
    // expected-error @+1 {{pools by learned queries, a kernel of its own that tile-linear makes: expected it outside a group}}
    %y = lm.chunk_pool pma %x, %cu seeds %s, %w, %w : (tensor<?x64xf32>, tensor<?xi32>, tensor<2x32xf32>, tensor<32x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
    lm.yield %y : tensor<?x32xf32>
  }
  return %g : tensor<?x32xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @pooled_inside(%x: tensor<?x64xf32>, %cu: tensor<?xi32>) -> tensor<?x64xf32> {
  %g = lm.group -> (tensor<?x64xf32>) {
    %y = lm.add %x, %x : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    // expected-error @+1 {{expected a source from outside the group: its rows are other blocks'}}
    %p = lm.chunk_pool mean %y, %cu : (tensor<?x64xf32>, tensor<?xi32>) -> tensor<?x64xf32>
    lm.yield %p : tensor<?x64xf32>
  }
  return %g : tensor<?x64xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @chunks_of_two_sizes(%x: tensor<?x64xf32>, %cu: tensor<?xi32>) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %g:2 = lm.group -> (tensor<?x64xf32>, tensor<?x64xf32>) {
    %y = lm.chunk_pool last %x, %cu : (tensor<?x64xf32>, tensor<?xi32>) -> tensor<?x64xf32>
    // expected-error @+1 {{expected to be in a kernel over chunks of 2 rows each}}
    %p = lm.chunk_pool cls %x, %cu {tokens_per_chunk = 2 : i64} : (tensor<?x64xf32>, tensor<?xi32>) -> tensor<?x64xf32>
    lm.yield %y, %p : tensor<?x64xf32>, tensor<?x64xf32>
  }
  return %g#0, %g#1 : tensor<?x64xf32>, tensor<?x64xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @scattered_inside(%x: tensor<?x64xf32>, %s: tensor<?x64xf32>, %d: tensor<?xi32>) -> tensor<?x64xf32> {
  %g = lm.group -> (tensor<?x64xf32>) {
    %y = lm.add %s, %s : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    // expected-error @+1 {{expected to be a kernel of its own: it writes rows of other blocks}}
    %p = lm.scatter_rows %x, %y, %d : (tensor<?x64xf32>, tensor<?x64xf32>, tensor<?xi32>) -> tensor<?x64xf32>
    lm.yield %p : tensor<?x64xf32>
  }
  return %g : tensor<?x64xf32>
}
}
