// What the gradients of norms and of the loss refuse.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// norm_gradient_c1
func.func @f(%x: tensor<2x4xf32>, %w: tensor<4xf32>, %g: tensor<2x3xf32>) {
  // expected-error@+1 {{'lm.rms_norm_gradient' op expected a gradient of 2x4, got 'tensor<2x3xf32>'}}
  %0:2 = lm.rms_norm_gradient %x, %w, %g {epsilon = 0.0 : f64} : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x3xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
  return
}

// -----

// norm_gradient_c1
func.func @f(%x: tensor<2x4xf32>, %w: tensor<4xf32>) {
  // expected-error@+1 {{'lm.rms_norm_gradient' op expected a result of 2x4, got 'tensor<2x3xf32>'}}
  %0:2 = lm.rms_norm_gradient %x, %w, %x {epsilon = 0.0 : f64} : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x3xf32>)
  return
}

// -----

// norm_gradient_c2
func.func @f(%x: tensor<2x4xf32>, %w: tensor<2xf32>) {
  // expected-error@+1 {{'lm.rms_norm_gradient' op expected a weight of 4, got 'tensor<2xf32>'}}
  %0:2 = lm.rms_norm_gradient %x, %w, %x {epsilon = 0.0 : f64} : (tensor<2x4xf32>, tensor<2xf32>, tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
  return
}

// -----

// norm_gradient_c3
func.func @f(%x: tensor<2x4xf32>, %w: tensor<4xf32>) {
  // expected-error@+1 {{'lm.rms_norm_gradient' op expected epsilon >= 0, got -1.000000e+00 : f64}}
  %0:2 = lm.rms_norm_gradient %x, %w, %x {epsilon = -1.0 : f64} : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
  return
}

// -----

// norm_gradient_c1
func.func @f(%x: tensor<2x4xf32>, %w: tensor<4xf32>, %g: tensor<2x3xf32>) {
  // expected-error@+1 {{'lm.layer_norm_gradient' op expected a gradient of 2x4, got 'tensor<2x3xf32>'}}
  %0:2 = lm.layer_norm_gradient %x, %w, %g {epsilon = 0.0 : f64} : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x3xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
  return
}

// -----

// norm_gradient_c1
func.func @f(%x: tensor<2x4xf32>, %w: tensor<4xf32>) {
  // expected-error@+1 {{'lm.layer_norm_gradient' op expected a result of 2x4, got 'tensor<2x3xf32>'}}
  %0:2 = lm.layer_norm_gradient %x, %w, %x {epsilon = 0.0 : f64} : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x3xf32>)
  return
}

// -----

// norm_gradient_c2
func.func @f(%x: tensor<2x4xf32>, %w: tensor<2xf32>) {
  // expected-error@+1 {{'lm.layer_norm_gradient' op expected a weight of 4, got 'tensor<2xf32>'}}
  %0:2 = lm.layer_norm_gradient %x, %w, %x {epsilon = 0.0 : f64} : (tensor<2x4xf32>, tensor<2xf32>, tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
  return
}

// -----

// norm_gradient_c3
func.func @f(%x: tensor<2x4xf32>, %w: tensor<4xf32>) {
  // expected-error@+1 {{'lm.layer_norm_gradient' op expected epsilon >= 0, got -1.000000e+00 : f64}}
  %0:2 = lm.layer_norm_gradient %x, %w, %x {epsilon = -1.0 : f64} : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
  return
}

// -----

// cross_entropy_gradient_c1
func.func @f(%x: tensor<4x3xf32>, %w: tensor<5x2xf32>, %t: tensor<4xi32>, %g: tensor<4xf32>, %l: tensor<1xf32>) {
  // expected-error@+1 {{'lm.cross_entropy_input_gradient' op expected a weight with 3 columns, got 'tensor<5x2xf32>'}}
  %0 = lm.cross_entropy_input_gradient %x, %w, %t, %g, %g, %l : (tensor<4x3xf32>, tensor<5x2xf32>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>, tensor<1xf32>) -> tensor<4x3xf32>
  return
}

// -----

// cross_entropy_gradient_c2
func.func @f(%x: tensor<4x3xf32>, %w: tensor<5x3xf32>, %t: tensor<3xi32>, %g: tensor<4xf32>, %l: tensor<1xf32>) {
  // expected-error@+1 {{'lm.cross_entropy_input_gradient' op expected one number a row, of 4, got 'tensor<3xi32>'}}
  %0 = lm.cross_entropy_input_gradient %x, %w, %t, %g, %g, %l : (tensor<4x3xf32>, tensor<5x3xf32>, tensor<3xi32>, tensor<4xf32>, tensor<4xf32>, tensor<1xf32>) -> tensor<4x3xf32>
  return
}

// -----

// cross_entropy_gradient_c3
func.func @f(%x: tensor<4x3xf32>, %w: tensor<5x3xf32>, %t: tensor<4xi32>, %g: tensor<4xf32>, %l: tensor<4xf32>) {
  // expected-error@+1 {{'lm.cross_entropy_input_gradient' op expected a gradient of the loss of 1, got 'tensor<4xf32>'}}
  %0 = lm.cross_entropy_input_gradient %x, %w, %t, %g, %g, %l : (tensor<4x3xf32>, tensor<5x3xf32>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4x3xf32>
  return
}

// -----

// cross_entropy_gradient_c1
func.func @f(%x: tensor<4x3xf32>, %w: tensor<5x2xf32>, %t: tensor<4xi32>, %g: tensor<4xf32>, %l: tensor<1xf32>) {
  // expected-error@+1 {{'lm.cross_entropy_weight_gradient' op expected a weight with 3 columns, got 'tensor<5x2xf32>'}}
  %0 = lm.cross_entropy_weight_gradient %x, %w, %t, %g, %g, %l : (tensor<4x3xf32>, tensor<5x2xf32>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>, tensor<1xf32>) -> tensor<5x3xf32>
  return
}

// -----

// cross_entropy_gradient_c2
func.func @f(%x: tensor<4x3xf32>, %w: tensor<5x3xf32>, %t: tensor<3xi32>, %g: tensor<4xf32>, %l: tensor<1xf32>) {
  // expected-error@+1 {{'lm.cross_entropy_weight_gradient' op expected one number a row, of 4, got 'tensor<3xi32>'}}
  %0 = lm.cross_entropy_weight_gradient %x, %w, %t, %g, %g, %l : (tensor<4x3xf32>, tensor<5x3xf32>, tensor<3xi32>, tensor<4xf32>, tensor<4xf32>, tensor<1xf32>) -> tensor<5x3xf32>
  return
}

// -----

// cross_entropy_gradient_c3
func.func @f(%x: tensor<4x3xf32>, %w: tensor<5x3xf32>, %t: tensor<4xi32>, %g: tensor<4xf32>, %l: tensor<4xf32>) {
  // expected-error@+1 {{'lm.cross_entropy_weight_gradient' op expected a gradient of the loss of 1, got 'tensor<4xf32>'}}
  %0 = lm.cross_entropy_weight_gradient %x, %w, %t, %g, %g, %l : (tensor<4x3xf32>, tensor<5x3xf32>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<5x3xf32>
  return
}

// -----

// cross_entropy_gradient_c4
func.func @f(%x: tensor<4x3xf32>, %w: tensor<5x3xf32>, %t: tensor<4xi32>, %g: tensor<4xf32>, %l: tensor<1xf32>) {
  // expected-error@+1 {{'lm.cross_entropy_input_gradient' op expected a result of 4x3, got 'tensor<5x3xf32>'}}
  %0 = lm.cross_entropy_input_gradient %x, %w, %t, %g, %g, %l : (tensor<4x3xf32>, tensor<5x3xf32>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>, tensor<1xf32>) -> tensor<5x3xf32>
  return
}

// -----

// cross_entropy_gradient_c5
func.func @f(%x: tensor<4x3xf32>, %w: tensor<5x3xf32>, %t: tensor<4xi32>, %g: tensor<4xf32>, %l: tensor<1xf32>) {
  // expected-error@+1 {{'lm.cross_entropy_weight_gradient' op expected a result of 5x3, got 'tensor<4x3xf32>'}}
  %0 = lm.cross_entropy_weight_gradient %x, %w, %t, %g, %g, %l : (tensor<4x3xf32>, tensor<5x3xf32>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>, tensor<1xf32>) -> tensor<4x3xf32>
  return
}
