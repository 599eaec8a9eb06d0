// What products and precision steps refuse.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// linear_c1
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x9xf32>) {
  // expected-error@+1 {{'lm.linear' op expected a weight with 8 columns, got 'tensor<4x9xf32>'}}
  %0 = lm.linear %x, %w : (tensor<?x8xf32>, tensor<4x9xf32>) -> tensor<?x4xf32>
  return
}

// -----

// linear_c2
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>) {
  // expected-error@+1 {{'lm.linear' op expected a result of ?x4, got 'tensor<?x5xf32>'}}
  %0 = lm.linear %x, %w : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x5xf32>
  return
}

// -----

// linear_c3
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %b: tensor<8xf32>) {
  // expected-error@+1 {{'lm.linear' op expected a bias of 4, got 'tensor<8xf32>'}}
  %0 = lm.linear %x, %w bias %b : (tensor<?x8xf32>, tensor<4x8xf32>, tensor<8xf32>) -> tensor<?x4xf32>
  return
}

// -----

// linear_c4
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xbf16>) {
  // expected-error@+1 {{'lm.linear' op expected x and w of one element type, got 'tensor<?x8xf32>' and 'tensor<4x8xbf16>'}}
  %0 = lm.linear %x, %w : (tensor<?x8xf32>, tensor<4x8xbf16>) -> tensor<?x4xf32>
  return
}

// -----

// linear_c4
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %a: tensor<2x8xbf16>, %b: tensor<4x2xf32>) {
  // expected-error@+1 {{'lm.linear' op expected an adapter of the element type of 'tensor<?x8xf32>', got 'tensor<2x8xbf16>'}}
  %0 = lm.linear %x, %w lora(%a, %b) : (tensor<?x8xf32>, tensor<4x8xf32>, tensor<2x8xbf16>, tensor<4x2xf32>) -> tensor<?x4xf32>
  return
}

// -----

// linear_c5
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %a: tensor<?x8xf32>, %b: tensor<4x2xf32>) {
  // expected-error@+1 {{'lm.linear' op expected an adapter of a known, positive rank, got 'tensor<?x8xf32>'}}
  %0 = lm.linear %x, %w lora(%a, %b) : (tensor<?x8xf32>, tensor<4x8xf32>, tensor<?x8xf32>, tensor<4x2xf32>) -> tensor<?x4xf32>
  return
}

// -----

// linear_c5
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %a: tensor<2x7xf32>, %b: tensor<4x2xf32>) {
  // expected-error@+1 {{'lm.linear' op expected an adapter's A of 2x8, got 'tensor<2x7xf32>'}}
  %0 = lm.linear %x, %w lora(%a, %b) : (tensor<?x8xf32>, tensor<4x8xf32>, tensor<2x7xf32>, tensor<4x2xf32>) -> tensor<?x4xf32>
  return
}

// -----

// linear_c5
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %a: tensor<2x8xf32>, %b: tensor<4x3xf32>) {
  // expected-error@+1 {{'lm.linear' op expected an adapter's B of 4x2, got 'tensor<4x3xf32>'}}
  %0 = lm.linear %x, %w lora(%a, %b) : (tensor<?x8xf32>, tensor<4x8xf32>, tensor<2x8xf32>, tensor<4x3xf32>) -> tensor<?x4xf32>
  return
}

// -----

// linear_c5
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %a: tensor<2x8xf32>) {
  // expected-error@+1 {{'lm.linear' op expected both matrices of an adapter or none}}
  %0 = "lm.linear"(%x, %w, %a) <{operandSegmentSizes = array<i32: 1, 1, 0, 1, 0>}> : (tensor<?x8xf32>, tensor<4x8xf32>, tensor<2x8xf32>) -> tensor<?x4xf32>
  return
}

// -----

// dequantize_c1
func.func @f(%w: !lm.quantized<4x32, q8_0>) {
  // expected-error@+1 {{'lm.dequantize' op expected a result of 4x32, got 'tensor<4x64xf32>'}}
  %0 = lm.dequantize %w : (!lm.quantized<4x32, q8_0>) -> tensor<4x64xf32>
  return
}

// -----

// quantize_c1
func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'lm.quantize' op expected columns to be a multiple of 32, got 'tensor<?x8xf32>'}}
  %0:3 = lm.quantize %x : (tensor<?x8xf32>) -> (tensor<?x8xi8>, tensor<?x1xf32>, tensor<?x1xf32>)
  return
}

// -----

// quantize_c1
func.func @f(%x: tensor<?x64xf32>) {
  // expected-error@+1 {{'lm.quantize' op expected columns to be a multiple of 96, got 'tensor<?x64xf32>'}}
  %0:3 = lm.quantize %x {scale_blocks = 3 : i64} : (tensor<?x64xf32>) -> (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>)
  return
}

// -----

// quantize_c2
func.func @f(%y: tensor<?x64xf32>) {
  // expected-error@+1 {{'lm.quantize' op expected scales of ?x2, got 'tensor<?x1xf32>'}}
  %0:3 = lm.quantize %y : (tensor<?x64xf32>) -> (tensor<?x64xi8>, tensor<?x1xf32>, tensor<?x2xf32>)
  return
}

// -----

// quantized_linear_c1
func.func @f(%v: tensor<?x64xi8>, %s: tensor<?x2xf32>, %w: !lm.quantized<4x32, q8_0>) {
  // expected-error@+1 {{'lm.quantized_linear' op expected a weight with 64 columns, got '!lm.quantized<4x32, q8_0>'}}
  %0 = lm.quantized_linear %v, %s, %s, %w : (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<4x32, q8_0>) -> tensor<?x4xf32>
  return
}

// -----

// quantized_linear_c2
func.func @f(%v: tensor<?x64xi8>, %s: tensor<?x1xf32>, %w: !lm.quantized<4x64, q8_0>) {
  // expected-error@+1 {{'lm.quantized_linear' op expected scales of ?x2, got 'tensor<?x1xf32>'}}
  %0 = lm.quantized_linear %v, %s, %s, %w : (tensor<?x64xi8>, tensor<?x1xf32>, tensor<?x1xf32>, !lm.quantized<4x64, q8_0>) -> tensor<?x4xf32>
  return
}

// -----

// quantized_linear_c3
func.func @f(%v: tensor<?x64xi8>, %s: tensor<?x2xf32>, %w: !lm.quantized<4x64, q8_0>) {
  // expected-error@+1 {{'lm.quantized_linear' op expected a result of ?x4, got 'tensor<?x5xf32>'}}
  %0 = lm.quantized_linear %v, %s, %s, %w : (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<4x64, q8_0>) -> tensor<?x5xf32>
  return
}

// -----

// quantized_linear_c6
func.func @f(%v: tensor<?x64xi8>, %s: tensor<?x2xf32>, %w: !lm.quantized<4x64, q8_0>) {
  // expected-error@+1 {{'lm.quantized_linear' op expected columns to be a multiple of 96, got '!lm.quantized<4x64, q8_0>'}}
  %0 = lm.quantized_linear %v, %s, %s, %w {scale_blocks = 3 : i64} : (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<4x64, q8_0>) -> tensor<?x4xf32>
  return
}

// -----

// quantized_linear_c5
func.func @f(%v: tensor<?x64xi8>, %s: tensor<?x2xf32>, %w: !lm.quantized<4x64, q8_0>, %b: tensor<5xf32>) {
  // expected-error@+1 {{'lm.quantized_linear' op expected a bias of 4, got 'tensor<5xf32>'}}
  %0 = lm.quantized_linear %v, %s, %s, %w bias %b : (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<4x64, q8_0>, tensor<5xf32>) -> tensor<?x4xf32>
  return
}

// -----

// quantized_linear_c4
func.func @f(%v: tensor<?x64xi8>, %s: tensor<?x2xf32>, %w: !lm.quantized<4x64, q8_0>, %x: tensor<?x32xf32>, %a: tensor<2x32xf32>, %b: tensor<4x2xf32>) {
  // expected-error@+1 {{'lm.quantized_linear' op expected x of ?x64, got 'tensor<?x32xf32>'}}
  %0 = lm.quantized_linear %v, %s, %s, %w lora %x(%a, %b) : (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<4x64, q8_0>, tensor<?x32xf32>, tensor<2x32xf32>, tensor<4x2xf32>) -> tensor<?x4xf32>
  return
}

// -----

// quantized_linear_c4
func.func @f(%v: tensor<?x64xi8>, %s: tensor<?x2xf32>, %w: !lm.quantized<4x64, q8_0>, %x: tensor<?x64xf32>, %a: tensor<2x64xf32>, %b: tensor<5x2xf32>) {
  // expected-error@+1 {{'lm.quantized_linear' op expected an adapter's B of 4x2, got 'tensor<5x2xf32>'}}
  %0 = lm.quantized_linear %v, %s, %s, %w lora %x(%a, %b) : (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<4x64, q8_0>, tensor<?x64xf32>, tensor<2x64xf32>, tensor<5x2xf32>) -> tensor<?x4xf32>
  return
}

// -----

// quantized_linear_c4
func.func @f(%v: tensor<?x64xi8>, %s: tensor<?x2xf32>, %w: !lm.quantized<4x64, q8_0>, %x: tensor<?x64xf32>) {
  // expected-error@+1 {{'lm.quantized_linear' op expected an adapter and the activations that it multiplies, or neither}}
  %0 = "lm.quantized_linear"(%v, %s, %s, %w, %x) <{operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 1, 0, 0>}> : (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<4x64, q8_0>, tensor<?x64xf32>) -> tensor<?x4xf32>
  return
}

// -----

// elementwise_c1
func.func @f(%x: tensor<?x8xf32>) {
  // expected-error@+1 {{'lm.round' op expected an operand of ?x9, got 'tensor<?x8xf32>'}}
  %0 = lm.round %x : (tensor<?x8xf32>) -> tensor<?x9xbf16>
  return
}
