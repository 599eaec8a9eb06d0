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
