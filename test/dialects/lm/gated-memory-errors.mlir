// What a gated memory refuses.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

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
  // expected-error@+1 {{'lm.gated_memory' op expected gate operands (u1, u2) or z, got 0}}
  %0 = lm.gated_memory %a, %a reads (%w1, %w2) gate () : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2x4x3xf32>, tensor<2x3x4xf32>) -> tensor<?x2x4xf32>
  return
}

// -----

// gated_memory_c3
func.func @f(%a: tensor<?x2x4xf32>, %w1: tensor<2x4x3xf32>, %w2: tensor<2x3x4xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{'lm.gated_memory' op expected z of ?x2, 2 or 1, got 'tensor<3xf32>'}}
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

// -----

// gated_memory_c2
func.func @f(%a: tensor<?x2x4xf32>, %s: tensor<3x4x4xf32>, %n: tensor<3x4xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{'lm.gated_memory' op expected a state whose heads divide 2, got 'tensor<3x4x4xf32>'}}
  %0 = lm.gated_memory %a, %a reads kind linear_state (%s, %n) gate (%b) : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<3x4x4xf32>, tensor<3x4xf32>, tensor<2xf32>) -> tensor<?x2x4xf32>
  return
}

// -----

// gated_memory_c5
func.func @f(%a: tensor<?x2x4xf32>, %s: tensor<2x4x4xf32>, %n: tensor<2x4xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{'lm.gated_memory' op expected 2 further results, and a gate if asked for, got 0}}
  %0 = lm.gated_memory %a, %a reads kind linear_state (%s, %n) gate (%b) writes add (%a, %a) : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2x4x4xf32>, tensor<2x4xf32>, tensor<2xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>) -> tensor<?x2x4xf32>
  return
}

// -----

// gated_memory_c5
func.func @f(%a: tensor<?x2x4xf32>, %s: tensor<2x4x4xf32>, %n: tensor<2x4xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{'lm.gated_memory' op expected a new norm of 2x4, got 'tensor<2x5xf32>'}}
  %0:3 = lm.gated_memory %a, %a reads kind linear_state (%s, %n) gate (%b) writes add (%a, %a) : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2x4x4xf32>, tensor<2x4xf32>, tensor<2xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>) -> (tensor<?x2x4xf32>, tensor<2x4x4xf32>, tensor<2x5xf32>)
  return
}

// -----

// gated_memory_c6
func.func @f(%a: tensor<?x2x4xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{'lm.gated_memory' op expected a linear state where it is written or has sequences}}
  %0 = lm.gated_memory %a, %a reads kind external (%a) gate (%b) writes add (%a, %a) : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>) -> tensor<?x2x4xf32>
  return
}

// -----

// gated_memory_c6
func.func @f(%a: tensor<?x2x4xf32>, %s: tensor<2x4x4xf32>, %n: tensor<2x4xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{'lm.gated_memory' op expected keys and values to write, got 1 operands}}
  %0:3 = lm.gated_memory %a, %a reads kind linear_state (%s, %n) gate (%b) writes delta (%a) : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2x4x4xf32>, tensor<2x4xf32>, tensor<2xf32>, tensor<?x2x4xf32>) -> (tensor<?x2x4xf32>, tensor<2x4x4xf32>, tensor<2x4xf32>)
  return
}

// -----

// gated_memory_c6
func.func @f(%a: tensor<?x2x4xf32>, %k: tensor<?x1x4xf32>, %s: tensor<2x4x4xf32>, %n: tensor<2x4xf32>, %b: tensor<2xf32>) {
  // expected-error@+1 {{'lm.gated_memory' op expected keys and values of ?x2x4, got 'tensor<?x1x4xf32>'}}
  %0:3 = lm.gated_memory %a, %a reads kind linear_state (%s, %n) gate (%b) writes delta (%k, %a) : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2x4x4xf32>, tensor<2x4xf32>, tensor<2xf32>, tensor<?x1x4xf32>, tensor<?x2x4xf32>) -> (tensor<?x2x4xf32>, tensor<2x4x4xf32>, tensor<2x4xf32>)
  return
}

// -----

// ragged_c1
func.func @f(%a: tensor<?x2x4xf32>, %s: tensor<2x2x4x4xf32>, %n: tensor<2x2x4xf32>, %b: tensor<2xf32>) {
  %cu = arith.constant dense<[0, 1, 2]> : tensor<3xi32>
  // expected-error@+1 {{'lm.gated_memory' op expected cu_seqlens to be a function argument, so that the host knows it}}
  %0 = lm.gated_memory %a, %a reads kind linear_state (%s, %n) gate (%b) sequences %cu : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<2x2x4x4xf32>, tensor<2x2x4xf32>, tensor<2xf32>, tensor<3xi32>) -> tensor<?x2x4xf32>
  return
}
