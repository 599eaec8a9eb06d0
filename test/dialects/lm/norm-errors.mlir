// What the norms refuse.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// rms_norm_c1
func.func @f(%x: tensor<?x8xf32>, %w: tensor<7xf32>) {
  // expected-error@+1 {{'lm.rms_norm' op expected a weight of 8, got 'tensor<7xf32>'}}
  %0 = lm.rms_norm %x, %w {epsilon = 1.0e-5 : f64} : (tensor<?x8xf32>, tensor<7xf32>) -> tensor<?x8xf32>
  return
}

// -----

// rms_norm_c1
func.func @f(%x: tensor<?x3x8xf32>, %w: tensor<3xf32>) {
  // expected-error@+1 {{'lm.rms_norm' op expected a weight of 8, got 'tensor<3xf32>'}}
  %0 = lm.rms_norm %x, %w {epsilon = 1.0e-5 : f64} : (tensor<?x3x8xf32>, tensor<3xf32>) -> tensor<?x3x8xf32>
  return
}

// -----

// rms_norm_c2
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>) {
  // expected-error@+1 {{'lm.rms_norm' op expected a result of ?x8, got 'tensor<?x7xf32>'}}
  %0 = lm.rms_norm %x, %w {epsilon = 1.0e-5 : f64} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x7xf32>
  return
}

// -----

// rms_norm_c3
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>) {
  // expected-error@+1 {{'lm.rms_norm' op expected epsilon >= 0}}
  %0 = lm.rms_norm %x, %w {epsilon = -1.0 : f64} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return
}

// -----

// layer_norm_c1
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %b: tensor<9xf32>) {
  // expected-error@+1 {{'lm.layer_norm' op expected a bias of 8, got 'tensor<9xf32>'}}
  %0 = lm.layer_norm %x, %w bias %b {epsilon = 0.0 : f64} : (tensor<?x8xf32>, tensor<8xf32>, tensor<9xf32>) -> tensor<?x8xf32>
  return
}

// -----

// layer_norm_c2
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>) {
  // expected-error@+1 {{'lm.layer_norm' op expected a result of ?x8, got 'tensor<?x4xf32>'}}
  %0 = lm.layer_norm %x, %w {epsilon = 0.0 : f64} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x4xf32>
  return
}

// -----

// layer_norm_c3
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>) {
  // expected-error@+1 {{'lm.layer_norm' op expected epsilon >= 0}}
  %0 = lm.layer_norm %x, %w {epsilon = -1.0 : f64} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return
}
