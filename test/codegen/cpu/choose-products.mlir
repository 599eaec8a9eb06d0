// How products multiply and what they hold in registers, for each variant.
//
// RUN: longc-opt %s --longc-cpu-choose-products=variant=avx2 | FileCheck %s --check-prefixes=CHECK,NARROW
// RUN: longc-opt %s --longc-cpu-choose-products=variant=avx512 | FileCheck %s --check-prefixes=CHECK,WIDE
// RUN: longc-opt %s --longc-cpu-choose-products=variant=avx512_bf16 | FileCheck %s --check-prefixes=CHECK,DOTS
// RUN: longc-opt %s --longc-cpu-choose-products=variant=amx | FileCheck %s --check-prefixes=CHECK,UNIT

// Panels of 16 columns; 24 accumulators where a dot takes two registers less than the two products of halves.
// NARROW-LABEL: tile.kernel @many {{.*}}cpu.variant = "avx2"
// UNIT-LABEL: tile.kernel @many {{.*}}cpu.variant = "amx"
// NARROW: tile.mma {{.*}}<panels, 4 by 1>
// WIDE: tile.mma {{.*}}<panels, 6 by 3>
// DOTS: tile.mma {{.*}}<panels, 8 by 3>
// UNIT: tile.mma {{.*}}<matrix_unit, 32 by 1>
// Four panels; the unit takes two at a time, and no odd depth.
// NARROW: tile.mma {{.*}}<panels, 4 by 1>
// WIDE: tile.mma {{.*}}<panels, 4 by 4>
// DOTS: tile.mma {{.*}}<panels, 6 by 4>
// UNIT: tile.mma {{.*}}<matrix_unit, 32 by 2>
// CHECK: tile.mma {{.*}}<panels, {{.*}} tensor<32x40xbf16>
tile.kernel @many grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<64x64xbf16>, %y: !tile.view<?x48xf32>) {
  %c0 = arith.constant 0 : index
  %zero48 = arith.constant dense<0.0> : tensor<32x48xf32>
  %zero64 = arith.constant dense<0.0> : tensor<32x64xf32>
  %a = tile.load %x[%i, %c0] : !tile.view<?x64xbf16> -> tensor<32x64xbf16>
  %b48 = tile.load %w[%c0, %c0] : !tile.view<64x64xbf16> -> tensor<48x64xbf16>
  %b64 = tile.load %w[%c0, %c0] : !tile.view<64x64xbf16> -> tensor<64x64xbf16>
  %odd = tile.load %x[%i, %c0] : !tile.view<?x64xbf16> -> tensor<32x40xbf16>
  %b40 = tile.load %w[%c0, %c0] : !tile.view<64x64xbf16> -> tensor<48x40xbf16>
  %0 = tile.mma %a, %b48, %zero48 transpose_b : tensor<32x64xbf16>, tensor<48x64xbf16> -> tensor<32x48xf32>
  %1 = tile.mma %a, %b64, %zero64 transpose_b : tensor<32x64xbf16>, tensor<64x64xbf16> -> tensor<32x64xf32>
  %2 = tile.mma %odd, %b40, %zero48 transpose_b : tensor<32x40xbf16>, tensor<48x40xbf16> -> tensor<32x48xf32>
  tile.return
}

// Up to four rows read the other operand as it lies: no panels, no unit. Weights that are stored in panels keep them.
// CHECK-LABEL: tile.kernel @few
// CHECK: tile.mma {{.*}} transpose_b {{.*}}<lanes, 4 by 1>
// CHECK: tile.mma {{.*}}<joined, 4 by
// CHECK: tile.mma {{.*}}<{{panels|matrix_unit}}, {{.*}} tensor<5x64xbf16>
// CHECK: tile.mma {{.*}}<{{panels|matrix_unit}}, {{.*}} tensor<4x64xbf16>
tile.kernel @few grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<64x64xbf16>, %p: !tile.view<64x64xbf16, panels>) {
  %c0 = arith.constant 0 : index
  %zero4 = arith.constant dense<0.0> : tensor<4x64xf32>
  %zero5 = arith.constant dense<0.0> : tensor<5x64xf32>
  %four = tile.load %x[%i, %c0] : !tile.view<?x64xbf16> -> tensor<4x64xbf16>
  %five = tile.load %x[%i, %c0] : !tile.view<?x64xbf16> -> tensor<5x64xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<64x64xbf16> -> tensor<64x64xbf16>
  %stored = tile.load %p[%c0, %c0] : !tile.view<64x64xbf16, panels> -> tensor<64x64xbf16>
  %0 = tile.mma %four, %b, %zero4 transpose_b : tensor<4x64xbf16>, tensor<64x64xbf16> -> tensor<4x64xf32>
  %1 = tile.mma %four, %b, %zero4 : tensor<4x64xbf16>, tensor<64x64xbf16> -> tensor<4x64xf32>
  %2 = tile.mma %five, %b, %zero5 : tensor<5x64xbf16>, tensor<64x64xbf16> -> tensor<5x64xf32>
  %3 = tile.mma %four, %stored, %zero4 transpose_b : tensor<4x64xbf16>, tensor<64x64xbf16> -> tensor<4x64xf32>
  tile.return
}

// Long sums of float32 are made of parts; whole where their chains are short.
// CHECK-LABEL: tile.kernel @long
// CHECK: tile.mma {{.*}} sums 192>} : tensor<8x193xf32>
// CHECK: tile.mma {{.*}}<panels, {{[0-9]+ by [0-9]+}}>} : tensor<8x192xf32>
tile.kernel @long grid(%i) (%x: !tile.view<?x256xf32>, %y: !tile.view<?x48xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<8x16xf32>
  %a193 = tile.load %x[%i, %c0] : !tile.view<?x256xf32> -> tensor<8x193xf32>
  %b193 = tile.load %x[%i, %c0] : !tile.view<?x256xf32> -> tensor<16x193xf32>
  %a192 = tile.load %x[%i, %c0] : !tile.view<?x256xf32> -> tensor<8x192xf32>
  %b192 = tile.load %x[%i, %c0] : !tile.view<?x256xf32> -> tensor<16x192xf32>
  %0 = tile.mma %a193, %b193, %zero transpose_b : tensor<8x193xf32>, tensor<16x193xf32> -> tensor<8x16xf32>
  %1 = tile.mma %a192, %b192, %zero transpose_b : tensor<8x192xf32>, tensor<16x192xf32> -> tensor<8x16xf32>
  tile.return
}

// int8 unpacks for many rows, with blocks of their own for a last panel that is narrow; int16 shares among a few. So few
// that unpacking does not pay stream.
// CHECK-LABEL: tile.kernel @quantized
// NARROW: tile.scaled_mma {{.*}}<scaled, 2 by 1 last 2 streams 3>
// WIDE: tile.scaled_mma {{.*}}<scaled, 4 by 3 last 8 streams 3>
// NARROW: tile.scaled_mma {{.*}}<wide, 2 by 1 streams 1>
// DOTS: tile.scaled_mma {{.*}}<wide, 8 by 1 streams 2>
tile.kernel @quantized grid(%i) (%x: !tile.view<?x64xi8>, %h: !tile.view<?x64xi16>, %s: !tile.view<?x2xf32>,
    %w: !tile.view<48x64x!tile.quantized<q4_1>>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<32x48xf32>
  %a8 = tile.load %x[%i, %c0] : !tile.view<?x64xi8> -> tensor<32x64xi8>
  %a16 = tile.load %h[%i, %c0] : !tile.view<?x64xi16> -> tensor<32x64xi16>
  %as = tile.load %s[%i, %c0] : !tile.view<?x2xf32> -> tensor<32x2xf32>
  %b = tile.load %w[%c0, %c0] : !tile.view<48x64x!tile.quantized<q4_1>> -> tensor<48x64x!tile.quantized<q4_1>>
  %0 = tile.scaled_mma %a8 scaled(%as, %as), %b, %zero
    : tensor<32x64xi8>, tensor<48x64x!tile.quantized<q4_1>> -> tensor<32x48xf32>(tensor<32x2xf32>, tensor<32x2xf32>)
  %1 = tile.scaled_mma %a16 scaled(%as, %as), %b, %zero
    : tensor<32x64xi16>, tensor<48x64x!tile.quantized<q4_1>> -> tensor<32x48xf32>(tensor<32x2xf32>, tensor<32x2xf32>)
  tile.return
}
