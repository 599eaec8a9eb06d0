// What products and the transpose refuse.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// product_c1
func.func @f(%x: tensor<2x4xf32>, %w: tensor<4x3xbf16>) {
  // expected-error@+1 {{'lm.product' op expected operands of one rank and element type and a result of that rank, got 'tensor<2x4xf32>' and 'tensor<4x3xbf16>'}}
  %0 = lm.product %x, %w : (tensor<2x4xf32>, tensor<4x3xbf16>) -> tensor<2x3xf32>
  return
}

// -----

// product_c1
func.func @f(%x: tensor<2x4xf32>, %w: tensor<2x2x3xf32>) {
  // expected-error@+1 {{'lm.product' op expected operands of one rank and element type and a result of that rank, got 'tensor<2x4xf32>' and 'tensor<2x2x3xf32>'}}
  %0 = lm.product %x, %w : (tensor<2x4xf32>, tensor<2x2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

// product_c2
func.func @f(%x: tensor<2x2x3xf32>, %w: tensor<3x3x4xf32>) {
  // expected-error@+1 {{'lm.product' op expected a weight of 2x3x4, got 'tensor<3x3x4xf32>'}}
  %0 = lm.product %x, %w : (tensor<2x2x3xf32>, tensor<3x3x4xf32>) -> tensor<2x2x4xf32>
  return
}

// -----

// product_c3
func.func @f(%x: tensor<2x4xf32>, %w: tensor<3x4xf32>) {
  // expected-error@+1 {{'lm.product' op expected a weight of 4x4, got 'tensor<3x4xf32>'}}
  %0 = lm.product %x, %w : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

// product_c4
func.func @f(%x: tensor<2x4xf32>, %w: tensor<4x3xf32>) {
  // expected-error@+1 {{'lm.product' op expected a result of 2x3, got 'tensor<2x4xf32>'}}
  %0 = lm.product %x, %w : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

// row_product_c1
func.func @f(%x: tensor<2x4xf32>, %y: tensor<2x2x3xf32>) {
  // expected-error@+1 {{'lm.row_product' op expected operands of one rank and element type and a result of that rank, got 'tensor<2x4xf32>' and 'tensor<2x2x3xf32>'}}
  %0 = lm.row_product %x, %y : (tensor<2x4xf32>, tensor<2x2x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

// row_product_c2
func.func @f(%x: tensor<2x4xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{'lm.row_product' op expected y of 2x4, got 'tensor<3x4xf32>'}}
  %0 = lm.row_product %x, %y : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<4x4xf32>
  return
}

// -----

// row_product_c3
func.func @f(%x: tensor<2x4xf32>, %y: tensor<2x3xf32>) {
  // expected-error@+1 {{'lm.row_product' op expected a result of 4x3, got 'tensor<3x4xf32>'}}
  %0 = lm.row_product %x, %y : (tensor<2x4xf32>, tensor<2x3xf32>) -> tensor<3x4xf32>
  return
}

// -----

// transpose_c1
func.func @f(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'lm.transpose' op expected a result of 4x2, got 'tensor<2x4xf32>'}}
  %0 = lm.transpose %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

// transpose_c1
func.func @f(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'lm.transpose' op expected a result of 'f32', got 'tensor<4x2xbf16>'}}
  %0 = lm.transpose %x : (tensor<2x4xf32>) -> tensor<4x2xbf16>
  return
}
