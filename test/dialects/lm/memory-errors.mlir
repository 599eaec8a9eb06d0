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

// -----

// gated_memory_c1
func.func @f(%a: tensor<?x2x4xf32>, %w1: tensor<2x4x3xf32>, %w2: tensor<2x3x4xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{'lm.gated_memory' op expected out of ?x2x4, got 'tensor<?x2x5xf32>'}}
  %0 = lm.gated_memory %a, %a reads (%w1, %w2) gate (%b) : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2x4x3xf32>, tensor<2x3x4xf32>, tensor<2xf32>) -> tensor<?x2x5xf32>
  return
}

// -----

// gated_memory_c2
func.func @f(%a: tensor<?x2x4xf32>, %w1: tensor<2x4x3xf32>, %w2: tensor<2x3x4xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{'lm.gated_memory' op expected 1 memory operands for external, got 2}}
  %0 = lm.gated_memory %a, %a reads kind external (%w1, %w2) gate (%b) : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2x4x3xf32>, tensor<2x3x4xf32>, tensor<2xf32>) -> tensor<?x2x4xf32>
  return
}

// -----

// gated_memory_c2
func.func @f(%a: tensor<?x2x4xf32>, %w1: tensor<2x4x3xf32>, %w2: tensor<2x3x4xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{'lm.gated_memory' op expected w2 of 2x3x4, got 'tensor<2x4x3xf32>'}}
  %0 = lm.gated_memory %a, %a reads (%w1, %w1) gate (%b) : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2x4x3xf32>, tensor<2x4x3xf32>, tensor<2xf32>) -> tensor<?x2x4xf32>
  return
}

// -----

// gated_memory_c3
func.func @f(%a: tensor<?x2x4xf32>, %w1: tensor<2x4x3xf32>, %w2: tensor<2x3x4xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{'lm.gated_memory' op expected gate operands (u1, u2) or (beta), got 0}}
  %0 = lm.gated_memory %a, %a reads (%w1, %w2) gate () : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2x4x3xf32>, tensor<2x3x4xf32>) -> tensor<?x2x4xf32>
  return
}

// -----

// gated_memory_c3
func.func @f(%a: tensor<?x2x4xf32>, %w1: tensor<2x4x3xf32>, %w2: tensor<2x3x4xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{'lm.gated_memory' op expected beta of 2, got 'tensor<3xf32>'}}
  %0 = lm.gated_memory %a, %a reads (%w1, %w2) gate (%b) : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2x4x3xf32>, tensor<2x3x4xf32>, tensor<3xf32>) -> tensor<?x2x4xf32>
  return
}

// -----

// gated_memory_c4
func.func @f(%a: tensor<5x2x4xf32>, %w1: tensor<2x4x3xf32>, %w2: tensor<2x3x4xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{'lm.gated_memory' op expected a mask of 5, got 'tensor<2xf32>'}}
  %0 = lm.gated_memory %a, %a reads (%w1, %w2) gate (%b) mask %b : (tensor<5x2x4xf32>, tensor<5x2x4xf32>, tensor<2x4x3xf32>, tensor<2x3x4xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<5x2x4xf32>
  return
}

// -----

// gated_memory_c5
func.func @f(%a: tensor<?x2x4xf32>, %w1: tensor<2x4x3xf32>, %w2: tensor<2x3x4xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{'lm.gated_memory' op expected a gate of ?x2, got 'tensor<?x3xf32>'}}
  %0:2 = lm.gated_memory %a, %a reads (%w1, %w2) gate (%b) : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2x4x3xf32>, tensor<2x3x4xf32>, tensor<2xf32>) -> (tensor<?x2x4xf32>, tensor<?x3xf32>)
  return
}
