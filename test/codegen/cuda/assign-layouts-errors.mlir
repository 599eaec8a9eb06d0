// RUN: longc-opt %s --longc-cuda-assign-layouts --split-input-file --verify-diagnostics

// expected-error @below {{'tile.kernel' op cannot be compiled for CUDA yet: a kernel without tile.mma has no row owner}}
tile.kernel @streaming grid(%i) (%x: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%i, %c0] : !tile.view<?x64xf32> -> tensor<64x64xf32>
  tile.store %t, %x[%i, %c0] : tensor<64x64xf32>, !tile.view<?x64xf32>
  tile.return
}

// -----

tile.kernel @transposed grid(%i) (%x: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%i, %c0] : !tile.view<?x64xf32> -> tensor<64x64xf32>
  // expected-error @below {{'tile.transpose' op cannot be compiled for CUDA yet}}
  %u = tile.transpose %t : tensor<64x64xf32> -> tensor<64x64xf32>
  tile.store %u, %x[%i, %c0] : tensor<64x64xf32>, !tile.view<?x64xf32>
  tile.return
}

// -----

tile.kernel @rows grid(%i) (%x: !tile.view<?x64xbf16>, %y: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<32x64xf32>
  %a = tile.load %x[%i, %c0] : !tile.view<?x64xbf16> -> tensor<32x64xbf16>
  %b = tile.load %x[%c0, %c0] : !tile.view<?x64xbf16> -> tensor<64x64xbf16>
  // expected-error @below {{'tile.mma' op cannot be compiled for CUDA: expected 64, 128 or 192 rows, got 32}}
  %s = tile.mma %a, %b, %zero transpose_b : tensor<32x64xbf16>, tensor<64x64xbf16> -> tensor<32x64xf32>
  tile.store %s, %y[%i, %c0] : tensor<32x64xf32>, !tile.view<?x64xf32>
  tile.return
}

// -----

tile.kernel @element grid(%i) (%x: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = tile.load %x[%i, %c0] : !tile.view<?x64xf32> -> tensor<64x64xf32>
  // expected-error @below {{expected bf16 operands and an f32 accumulator, got 'tensor<64x64xf32>' and 'tensor<64x64xf32>'}}
  %s = tile.mma %a, %a, %zero transpose_b : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32>
  tile.store %s, %x[%i, %c0] : tensor<64x64xf32>, !tile.view<?x64xf32>
  tile.return
}

// -----

tile.kernel @columns grid(%i) (%x: !tile.view<?x64xbf16>, %y: !tile.view<?x48xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<64x48xf32>
  %a = tile.load %x[%i, %c0] : !tile.view<?x64xbf16> -> tensor<64x64xbf16>
  %b = tile.load %x[%c0, %c0] : !tile.view<?x64xbf16> -> tensor<48x64xbf16>
  // expected-error @below {{expected a multiple of 32 columns up to 256, got 48}}
  %s = tile.mma %a, %b, %zero transpose_b : tensor<64x64xbf16>, tensor<48x64xbf16> -> tensor<64x48xf32>
  tile.store %s, %y[%i, %c0] : tensor<64x48xf32>, !tile.view<?x48xf32>
  tile.return
}
