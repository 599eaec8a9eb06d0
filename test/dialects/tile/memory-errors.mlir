// What loads, stores and gathers refuse.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// dim_c1
tile.kernel @k grid(%i) (%x: !tile.view<?x64xf32>) {
  // expected-error@+1 {{'tile.dim' op expected a dimension of the view, got 2}}
  %d = tile.dim %x, 2 : !tile.view<?x64xf32>
  tile.return
}

// -----

// scalar_c1
tile.kernel @k grid(%i) (%x: !tile.view<?x64xf32>) {
  // expected-error@+1 {{'tile.scalar' op expected 2 offsets, one per dimension of the view, got 1}}
  %d = tile.scalar %x[%i] : !tile.view<?x64xf32> -> f32
  tile.return
}

// -----

// scalar_c2
tile.kernel @k grid(%i) (%x: !tile.view<?x64xf32>) {
  // expected-error@+1 {{'tile.scalar' op expected 'f32' or, for integers, index, got 'index'}}
  %d = tile.scalar %x[%i, %i] : !tile.view<?x64xf32> -> index
  tile.return
}

// -----

// load_c1
tile.kernel @k grid(%i) (%x: !tile.view<?x64xf32>) {
  // expected-error@+1 {{'tile.load' op expected 2 offsets, one per dimension of the view, got 1}}
  %d = tile.load %x[%i] : !tile.view<?x64xf32> -> tensor<8x64xf32>
  tile.return
}

// -----

// load_c2
tile.kernel @k grid(%i) (%x: !tile.view<?x64xf32>) {
  // expected-error@+1 {{'tile.load' op expected a tile of 'f32', got 'bf16'}}
  %d = tile.load %x[%i, %i] : !tile.view<?x64xf32> -> tensor<8x64xbf16>
  tile.return
}

// -----

// load_c3
tile.kernel @k grid(%i) (%x: !tile.view<?x64xf32>) {
  // expected-error@+1 {{'tile.load' op expected a tile of rank 2 less the dropped dimensions, got rank 1 and 0 dropped}}
  %d = tile.load %x[%i, %i] : !tile.view<?x64xf32> -> tensor<8xf32>
  tile.return
}

// -----

// load_c3
tile.kernel @k grid(%i) (%x: !tile.view<?x64xf32>) {
  // expected-error@+1 {{'tile.load' op expected a tile of rank 2 less the dropped dimensions, got rank 1 and 1 dropped}}
  %d = tile.load %x[%i, %i] dropped [5] : !tile.view<?x64xf32> -> tensor<8xf32>
  tile.return
}

// -----

// load_c4
tile.kernel @k grid(%i) (%w: !tile.view<8x64x!tile.quantized<q4_1>>) {
  // expected-error@+1 {{'tile.load' op expected a quantised tile of whole blocks of 32 columns}}
  %d = tile.load %w[%i, %i] : !tile.view<8x64x!tile.quantized<q4_1>> -> tensor<8x16x!tile.quantized<q4_1>>
  tile.return
}

// -----

// load_c1
tile.kernel @k grid(%i) (%x: !tile.view<?x64xf32>) {
  %c = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error@+1 {{'tile.store' op expected 2 offsets, one per dimension of the view, got 1}}
  tile.store %c, %x[%i] : tensor<8x64xf32>, !tile.view<?x64xf32>
  tile.return
}

// -----

// gather_c1
tile.kernel @k grid(%i) (%x: !tile.view<?x64xf32>) {
  %c = arith.constant dense<0> : tensor<4xi32>
  // expected-error@+1 {{'tile.gather' op expected 1 offsets, one per dimension after the first, got 0}}
  %d = tile.gather %x[%c] : !tile.view<?x64xf32>, tensor<4xi32> -> tensor<4x64xf32>
  tile.return
}

// -----

// gather_c2
tile.kernel @k grid(%i) (%x: !tile.view<?x64xf32>) {
  %c = arith.constant dense<0> : tensor<4xi32>
  // expected-error@+1 {{'tile.gather' op expected a tile with one row per index}}
  %d = tile.gather %x[%c, %i] : !tile.view<?x64xf32>, tensor<4xi32> -> tensor<5x64xf32>
  tile.return
}

// -----

// gather_c3
tile.kernel @k grid(%i) (%x: !tile.view<?x64xf32>) {
  %c = arith.constant dense<0> : tensor<4xi32>
  // expected-error@+1 {{'tile.gather' op expected a tile of 'f32', got 'bf16'}}
  %d = tile.gather %x[%c, %i] : !tile.view<?x64xf32>, tensor<4xi32> -> tensor<4x64xbf16>
  tile.return
}

// -----

// scatter_c1
tile.kernel @k grid(%i) (%x: !tile.view<?x64xf32>) {
  %c = arith.constant dense<0> : tensor<4xi32>
  %t = arith.constant dense<0.0> : tensor<4x64xbf16>
  // expected-error@+1 {{'tile.scatter' op expected a tile of 'f32', got 'bf16'}}
  tile.scatter %t, %x[%c, %i] : tensor<4x64xbf16>, !tile.view<?x64xf32>, tensor<4xi32>
  tile.return
}

// -----

// load_c5
tile.kernel @k grid(%i) (%x: !tile.view<?x64xf32>) {
  // expected-error@+1 {{'tile.load' op expected both row limits or none}}
  %d = "tile.load"(%x, %i, %i, %i) <{dropped = array<i64>, operandSegmentSizes = array<i32: 1, 2, 1, 0>}> : (!tile.view<?x64xf32>, index, index, index) -> tensor<8x64xf32>
  tile.return
}
