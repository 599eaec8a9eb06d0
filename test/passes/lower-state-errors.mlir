// State that is still an op's is refused with the op's name.
// RUN: longc-opt %s --longc-lower-state -split-input-file -verify-diagnostics

func.func @untiled(%segments: tensor<?x8xi32>, %cache: !lm.cache<2x32xbf16>) -> !lm.cache<2x32xbf16> {
  // expected-error @+1 {{'lm.cache_reset' op is in no kernel, and no pass makes one of it: an element-wise op needs ElementwiseOpInterface, another row-wise op a place in RowOps (passes/RowTiles.h), a product or an attention one in longc-tile-linear or longc-tile-attention}}
  %c = lm.cache_reset %cache, %segments : (!lm.cache<2x32xbf16>, tensor<?x8xi32>) -> !lm.cache<2x32xbf16>
  return %c : !lm.cache<2x32xbf16>
}

// -----

func.func @not_run(%k: tensor<?x2x32xf32>, %v: tensor<?x2x32xf32>, %segments: tensor<?x8xi32>, %cache: !lm.cache<2x32xbf16>) -> !lm.cache<2x32xbf16> {
  // expected-error @+1 {{'lm.cache_append' op is in no kernel: expected longc-tile-streaming, which makes one of it, to have run}}
  %c = lm.cache_append %cache, %k, %v, %segments : (!lm.cache<2x32xbf16>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x8xi32>) -> !lm.cache<2x32xbf16>
  return %c : !lm.cache<2x32xbf16>
}
