// What plain arithmetic refuses.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// elementwise_c1
func.func @f(%x: tensor<2x4xf32>, %y: tensor<2x3xf32>) {
  // expected-error@+1 {{'lm.multiply' op expected an operand of 2x4, got 'tensor<2x3xf32>'}}
  %0 = lm.multiply %x, %y : (tensor<2x4xf32>, tensor<2x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

// elementwise_c1
func.func @f(%x: tensor<2x4xf32>, %y: tensor<2x3xf32>) {
  // expected-error@+1 {{'lm.silu_gradient' op expected an operand of 2x4, got 'tensor<2x3xf32>'}}
  %0 = lm.silu_gradient %x, %y : (tensor<2x4xf32>, tensor<2x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

// elementwise_c1
func.func @f(%x: tensor<2x4xf32>, %y: tensor<2x3xf32>) {
  // expected-error@+1 {{'lm.gelu_gradient' op expected an operand of 2x4, got 'tensor<2x3xf32>'}}
  %0 = lm.gelu_gradient %x, %y : (tensor<2x4xf32>, tensor<2x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

// elementwise_c1
func.func @f(%x: tensor<2x4xf32>, %y: tensor<2x3xf32>) {
  // expected-error@+1 {{'lm.merge_weight' op expected an operand of 2x4, got 'tensor<2x3xf32>'}}
  %0 = lm.merge_weight %x, %y : (tensor<2x4xf32>, tensor<2x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

// elementwise_c1
func.func @f(%y: tensor<2x3xf32>) {
  // expected-error@+1 {{'lm.sigmoid' op expected an operand of 2x4, got 'tensor<2x3xf32>'}}
  %0 = lm.sigmoid %y : (tensor<2x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

// elementwise_c1
func.func @f(%y: tensor<2x3xf32>) {
  // expected-error@+1 {{'lm.silu' op expected an operand of 2x4, got 'tensor<2x3xf32>'}}
  %0 = lm.silu %y : (tensor<2x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

// elementwise_c1
func.func @f(%y: tensor<2x3xf32>) {
  // expected-error@+1 {{'lm.fill' op expected an operand of 2x4, got 'tensor<2x3xf32>'}}
  %0 = lm.fill %y {value = 0.0 : f64} : (tensor<2x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

// scale_rows_c1
func.func @f(%x: tensor<2x4xf32>, %f: tensor<2xf32>) {
  // expected-error@+1 {{'lm.scale_rows' op expected a result of 2x4, got 'tensor<2x3xf32>'}}
  %0 = lm.scale_rows %x, %f : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  return
}

// -----

// scale_rows_c2
func.func @f(%x: tensor<2x4xf32>, %f: tensor<4xf32>) {
  // expected-error@+1 {{'lm.scale_rows' op expected factors of 2, got 'tensor<4xf32>'}}
  %0 = lm.scale_rows %x, %f : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return
}

// -----

// scale_columns_c1
func.func @f(%x: tensor<2x4xf32>, %f: tensor<4xf32>) {
  // expected-error@+1 {{'lm.scale_columns' op expected a result of 2x4, got 'tensor<2x3xf32>'}}
  %0 = lm.scale_columns %x, %f : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x3xf32>
  return
}

// -----

// scale_columns_c2
func.func @f(%x: tensor<2x4xf32>, %f: tensor<2xf32>) {
  // expected-error@+1 {{'lm.scale_columns' op expected factors of 4, got 'tensor<2xf32>'}}
  %0 = lm.scale_columns %x, %f : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  return
}

// -----

// scale_by_c1
func.func @f(%x: tensor<2x4xf32>, %f: tensor<1xf32>) {
  // expected-error@+1 {{'lm.scale_by' op expected a result of 2x4, got 'tensor<2x3xf32>'}}
  %0 = lm.scale_by %x, %f : (tensor<2x4xf32>, tensor<1xf32>) -> tensor<2x3xf32>
  return
}

// -----

// scale_by_c2
func.func @f(%x: tensor<2x4xf32>, %f: tensor<2xf32>) {
  // expected-error@+1 {{'lm.scale_by' op expected a factor of 1, got 'tensor<2xf32>'}}
  %0 = lm.scale_by %x, %f : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  return
}

// -----

// sum_rows_c1
func.func @f(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'lm.sum_rows' op expected a result of 4, got 'tensor<2xf32>'}}
  %0 = lm.sum_rows %x : (tensor<2x4xf32>) -> tensor<2xf32>
  return
}

// -----

// dot_rows_c1
func.func @f(%x: tensor<2x4xf32>, %y: tensor<2x3xf32>) {
  // expected-error@+1 {{'lm.dot_rows' op expected y of 2x4, got 'tensor<2x3xf32>'}}
  %0 = lm.dot_rows %x, %y : (tensor<2x4xf32>, tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----

// dot_rows_c2
func.func @f(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'lm.dot_rows' op expected a result of 2, got 'tensor<4xf32>'}}
  %0 = lm.dot_rows %x, %x : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4xf32>
  return
}

// -----

// dot_c1
func.func @f(%x: tensor<2x4xf32>, %y: tensor<2x3xf32>) {
  // expected-error@+1 {{'lm.dot' op expected y of 2x4, got 'tensor<2x3xf32>'}}
  %0 = lm.dot %x, %y : (tensor<2x4xf32>, tensor<2x3xf32>) -> tensor<1xf32>
  return
}

// -----

// dot_c2
func.func @f(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'lm.dot' op expected a result of 1, got 'tensor<2xf32>'}}
  %0 = lm.dot %x, %x : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2xf32>
  return
}
