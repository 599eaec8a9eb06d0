// What no kernel of products is made of.
// RUN: longc-opt %s --longc-tile-linear -split-input-file -verify-diagnostics

// expected-error @+1 {{expected a 'tile.target' attribute with the target's tile sizes}}
module {
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @chained(%x: tensor<?x32xf32>, %w: tensor<32x32xf32>) -> tensor<?x32xf32> {
  %y = lm.group -> (tensor<?x32xf32>) {
    %a = lm.linear %x, %w : (tensor<?x32xf32>, tensor<32x32xf32>) -> tensor<?x32xf32>
    // expected-error @+1 {{expected operands from outside the group: a block has but a tile of them}}
    %b = lm.linear %a, %w : (tensor<?x32xf32>, tensor<32x32xf32>) -> tensor<?x32xf32>
    lm.yield %b : tensor<?x32xf32>
  }
  return %y : tensor<?x32xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @widths(%x: tensor<?x32xf32>, %w: tensor<32x32xf32>, %v: tensor<64x32xf32>) -> (tensor<?x32xf32>, tensor<?x64xf32>) {
  %y:2 = lm.group -> (tensor<?x32xf32>, tensor<?x64xf32>) {
    %a = lm.linear %x, %w : (tensor<?x32xf32>, tensor<32x32xf32>) -> tensor<?x32xf32>
    // expected-error @+1 {{expected products of one width in a group, got 64 and 32}}
    %b = lm.linear %x, %v : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32>
    lm.yield %a, %b : tensor<?x32xf32>, tensor<?x64xf32>
  }
  return %y#0, %y#1 : tensor<?x32xf32>, tensor<?x64xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @norm_of_a_tile(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>, %n: tensor<64xf32>) -> tensor<?x64xf32> {
  %y = lm.group -> (tensor<?x64xf32>) {
    %a = lm.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
    // expected-error @+1 {{needs whole rows: a block of this kernel has 32 of 64 columns}}
    %b = lm.rms_norm %a, %n {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
    lm.yield %b : tensor<?x64xf32>
  }
  return %y : tensor<?x64xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @open_memory(%a: tensor<?x2x4xf32>, %w1: tensor<2x4x?xf32>, %w2: tensor<2x?x4xf32>, %b: tensor<2xf32>) -> tensor<?x2x4xf32> {
  // expected-error @+1 {{expected memories and gates of static size, got 'tensor<2x4x?xf32>'}}
  %o = lm.gated_memory %a, %a reads (%w1, %w2) gate (%b) : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2x4x?xf32>, tensor<2x?x4xf32>, tensor<2xf32>) -> tensor<?x2x4xf32>
  return %o : tensor<?x2x4xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @narrow_gate(%a: tensor<?x2x4xf32>, %b: tensor<2xbf16>) -> tensor<?x2x4xf32> {
  // expected-error @+1 {{expected z of f32, got 'tensor<2xbf16>'}}
  %o = lm.gated_memory %a, %a reads kind external (%a) gate (%b) : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2xbf16>) -> tensor<?x2x4xf32>
  return %o : tensor<?x2x4xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @open_vocabulary(%x: tensor<?x8xf32>, %w: tensor<?x8xf32>, %t: tensor<?xi32>, %g: tensor<?xf32>) -> tensor<1xf32> {
  // expected-error @+1 {{expected a projection of static size, got 'tensor<?x8xf32>'}}
  %l, %s = lm.cross_entropy %x, %w, %t, %g : (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  return %l : tensor<1xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @normalized_queries(%x: tensor<?x64xf32>, %cu: tensor<?xi32>, %s: tensor<2x32xf32>, %w: tensor<32x64xf32>) -> tensor<?x32xf32> {
  // expected-error @+1 {{divides rows of which a block has one head: no kernel does; leave `normalize` out}}
  %y = lm.chunk_pool pma %x, %cu seeds %s, %w, %w normalize : (tensor<?x64xf32>, tensor<?xi32>, tensor<2x32xf32>, tensor<32x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @open_queries(%x: tensor<?x64xf32>, %cu: tensor<?xi32>, %s: tensor<?x32xf32>, %w: tensor<32x64xf32>) -> tensor<?x32xf32> {
  // expected-error @+1 {{expected f32 seeds of static shape, got 'tensor<?x32xf32>'}}
  %y = lm.chunk_pool pma %x, %cu seeds %s, %w, %w : (tensor<?x64xf32>, tensor<?xi32>, tensor<?x32xf32>, tensor<32x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
}

// -----

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @mixed_queries(%x: tensor<?x64xbf16>, %cu: tensor<?xi32>, %s: tensor<2x32xf32>, %w: tensor<32x64xf32>) -> tensor<?x32xf32> {
  // expected-error @+1 {{expected weights of the element type of 'tensor<?x64xbf16>', got 'tensor<32x64xf32>'}}
  %y = lm.chunk_pool pma %x, %cu seeds %s, %w, %w : (tensor<?x64xbf16>, tensor<?xi32>, tensor<2x32xf32>, tensor<32x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
}
