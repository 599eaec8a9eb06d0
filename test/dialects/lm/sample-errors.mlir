// What sampling refuses.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// sample_c1
func.func @f(%x: tensor<3x5xf32>, %u: tensor<2xf32>) {
  // expected-error@+1 {{'lm.sample' op expected uniform numbers of 3, got 'tensor<2xf32>'}}
  %0 = lm.sample %x, %u : (tensor<3x5xf32>, tensor<2xf32>) -> tensor<3xi32>
  return
}

// -----

// sample_c1
func.func @f(%x: tensor<3x5xf32>, %u: tensor<3xf32>) {
  // expected-error@+1 {{'lm.sample' op expected a result of 3, got 'tensor<5xi32>'}}
  %0 = lm.sample %x, %u : (tensor<3x5xf32>, tensor<3xf32>) -> tensor<5xi32>
  return
}

// -----

// sample_c2
func.func @f(%x: tensor<3x5xf32>, %u: tensor<3xf32>) {
  // expected-error@+1 {{'lm.sample' op expected temperature and top_k of 0 or more}}
  %0 = lm.sample %x, %u {top_k = -1 : i64} : (tensor<3x5xf32>, tensor<3xf32>) -> tensor<3xi32>
  return
}

// -----

// sample_c2
func.func @f(%x: tensor<3x5xf32>, %u: tensor<3xf32>) {
  // expected-error@+1 {{'lm.sample' op expected top_p in (0, 1], got 0.000000e+00}}
  %0 = lm.sample %x, %u {top_p = 0.0 : f64} : (tensor<3x5xf32>, tensor<3xf32>) -> tensor<3xi32>
  return
}
