// What changes of shape refuse.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// split_heads_c1
func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'lm.split_heads' op expected heads that fill the columns of 'tensor<?x8xf32>', got 'tensor<?x2x3xf32>'}}
  %0 = lm.split_heads %x : (tensor<?x8xf32>) -> tensor<?x2x3xf32>
  return
}

// -----

// merge_heads_c1
func.func @f(%x: tensor<?x4x8xf32>) {
  // expected-error@+1 {{'lm.merge_heads' op expected columns that hold the heads of 'tensor<?x4x8xf32>', got 'tensor<?x30xf32>'}}
  %0 = lm.merge_heads %x : (tensor<?x4x8xf32>) -> tensor<?x30xf32>
  return
}

// -----

// slice_columns_c1
func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'lm.slice_columns' op expected columns of 'tensor<?x8xf32>', got [4, 9)}}
  %0 = lm.slice_columns %x {begin = 4 : i64, end = 9 : i64} : (tensor<?x8xf32>) -> tensor<?x5xf32>
  return
}

// -----

// slice_columns_c2
func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'lm.slice_columns' op expected a result of ?x4, got 'tensor<?x5xf32>'}}
  %0 = lm.slice_columns %x {begin = 4 : i64, end = 8 : i64} : (tensor<?x8xf32>) -> tensor<?x5xf32>
  return
}

// -----

// slice_columns_c2
func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'lm.slice_columns' op expected a result of 'f32', got 'tensor<?x4xbf16>'}}
  %0 = lm.slice_columns %x {begin = 4 : i64, end = 8 : i64} : (tensor<?x8xf32>) -> tensor<?x4xbf16>
  return
}

// -----

// pad_columns_c1
func.func @f(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'lm.pad_columns' op expected 'tensor<2x4xf32>' to fit at column 3 of 'tensor<2x6xf32>'}}
  %0 = lm.pad_columns %x {begin = 3 : i64} : (tensor<2x4xf32>) -> tensor<2x6xf32>
  return
}

// -----

// pad_columns_c2
func.func @f(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'lm.pad_columns' op expected a result of 2x6, got 'tensor<3x6xf32>'}}
  %0 = lm.pad_columns %x {begin = 1 : i64} : (tensor<2x4xf32>) -> tensor<3x6xf32>
  return
}

// -----

// reshape_c1
func.func @f(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'lm.reshape' op expected a result with the elements of 'tensor<2x4xf32>', got 'tensor<2x2x3xf32>'}}
  %0 = lm.reshape %x : (tensor<2x4xf32>) -> tensor<2x2x3xf32>
  return
}

// -----

// reshape_c1
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{'lm.reshape' op expected a result with the elements of 'tensor<?x4xf32>', got 'tensor<4x?xf32>'}}
  %0 = lm.reshape %x : (tensor<?x4xf32>) -> tensor<4x?xf32>
  return
}
