// What cannot be served with caches.
// RUN: longc-opt %s --longc-make-serving -split-input-file -verify-diagnostics

func.func @forward(%q: tensor<?x2x4xf32>, %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> tensor<?x2x4xf32> {
  %a:2 = lm.packed_attention %q, %q, %q, %boundaries, %boundaries causal {scale = 0.5 : f64}
    : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  // expected-error @+1 {{expected causal attention of each sequence to itself}}
  %b:2 = lm.packed_attention %a#0, %q, %q, %boundaries, %boundaries {scale = 0.5 : f64}
    : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  return %b#0 : tensor<?x2x4xf32>
}

// -----

// An encoder's hidden states are rows.
// expected-error @+1 {{expected hidden states, [tokens, columns], as its one result}}
func.func @forward(%q: tensor<?x2x4xf32>, %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> tensor<?x2x4xf32> {
  %a:2 = lm.packed_attention %q, %q, %q, %boundaries, %boundaries {scale = 0.5 : f64}
    : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  return %a#0 : tensor<?x2x4xf32>
}

// -----

func.func @forward(%q: tensor<?x2x4xf32>, %boundaries: tensor<?xi32> {lm.input = "boundaries"}, %others: tensor<?xi32>) -> tensor<?x2x4xf32> {
  // expected-error @+1 {{expected causal attention of each sequence to itself}}
  %a:2 = lm.packed_attention %q, %q, %q, %boundaries, %others causal {scale = 0.5 : f64}
    : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  return %a#0 : tensor<?x2x4xf32>
}

// -----

// expected-error @+1 {{expected the logits as its one result, got 2}}
func.func @forward(%x: tensor<?x8xf32>, %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  return %x, %x : tensor<?x8xf32>, tensor<?x8xf32>
}

// -----

// expected-error @+1 {{uses its boundaries for more than attention}}
func.func @forward(%x: tensor<?x8xf32>, %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> tensor<?x8xf32> {
  %y = lm.chunk_pool mean %x, %boundaries : (tensor<?x8xf32>, tensor<?xi32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
