// What picking and placing rows refuse.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// embedding_c1
func.func @f(%t: tensor<?xi32>, %w: tensor<8xf32>) {
  // expected-error@+1 {{'lm.embedding' op expected the table to be a matrix, got 'tensor<8xf32>'}}
  %0 = lm.embedding %t, %w : (tensor<?xi32>, tensor<8xf32>) -> tensor<?x8xf32>
  return
}

// -----

// embedding_c2
func.func @f(%t: tensor<?xi32>, %w: tensor<5x8xf32>) {
  // expected-error@+1 {{'lm.embedding' op expected a result of ?x8, got 'tensor<?x9xf32>'}}
  %0 = lm.embedding %t, %w : (tensor<?xi32>, tensor<5x8xf32>) -> tensor<?x9xf32>
  return
}

// -----

// gather_rows_c1
func.func @f(%x: tensor<?x8xf32>, %t: tensor<2xi32>) {
  // expected-error@+1 {{'lm.gather_rows' op expected a result of 2x8, got 'tensor<3x8xf32>'}}
  %0 = lm.gather_rows %x, %t : (tensor<?x8xf32>, tensor<2xi32>) -> tensor<3x8xf32>
  return
}

// -----

// gather_rows_c1
func.func @f(%x: tensor<?x8xf32>, %t: tensor<2xi32>) {
  // expected-error@+1 {{'lm.gather_rows' op expected a result of 'f32', got 'tensor<2x8xbf16>'}}
  %0 = lm.gather_rows %x, %t : (tensor<?x8xf32>, tensor<2xi32>) -> tensor<2x8xbf16>
  return
}

// -----

// scatter_rows_c1
func.func @f(%x: tensor<?x8xf32>, %s: tensor<2x8xf32>, %t: tensor<2xi32>) {
  // expected-error@+1 {{'lm.scatter_rows' op expected a result of 'tensor<?x8xf32>', got 'tensor<?x9xf32>'}}
  %0 = lm.scatter_rows %x, %s, %t : (tensor<?x8xf32>, tensor<2x8xf32>, tensor<2xi32>) -> tensor<?x9xf32>
  return
}

// -----

// scatter_rows_c2
func.func @f(%x: tensor<?x8xf32>, %s: tensor<2x9xf32>, %t: tensor<2xi32>) {
  // expected-error@+1 {{'lm.scatter_rows' op expected soft tokens with the columns and element type of 'tensor<?x8xf32>', got 'tensor<2x9xf32>'}}
  %0 = lm.scatter_rows %x, %s, %t : (tensor<?x8xf32>, tensor<2x9xf32>, tensor<2xi32>) -> tensor<?x8xf32>
  return
}

// -----

// scatter_rows_c3
func.func @f(%x: tensor<?x8xf32>, %s: tensor<2x8xf32>, %t: tensor<3xi32>) {
  // expected-error@+1 {{'lm.scatter_rows' op expected destinations of 2, got 'tensor<3xi32>'}}
  %0 = lm.scatter_rows %x, %s, %t : (tensor<?x8xf32>, tensor<2x8xf32>, tensor<3xi32>) -> tensor<?x8xf32>
  return
}

// -----

// scatter_add_c1
func.func @f(%x: tensor<5x3xf32>, %r: tensor<2x3xf32>, %i: tensor<2xi32>) {
  // expected-error@+1 {{'lm.scatter_add' op expected a result of 'tensor<5x3xf32>', got 'tensor<4x3xf32>'}}
  %0 = lm.scatter_add %x, %r, %i : (tensor<5x3xf32>, tensor<2x3xf32>, tensor<2xi32>) -> tensor<4x3xf32>
  return
}

// -----

// scatter_add_c2
func.func @f(%x: tensor<5x3xf32>, %r: tensor<2x4xf32>, %i: tensor<2xi32>) {
  // expected-error@+1 {{'lm.scatter_add' op expected rows with the columns of 'tensor<5x3xf32>', got 'tensor<2x4xf32>'}}
  %0 = lm.scatter_add %x, %r, %i : (tensor<5x3xf32>, tensor<2x4xf32>, tensor<2xi32>) -> tensor<5x3xf32>
  return
}

// -----

// scatter_add_c3
func.func @f(%x: tensor<5x3xf32>, %r: tensor<2x3xf32>, %i: tensor<3xi32>) {
  // expected-error@+1 {{'lm.scatter_add' op expected indices of 2, got 'tensor<3xi32>'}}
  %0 = lm.scatter_add %x, %r, %i : (tensor<5x3xf32>, tensor<2x3xf32>, tensor<3xi32>) -> tensor<5x3xf32>
  return
}
