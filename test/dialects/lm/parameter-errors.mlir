// What parameters, groups and types refuse.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// parameter_c1
// expected-error@+1 {{'lm.parameter' op expected a float tensor of static shape or a quantised matrix, got 'tensor<?xf32>'}}
lm.parameter @a : tensor<?xf32>

// -----

// parameter_c2
// expected-error@+1 {{'lm.parameter' op expected parts to be names, got 1 : i64}}
lm.parameter @a parts [1] : tensor<4xf32>

// -----

// parameter_c3
// expected-error@+1 {{'lm.parameter' op expected in panels a matrix that is not trained, got 'tensor<4x8xf32>'}}
lm.parameter @a trainable panels : tensor<4x8xf32>

// -----

// parameter_c3
// expected-error@+1 {{'lm.parameter' op expected in panels a matrix that is not trained, got 'tensor<4xf32>'}}
lm.parameter @a panels : tensor<4xf32>

// -----

func.func @f() {
  // parameter_ref_c1
  // expected-error@+1 {{'lm.parameter_ref' op expected an lm.parameter named @a}}
  %0 = lm.parameter_ref @a : tensor<4xf32>
  return
}

// -----

lm.parameter @a : tensor<4xf32>
func.func @f() {
  // parameter_ref_c2
  // expected-error@+1 {{'lm.parameter_ref' op expected the parameter's type 'tensor<4xf32>', got 'tensor<5xf32>'}}
  %0 = lm.parameter_ref @a : tensor<5xf32>
  return
}

// -----

// quantized_c1
// expected-error@+1 {{expected two positive static sizes, got 1 sizes}}
lm.parameter @a : !lm.quantized<32, q8_0>

// -----

// quantized_c2
// expected-error@+1 {{expected columns to be a multiple of 32, got 33}}
lm.parameter @a : !lm.quantized<4x33, q8_0>

// -----

// expected-error@+1 {{expected a format of q8_0, q4_0, q4_1, q4_1f or q6_2, got q3_x}}
lm.parameter @a : !lm.quantized<4x32, q3_x>

// -----

// state_c1
// expected-error@+1 {{expected two positive static sizes, got 3 sizes}}
func.func private @f(!lm.cache<2x3x4xf32>)

// -----

// state_c2
// expected-error@+1 {{expected element type bf16 or f32, got 'f64'}}
func.func private @f(!lm.memory<2x3xf64>)

// -----

func.func @f(%x: tensor<4xf32>) {
  // group_c1
  // expected-error@+1 {{'lm.group' op expected the body to yield values of the result types}}
  %0 = lm.group -> (tensor<4xf32>) {
    lm.yield
  }
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = lm.group -> (tensor<4xf32>) {
    // group_c2
    // expected-error@+1 {{'lm.group' op expected no group inside a group}}
    %1 = lm.group -> (tensor<4xf32>) {
      lm.yield %x : tensor<4xf32>
    }
    lm.yield %1 : tensor<4xf32>
  }
  return
}
