// What the loss refuses.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// cross_entropy_c1
func.func @f(%x: tensor<?x8xf32>, %w: tensor<5x9xf32>, %t: tensor<?xi32>, %g: tensor<?xf32>) {
  // expected-error@+1 {{'lm.cross_entropy' op expected a weight with 8 columns, got 'tensor<5x9xf32>'}}
  %0:2 = lm.cross_entropy %x, %w, %t, %g : (tensor<?x8xf32>, tensor<5x9xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  return
}

// -----

// cross_entropy_c2
func.func @f(%x: tensor<3x8xf32>, %w: tensor<5x8xf32>, %t: tensor<4xi32>, %g: tensor<3xf32>) {
  // expected-error@+1 {{'lm.cross_entropy' op expected targets of 3, got 'tensor<4xi32>'}}
  %0:2 = lm.cross_entropy %x, %w, %t, %g : (tensor<3x8xf32>, tensor<5x8xf32>, tensor<4xi32>, tensor<3xf32>) -> (tensor<1xf32>, tensor<3xf32>)
  return
}

// -----

// cross_entropy_c3
func.func @f(%x: tensor<?x8xf32>, %w: tensor<5x8xf32>, %t: tensor<?xi32>, %g: tensor<?xf32>) {
  // expected-error@+1 {{'lm.cross_entropy' op expected a loss of 1, got 'tensor<2xf32>'}}
  %0:2 = lm.cross_entropy %x, %w, %t, %g : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<2xf32>, tensor<?xf32>)
  return
}
