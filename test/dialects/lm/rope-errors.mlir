// What rotary positions refuse.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// rope_c1
func.func @f(%x: tensor<?x4x8xf32>, %p: tensor<?xi32>) {
  // expected-error@+1 {{'lm.rope' op expected a result of ?x4x8, got 'tensor<?x2x8xf32>'}}
  %0 = lm.rope %x, %p {theta = 1.0e4 : f64, dim = 8 : i64} : (tensor<?x4x8xf32>, tensor<?xi32>) -> tensor<?x2x8xf32>
  return
}

// -----

// rope_c2
func.func @f(%y: tensor<3x4x8xf32>, %p: tensor<2xi32>) {
  // expected-error@+1 {{'lm.rope' op expected positions of 3, got 'tensor<2xi32>'}}
  %0 = lm.rope %y, %p {theta = 1.0e4 : f64, dim = 8 : i64} : (tensor<3x4x8xf32>, tensor<2xi32>) -> tensor<3x4x8xf32>
  return
}

// -----

// rope_c3
func.func @f(%x: tensor<?x4x8xf32>, %p: tensor<?xi32>) {
  // expected-error@+1 {{'lm.rope' op expected an even dim of at most 8, got 10}}
  %0 = lm.rope %x, %p {theta = 1.0e4 : f64, dim = 10 : i64} : (tensor<?x4x8xf32>, tensor<?xi32>) -> tensor<?x4x8xf32>
  return
}

// -----

// rope_c4
func.func @f(%x: tensor<?x4x8xf32>, %p: tensor<?xi32>) {
  // expected-error@+1 {{'lm.rope' op expected positive theta and scale}}
  %0 = lm.rope %x, %p {theta = 0.0 : f64, dim = 8 : i64} : (tensor<?x4x8xf32>, tensor<?xi32>) -> tensor<?x4x8xf32>
  return
}

// -----

// rope_c5
func.func @f(%x: tensor<?x4x8xf32>, %p: tensor<?xi32>) {
  // expected-error@+1 {{'lm.rope' op expected no factors or 4 positive ones, got 3}}
  %0 = lm.rope %x, %p {theta = 1.0e4 : f64, dim = 8 : i64, factors = array<f64: 1.0, 1.0, 1.0>} : (tensor<?x4x8xf32>, tensor<?xi32>) -> tensor<?x4x8xf32>
  return
}

// -----

// rope_c5
func.func @f(%p: tensor<?xi32>) {
  // expected-error@+1 {{'lm.rope_angles' op expected no factors or 2 positive ones, got 2}}
  %0 = lm.rope_angles %p {theta = 1.0e4 : f64, dim = 4 : i64, factors = array<f64: 1.0, 0.0>} : (tensor<?xi32>) -> tensor<?x4xf32>
  return
}

// -----

// rope_angles_c1
func.func @f(%p: tensor<?xi32>) {
  // expected-error@+1 {{'lm.rope_angles' op expected a result of ?x8, got 'tensor<?x4xf32>'}}
  %0 = lm.rope_angles %p {theta = 1.0e4 : f64, dim = 8 : i64} : (tensor<?xi32>) -> tensor<?x4xf32>
  return
}

// -----

// apply_rope_c1
func.func @f(%x: tensor<?x4x8xf32>, %a: tensor<?x8xf32>) {
  // expected-error@+1 {{'lm.apply_rope' op expected a result of ?x4x8, got 'tensor<?x2x8xf32>'}}
  %0 = lm.apply_rope %x, %a : (tensor<?x4x8xf32>, tensor<?x8xf32>) -> tensor<?x2x8xf32>
  return
}

// -----

// apply_rope_c2
func.func @f(%x: tensor<?x4x8xf32>, %a: tensor<?x16xf32>) {
  // expected-error@+1 {{'lm.apply_rope' op expected an even number of angles of at most 8, got 'tensor<?x16xf32>'}}
  %0 = lm.apply_rope %x, %a : (tensor<?x4x8xf32>, tensor<?x16xf32>) -> tensor<?x4x8xf32>
  return
}
