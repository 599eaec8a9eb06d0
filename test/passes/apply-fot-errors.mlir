// What a memory cannot be added to.
// RUN: not longc-opt %S/inputs/decoder.mlir.in --longc-apply-fot=mem-layers=2 2>&1 | FileCheck %s --check-prefix=LAYER
// RUN: not longc-opt %S/inputs/decoder.mlir.in --longc-apply-fot=mem-layers=1,x 2>&1 | FileCheck %s --check-prefix=LIST
// RUN: not longc-opt %S/inputs/decoder.mlir.in --longc-apply-fot=topk=-1 2>&1 | FileCheck %s --check-prefix=TOPK
// RUN: longc-opt %s --longc-apply-fot -split-input-file -verify-diagnostics
// LAYER: error: memory layer 2 does not exist: no cache argument has lm.layer = 2
// LIST: error: expected mem-layers to be 'all' or layer numbers with commas, got '1,x'
// TOPK: error: expected topk of 0 (all entries) or more, got -1

// expected-error @+1 {{expected attention to a cache somewhere, to which a memory could be added}}
module {
}

// -----

func.func @no_rotation(%q: tensor<?x2x32xf32>, %segments: tensor<?x8xi32> {lm.input = "segments"},
                       %cache: !lm.cache<2x32xf32> {lm.input = "cache", lm.layer = 0 : i64}) -> tensor<?x2x32xf32> {
  // expected-error @+1 {{expected keys that are appended, and keys and queries both rotated (lm.rope) or both not, to find what they were before}}
  %out, %lse = lm.window_attention %q, %cache, %segments {scale = 1.0 : f64}
    : (tensor<?x2x32xf32>, !lm.cache<2x32xf32>, tensor<?x8xi32>) -> (tensor<?x2x32xf32>, tensor<2x?xf32>)
  return %out : tensor<?x2x32xf32>
}
