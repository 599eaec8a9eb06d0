// What the element-wise layers refuse.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// elementwise_c1
func.func @f(%x: tensor<?x8xf32>, %y: tensor<?x7xf32>) {
  // expected-error@+1 {{'lm.add' op expected an operand of ?x8, got 'tensor<?x7xf32>'}}
  %0 = lm.add %x, %y : (tensor<?x8xf32>, tensor<?x7xf32>) -> tensor<?x8xf32>
  return
}

// -----

// elementwise_c1
func.func @f(%x: tensor<?x8xf32>, %y: tensor<?x7xf32>) {
  // expected-error@+1 {{'lm.swiglu' op expected an operand of ?x8, got 'tensor<?x7xf32>'}}
  %0 = lm.swiglu %x, %y : (tensor<?x8xf32>, tensor<?x7xf32>) -> tensor<?x8xf32>
  return
}

// -----

// elementwise_c1
func.func @f(%y: tensor<2x8xf32>) {
  // expected-error@+1 {{'lm.gelu' op expected an operand of 3x8, got 'tensor<2x8xf32>'}}
  %0 = lm.gelu %y : (tensor<2x8xf32>) -> tensor<3x8xf32>
  return
}

// -----

// elementwise_c1
func.func @f(%x: tensor<?x8xf32>, %y: tensor<?x7xf32>) {
  // expected-error@+1 {{'lm.geglu' op expected an operand of ?x8, got 'tensor<?x7xf32>'}}
  %0 = lm.geglu %x, %y : (tensor<?x8xf32>, tensor<?x7xf32>) -> tensor<?x8xf32>
  return
}

// -----

// elementwise_c1
func.func @f(%x: tensor<?x7xf32>) {
  // expected-error@+1 {{'lm.scale' op expected an operand of ?x8, got 'tensor<?x7xf32>'}}
  %0 = lm.scale %x {factor = 1.0 : f64} : (tensor<?x7xf32>) -> tensor<?x8xf32>
  return
}

// -----

// scale_c1
func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'lm.scale' op expected a finite factor, got 0x7FF0000000000000}}
  %0 = lm.scale %x {factor = 0x7FF0000000000000 : f64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}
