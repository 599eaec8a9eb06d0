// RUN: not longc-opt %s --longc-cpu-kernels=variant=mmx 2>&1 | FileCheck %s --check-prefix=VARIANT
// RUN: longc-opt %s --longc-cpu-kernels --split-input-file --verify-diagnostics

// VARIANT: unknown CPU variant 'mmx': expected avx2, avx512, avx512_bf16 or amx
tile.kernel @column_sums grid(%i) (%x: !tile.view<8x32xf32>, %y: !tile.view<32xf32>) {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%c0, %c0] : !tile.view<8x32xf32> -> tensor<8x32xf32>
  // expected-error @+1 {{cannot be compiled for a CPU: expected a reduction along the last of two or more dimensions}}
  %s = tile.reduce add %t dim 0 : tensor<8x32xf32> -> tensor<32xf32>
  tile.store %s, %y[%c0] : tensor<32xf32>, !tile.view<32xf32>
  tile.return
}

// -----

tile.kernel @double_product grid(%i) (%x: !tile.view<16x16xf64>, %y: !tile.view<16x16xf64>) {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%c0, %c0] : !tile.view<16x16xf64> -> tensor<16x16xf64>
  // expected-error @+1 {{cannot be compiled for a CPU: expected operands of f32 or bf16}}
  %s = tile.mma %t, %t, %t : tensor<16x16xf64>, tensor<16x16xf64> -> tensor<16x16xf64>
  tile.store %s, %y[%c0, %c0] : tensor<16x16xf64>, !tile.view<16x16xf64>
  tile.return
}

// -----

tile.kernel @partial_block grid(%i) (%x: !tile.view<8x48xf32>, %y: !tile.view<8x48xf32>) {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%c0, %c0] : !tile.view<8x48xf32> -> tensor<8x48xf32>
  %w = arith.constant dense<1> : tensor<8x48xindex>
  // expected-error @+1 {{cannot be compiled for a CPU: expected tiles of i32, not of index}}
  %v = arith.addi %w, %w : tensor<8x48xindex>
  %f = arith.index_cast %v : tensor<8x48xindex> to tensor<8x48xi32>
  %g = arith.sitofp %f : tensor<8x48xi32> to tensor<8x48xf32>
  %s = arith.addf %t, %g : tensor<8x48xf32>
  tile.store %s, %y[%c0, %c0] : tensor<8x48xf32>, !tile.view<8x48xf32>
  tile.return
}
