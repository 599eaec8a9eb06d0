// What products, encoding and decoding refuse.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// mma_c1
func.func @f(%a: tensor<4xf32>, %b: tensor<4x4xf32>, %c: tensor<4x4xf32>) {
  // expected-error@+1 {{'tile.mma' op expected matrices, got ranks 1, 2, 2}}
  %0 = tile.mma %a, %b, %c : tensor<4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return
}

// -----

// mma_c2
func.func @f(%a: tensor<4x4xf32>, %b: tensor<4x8xf32>, %c: tensor<4x4xf32>) {
  // expected-error@+1 {{'tile.mma' op expected one K, got 4 and 8}}
  %0 = tile.mma %a, %b, %c transpose_b : tensor<4x4xf32>, tensor<4x8xf32> -> tensor<4x4xf32>
  return
}

// -----

// mma_c3
func.func @f(%a: tensor<4x4xf32>, %b: tensor<4x8xf32>, %c: tensor<4x4xf32>) {
  // expected-error@+1 {{'tile.mma' op expected an accumulator of 4x8, got 'tensor<4x4xf32>'}}
  %0 = tile.mma %a, %b, %c : tensor<4x4xf32>, tensor<4x8xf32> -> tensor<4x4xf32>
  return
}

// -----

// mma_c4
func.func @f(%a: tensor<4x4xf32>, %b: tensor<4x4xbf16>, %c: tensor<4x4xf32>) {
  // expected-error@+1 {{'tile.mma' op expected operands of one float type, got 'f32' and 'bf16'}}
  %0 = tile.mma %a, %b, %c : tensor<4x4xf32>, tensor<4x4xbf16> -> tensor<4x4xf32>
  return
}

// -----

// mma_c4
func.func @f(%a: tensor<4x4xbf16>) {
  // expected-error@+1 {{'tile.mma' op expected an accumulator of f32 or f64, got 'bf16'}}
  %0 = tile.mma %a, %a, %a : tensor<4x4xbf16>, tensor<4x4xbf16> -> tensor<4x4xbf16>
  return
}

// -----

// scaled_mma_c1
func.func @f(%a: tensor<4x64xi8>, %s: tensor<4x2xf32>, %b: tensor<8x64xf32>, %c: tensor<4x8xf32>) {
  // expected-error@+1 {{'tile.scaled_mma' op expected B to be a quantised tile with 64 columns in blocks of 32}}
  %0 = tile.scaled_mma %a scaled(%s, %s), %b, %c : tensor<4x64xi8>, tensor<8x64xf32> -> tensor<4x8xf32> (tensor<4x2xf32>, tensor<4x2xf32>)
  return
}

// -----

// scaled_mma_c2
func.func @f(%a: tensor<4x64xi8>, %s: tensor<4x1xf32>, %b: tensor<8x64x!tile.quantized<q8_0>>, %c: tensor<4x8xf32>) {
  // expected-error@+1 {{'tile.scaled_mma' op expected scales and sums of 4x2, got 'tensor<4x1xf32>'}}
  %0 = tile.scaled_mma %a scaled(%s, %s), %b, %c : tensor<4x64xi8>, tensor<8x64x!tile.quantized<q8_0>> -> tensor<4x8xf32> (tensor<4x1xf32>, tensor<4x1xf32>)
  return
}

// -----

// scaled_mma_c3
func.func @f(%a: tensor<4x64xi8>, %s: tensor<4x2xf32>, %b: tensor<8x64x!tile.quantized<q8_0>>, %c: tensor<4x9xf32>) {
  // expected-error@+1 {{'tile.scaled_mma' op expected an f32 accumulator of 4x8, got 'tensor<4x9xf32>'}}
  %0 = tile.scaled_mma %a scaled(%s, %s), %b, %c : tensor<4x64xi8>, tensor<8x64x!tile.quantized<q8_0>> -> tensor<4x9xf32> (tensor<4x2xf32>, tensor<4x2xf32>)
  return
}

// -----

// scaled_mma_c4
func.func @f(%a: tensor<4x64xi8>, %s: tensor<4x2xf32>, %b: tensor<8x64x!tile.quantized<q8_0>>, %c: tensor<4x8xf32>) {
  // expected-error@+1 {{'tile.scaled_mma' op expected a multiple of 96 columns, whose blocks share scales, got 64}}
  %0 = tile.scaled_mma %a scaled(%s, %s), %b, %c {scale_blocks = 3 : i64} : tensor<4x64xi8>, tensor<8x64x!tile.quantized<q8_0>> -> tensor<4x8xf32> (tensor<4x2xf32>, tensor<4x2xf32>)
  return
}

// -----

// encode_c1
func.func @f(%a: tensor<4x48xf32>) {
  // expected-error@+1 {{'tile.encode' op expected a last dimension of whole blocks of 32, got 'tensor<4x48xf32>'}}
  %0:3 = tile.encode %a : tensor<4x48xf32> -> tensor<4x48xi8>, tensor<4x1xf32>, tensor<4x1xf32>
  return
}

// -----

// encode_c2
func.func @f(%a: tensor<4x64xf32>) {
  // expected-error@+1 {{'tile.encode' op expected values of the source's shape, and a scale and a sum per block}}
  %0:3 = tile.encode %a : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4x1xf32>, tensor<4x2xf32>
  return
}

// -----

// decode_c1
func.func @f(%a: tensor<4x64xf32>) {
  // expected-error@+1 {{'tile.decode' op expected a quantised tile of the result's shape, got 'tensor<4x64xf32>'}}
  %0 = tile.decode %a : tensor<4x64xf32> -> tensor<4x64xf32>
  return
}
