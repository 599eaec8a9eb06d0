// What state and gated memory refuse.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// append_c1
func.func @f(%c: !lm.cache<2x8xbf16>, %k: tensor<?x2x4xf32>, %v: tensor<?x2x8xf32>, %s: tensor<?x8xi32>) {
  // expected-error@+1 {{'lm.cache_append' op expected keys and values of ?x2x8, got 'tensor<?x2x4xf32>'}}
  %0 = lm.cache_append %c, %k, %v, %s : (!lm.cache<2x8xbf16>, tensor<?x2x4xf32>, tensor<?x2x8xf32>, tensor<?x8xi32>) -> !lm.cache<2x8xbf16>
  return
}

// -----

// append_c2
func.func @f(%m: !lm.memory<2x8xbf16>, %k: tensor<?x2x8xf32>, %v: tensor<?x2x8xf32>, %s: tensor<?x8xi32>) {
  // expected-error@+1 {{'lm.memory_append' op expected a result of '!lm.memory<2x8xbf16>', got '!lm.memory<2x8xf32>'}}
  %0 = lm.memory_append %m, %k, %v, %s : (!lm.memory<2x8xbf16>, tensor<?x2x8xf32>, tensor<?x2x8xf32>, tensor<?x8xi32>) -> !lm.memory<2x8xf32>
  return
}

// -----

// reset_c1
func.func @f(%c: !lm.cache<2x8xbf16>, %s: tensor<?x8xi32>) {
  // expected-error@+1 {{'lm.cache_reset' op expected a result of '!lm.cache<2x8xbf16>', got '!lm.cache<2x8xf32>'}}
  %0 = lm.cache_reset %c, %s : (!lm.cache<2x8xbf16>, tensor<?x8xi32>) -> !lm.cache<2x8xf32>
  return
}

// -----

// reset_c1
func.func @f(%m: !lm.memory<2x8xbf16>, %s: tensor<?x8xi32>) {
  // expected-error@+1 {{'lm.memory_reset' op expected a result of '!lm.memory<2x8xbf16>', got '!lm.memory<2x8xf32>'}}
  %0 = lm.memory_reset %m, %s : (!lm.memory<2x8xbf16>, tensor<?x8xi32>) -> !lm.memory<2x8xf32>
  return
}

// -----

// reset_c1
func.func @f(%m: !lm.memory<2x8xbf16>, %s: tensor<?x8xi32>) {
  // expected-error@+1 {{'lm.memory_evict' op expected a result of '!lm.memory<2x8xbf16>', got '!lm.memory<2x8xf32>'}}
  %0 = lm.memory_evict %m, %s : (!lm.memory<2x8xbf16>, tensor<?x8xi32>) -> !lm.memory<2x8xf32>
  return
}
