// State that is still an op's is refused with the op's name.
// RUN: longc-opt %s --longc-lower-state -split-input-file -verify-diagnostics

func.func @untiled(%segments: tensor<?x8xi32>, %cache: !lm.cache<2x32xbf16>) -> !lm.cache<2x32xbf16> {
  // expected-error @+1 {{still works on a cache or memory: expected it to be tiled into a kernel first}}
  %c = lm.cache_reset %cache, %segments : (!lm.cache<2x32xbf16>, tensor<?x8xi32>) -> !lm.cache<2x32xbf16>
  return %c : !lm.cache<2x32xbf16>
}
