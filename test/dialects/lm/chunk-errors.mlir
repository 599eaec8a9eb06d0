// What chunk pooling refuses.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// chunk_pool_c1
func.func @f(%x: tensor<?x8xf32>, %cu: tensor<?xi32>) {
  // expected-error@+1 {{'lm.chunk_pool' op expected seeds, wk and wv for pma and for nothing else}}
  %0 = lm.chunk_pool pma %x, %cu : (tensor<?x8xf32>, tensor<?xi32>) -> tensor<?x8xf32>
  return
}

// -----

// chunk_pool_c1
func.func @f(%x: tensor<?x8xf32>, %cu: tensor<?xi32>, %s: tensor<2x6xf32>, %w: tensor<6x6xf32>) {
  // expected-error@+1 {{'lm.chunk_pool' op expected wk of 6x8, got 'tensor<6x6xf32>'}}
  %0 = lm.chunk_pool pma %x, %cu seeds %s, %w, %w : (tensor<?x8xf32>, tensor<?xi32>, tensor<2x6xf32>, tensor<6x6xf32>, tensor<6x6xf32>) -> tensor<?x6xf32>
  return
}

// -----

// chunk_pool_c2
func.func @f(%x: tensor<?x8xf32>, %cu: tensor<?xi32>) {
  // expected-error@+1 {{'lm.chunk_pool' op expected num_heads to divide 8, got 3}}
  %0 = lm.chunk_pool mean %x, %cu {num_heads = 3 : i64} : (tensor<?x8xf32>, tensor<?xi32>) -> tensor<?x8xf32>
  return
}

// -----

// chunk_pool_c3
func.func @f(%x: tensor<?x8xf32>, %cu: tensor<?xi32>) {
  // expected-error@+1 {{'lm.chunk_pool' op expected a result of 8 columns, got 'tensor<?x7xf32>'}}
  %0 = lm.chunk_pool mean %x, %cu : (tensor<?x8xf32>, tensor<?xi32>) -> tensor<?x7xf32>
  return
}

// -----

// chunk_pool_c2
func.func @f(%x: tensor<?x0xf32>, %cu: tensor<?xi32>) {
  // expected-error@+1 {{'lm.chunk_pool' op expected rows of a known, positive width, got 'tensor<?x0xf32>'}}
  %0 = lm.chunk_pool mean %x, %cu : (tensor<?x0xf32>, tensor<?xi32>) -> tensor<?x0xf32>
  return
}

// -----

// chunk_pool_c4
func.func @f(%x: tensor<?x8xf32>, %cu: tensor<?xi32>) {
  // expected-error@+1 {{'lm.chunk_pool' op expected tokens_per_chunk of 1 or more for cls and last, of 1 otherwise, got 2}}
  %0 = lm.chunk_pool mean %x, %cu {tokens_per_chunk = 2 : i64} : (tensor<?x8xf32>, tensor<?xi32>) -> tensor<?x8xf32>
  return
}

// -----

// chunk_pool_c4
func.func @f(%x: tensor<?x8xf32>, %cu: tensor<?xi32>) {
  // expected-error@+1 {{'lm.chunk_pool' op expected tokens_per_chunk of 1 or more for cls and last, of 1 otherwise, got 0}}
  %0 = lm.chunk_pool last %x, %cu {tokens_per_chunk = 0 : i64} : (tensor<?x8xf32>, tensor<?xi32>) -> tensor<?x8xf32>
  return
}
