// Layers that there are not, and attention that no rows can be added to.
// RUN: longc-opt %s -split-input-file -verify-diagnostics --longc-apply-cross-rows=mem-layers=0
// RUN: not longc-opt %s -split-input-file --longc-apply-cross-rows=mem-layers=0,x 2>&1 | FileCheck %s --check-prefix=WORD

// WORD: expected mem-layers to be 'all' or layer numbers with commas, got '0,x'
// expected-error@+1 {{expected a function named @forward}}
module {
}

// -----

// expected-error@+1 {{memory layer 0 does not exist: there are 0}}
module {
func.func @forward(%x: tensor<1xf32>) -> tensor<1xf32> {
  return %x : tensor<1xf32>
}
}

// -----

func.func @forward(%q: tensor<?x2x4xf32>, %cu: tensor<?xi32>) -> tensor<?x2x4xf32> {
  // expected-error@+1 {{'lm.packed_attention' op expected causal attention, keys and queries both rotated (lm.rope) or both not}}
  %a, %l = lm.packed_attention %q, %q, %q, %cu, %cu {scale = 0.5 : f64}
    : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  return %a : tensor<?x2x4xf32>
}
