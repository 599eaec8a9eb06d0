// What the gradients of attention refuse.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// attention_gradient_c1
func.func @f(%q: tensor<5x3x2xf32>, %k: tensor<7x2x2xf32>, %v: tensor<7x2x2xf32>, %g: tensor<5x3x2xf32>, %l: tensor<3x5xf32>, %cu: tensor<4xi32>) {
  // expected-error@+1 {{'lm.attention_query_gradient' op expected query heads to be a multiple of 2 key heads of one size, got 'tensor<5x3x2xf32>'}}
  %0 = lm.attention_query_gradient %q, %k, %v, %g, %l, %l, %cu, %cu {scale = 0.5 : f64} : (tensor<5x3x2xf32>, tensor<7x2x2xf32>, tensor<7x2x2xf32>, tensor<5x3x2xf32>, tensor<3x5xf32>, tensor<3x5xf32>, tensor<4xi32>, tensor<4xi32>) -> tensor<5x3x2xf32>
  return
}

// -----

// attention_gradient_c2
func.func @f(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %v: tensor<6x1x2xf32>, %g: tensor<5x2x2xf32>, %l: tensor<2x5xf32>, %cu: tensor<4xi32>) {
  // expected-error@+1 {{'lm.attention_query_gradient' op expected v of 7x1x2, got 'tensor<6x1x2xf32>'}}
  %0 = lm.attention_query_gradient %q, %k, %v, %g, %l, %l, %cu, %cu {scale = 0.5 : f64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<6x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<4xi32>, tensor<4xi32>) -> tensor<5x2x2xf32>
  return
}

// -----

// attention_gradient_c2
func.func @f(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %v: tensor<7x1x2xf32>, %g: tensor<4x2x2xf32>, %l: tensor<2x5xf32>, %cu: tensor<4xi32>) {
  // expected-error@+1 {{'lm.attention_query_gradient' op expected a gradient of 5x2x2, got 'tensor<4x2x2xf32>'}}
  %0 = lm.attention_query_gradient %q, %k, %v, %g, %l, %l, %cu, %cu {scale = 0.5 : f64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<4x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<4xi32>, tensor<4xi32>) -> tensor<5x2x2xf32>
  return
}

// -----

// attention_gradient_c3
func.func @f(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %v: tensor<7x1x2xf32>, %g: tensor<5x2x2xf32>, %l: tensor<2x4xf32>, %cu: tensor<4xi32>) {
  // expected-error@+1 {{'lm.attention_query_gradient' op expected lse and delta of 2x5, got 'tensor<2x4xf32>'}}
  %0 = lm.attention_query_gradient %q, %k, %v, %g, %l, %l, %cu, %cu {scale = 0.5 : f64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<4xi32>, tensor<4xi32>) -> tensor<5x2x2xf32>
  return
}

// -----

// attention_gradient_c4
func.func @f(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %v: tensor<7x1x2xf32>, %g: tensor<5x2x2xf32>, %l: tensor<2x5xf32>, %cu: tensor<4xi32>, %s: tensor<2x3xi32>) {
  // expected-error@+1 {{'lm.attention_query_gradient' op expected sources of ?x2, got 'tensor<2x3xi32>'}}
  %0 = lm.attention_query_gradient %q, %k, %v, %g, %l, %l, %cu, %cu sources %s {scale = 0.5 : f64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<4xi32>, tensor<4xi32>, tensor<2x3xi32>) -> tensor<5x2x2xf32>
  return
}

// -----

// attention_gradient_c5
func.func @f(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %v: tensor<7x1x2xf32>, %g: tensor<5x2x2xf32>, %l: tensor<2x5xf32>, %cu: tensor<4xi32>) {
  // expected-error@+1 {{'lm.attention_query_gradient' op expected window and soft_cap not to be negative}}
  %0 = lm.attention_query_gradient %q, %k, %v, %g, %l, %l, %cu, %cu {scale = 0.5 : f64, window = -1 : i64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<4xi32>, tensor<4xi32>) -> tensor<5x2x2xf32>
  return
}

// -----

// attention_gradient_c1
func.func @f(%q: tensor<5x3x2xf32>, %k: tensor<7x2x2xf32>, %v: tensor<7x2x2xf32>, %g: tensor<5x3x2xf32>, %l: tensor<3x5xf32>, %cu: tensor<4xi32>) {
  // expected-error@+1 {{'lm.attention_key_gradient' op expected query heads to be a multiple of 2 key heads of one size, got 'tensor<5x3x2xf32>'}}
  %0:2 = lm.attention_key_gradient %q, %k, %v, %g, %l, %l, %cu, %cu {scale = 0.5 : f64} : (tensor<5x3x2xf32>, tensor<7x2x2xf32>, tensor<7x2x2xf32>, tensor<5x3x2xf32>, tensor<3x5xf32>, tensor<3x5xf32>, tensor<4xi32>, tensor<4xi32>) -> (tensor<7x2x2xf32>, tensor<7x2x2xf32>)
  return
}

// -----

// attention_gradient_c2
func.func @f(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %v: tensor<6x1x2xf32>, %g: tensor<5x2x2xf32>, %l: tensor<2x5xf32>, %cu: tensor<4xi32>) {
  // expected-error@+1 {{'lm.attention_key_gradient' op expected v of 7x1x2, got 'tensor<6x1x2xf32>'}}
  %0:2 = lm.attention_key_gradient %q, %k, %v, %g, %l, %l, %cu, %cu {scale = 0.5 : f64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<6x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<4xi32>, tensor<4xi32>) -> (tensor<7x1x2xf32>, tensor<7x1x2xf32>)
  return
}

// -----

// attention_gradient_c2
func.func @f(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %v: tensor<7x1x2xf32>, %g: tensor<4x2x2xf32>, %l: tensor<2x5xf32>, %cu: tensor<4xi32>) {
  // expected-error@+1 {{'lm.attention_key_gradient' op expected a gradient of 5x2x2, got 'tensor<4x2x2xf32>'}}
  %0:2 = lm.attention_key_gradient %q, %k, %v, %g, %l, %l, %cu, %cu {scale = 0.5 : f64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<4x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<4xi32>, tensor<4xi32>) -> (tensor<7x1x2xf32>, tensor<7x1x2xf32>)
  return
}

// -----

// attention_gradient_c3
func.func @f(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %v: tensor<7x1x2xf32>, %g: tensor<5x2x2xf32>, %l: tensor<2x4xf32>, %cu: tensor<4xi32>) {
  // expected-error@+1 {{'lm.attention_key_gradient' op expected lse and delta of 2x5, got 'tensor<2x4xf32>'}}
  %0:2 = lm.attention_key_gradient %q, %k, %v, %g, %l, %l, %cu, %cu {scale = 0.5 : f64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<4xi32>, tensor<4xi32>) -> (tensor<7x1x2xf32>, tensor<7x1x2xf32>)
  return
}

// -----

// attention_gradient_c4
func.func @f(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %v: tensor<7x1x2xf32>, %g: tensor<5x2x2xf32>, %l: tensor<2x5xf32>, %cu: tensor<4xi32>, %s: tensor<2x3xi32>) {
  // expected-error@+1 {{'lm.attention_key_gradient' op expected sources of ?x2, got 'tensor<2x3xi32>'}}
  %0:2 = lm.attention_key_gradient %q, %k, %v, %g, %l, %l, %cu, %cu sources %s {scale = 0.5 : f64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<4xi32>, tensor<4xi32>, tensor<2x3xi32>) -> (tensor<7x1x2xf32>, tensor<7x1x2xf32>)
  return
}

// -----

// attention_gradient_c5
func.func @f(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %v: tensor<7x1x2xf32>, %g: tensor<5x2x2xf32>, %l: tensor<2x5xf32>, %cu: tensor<4xi32>) {
  // expected-error@+1 {{'lm.attention_key_gradient' op expected window and soft_cap not to be negative}}
  %0:2 = lm.attention_key_gradient %q, %k, %v, %g, %l, %l, %cu, %cu {scale = 0.5 : f64, window = -1 : i64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<4xi32>, tensor<4xi32>) -> (tensor<7x1x2xf32>, tensor<7x1x2xf32>)
  return
}

// -----

// attention_gradient_c6
func.func @f(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %v: tensor<7x1x2xf32>, %g: tensor<5x2x2xf32>, %l: tensor<2x5xf32>, %cu: tensor<4xi32>) {
  // expected-error@+1 {{'lm.attention_query_gradient' op expected a result of 5x2x2, got 'tensor<5x2x3xf32>'}}
  %0 = lm.attention_query_gradient %q, %k, %v, %g, %l, %l, %cu, %cu {scale = 0.5 : f64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<4xi32>, tensor<4xi32>) -> tensor<5x2x3xf32>
  return
}

// -----

// attention_gradient_c7
func.func @f(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %v: tensor<7x1x2xf32>, %g: tensor<5x2x2xf32>, %l: tensor<2x5xf32>, %cu: tensor<4xi32>) {
  // expected-error@+1 {{'lm.attention_key_gradient' op expected a result of 7x1x2, got 'tensor<7x2x2xf32>'}}
  %0:2 = lm.attention_key_gradient %q, %k, %v, %g, %l, %l, %cu, %cu {scale = 0.5 : f64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<4xi32>, tensor<4xi32>) -> (tensor<7x1x2xf32>, tensor<7x2x2xf32>)
  return
}

// -----

// ragged_c1
func.func @f(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %l: tensor<2x5xf32>, %cu: tensor<4xi32>) {
  %other = arith.constant dense<[0, 1, 2, 5]> : tensor<4xi32>
  // expected-error@+1 {{'lm.attention_query_gradient' op expected cu_k to be a function argument, so that the host knows it}}
  %0 = lm.attention_query_gradient %q, %k, %k, %q, %l, %l, %cu, %other {scale = 0.5 : f64}
    : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<4xi32>, tensor<4xi32>) -> tensor<5x2x2xf32>
  return
}

// -----

// attention_gradient_c8
func.func @f(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %l: tensor<2x5xf32>, %cu: tensor<4xi32>, %s: tensor<2x2xi32>) {
  // expected-error@+1 {{'lm.attention_key_gradient' op expected a third result if there are source keys, and none else}}
  %0:2 = lm.attention_key_gradient %q, %k, %k, %q, %l, %l, %cu, %cu sources %s source_keys %k {scale = 0.5 : f64}
    : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<4xi32>, tensor<4xi32>, tensor<2x2xi32>, tensor<7x1x2xf32>) -> (tensor<7x1x2xf32>, tensor<7x1x2xf32>)
  return
}
