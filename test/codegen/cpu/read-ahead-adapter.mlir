// An adapter's products in decoding: what they read is asked for before, since a processor does not look ahead past a page.
//
// RUN: longc-opt %s --longc-cpu-kernels=variant=avx512_bf16 | FileCheck %s

// The second product comes on top of weights that stream: 8 lines of its panel are asked for by each panel of theirs. Nothing is where nothing is added.
// CHECK-LABEL: func.func @longc_second_avx512_bf16
// CHECK-COUNT-8: llvm.intr.prefetch
// CHECK-NOT: llvm.intr.prefetch
// CHECK-LABEL: func.func @longc_weights_alone_avx512_bf16
// CHECK-NOT: llvm.intr.prefetch
tile.kernel @second grid() (%a: !tile.view<1x64xi16>, %as: !tile.view<1x2xf32>, %w: !tile.view<64x64x!tile.quantized<q4_1>>,
                            %p: !tile.view<1x16xbf16>, %b: !tile.view<64x16xbf16, panels>, %y: !tile.view<1x64xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<1x64xf32>
  %at = tile.load %a[%c0, %c0] : !tile.view<1x64xi16> -> tensor<1x64xi16>
  %ast = tile.load %as[%c0, %c0] : !tile.view<1x2xf32> -> tensor<1x2xf32>
  %wt = tile.load %w[%c0, %c0] : !tile.view<64x64x!tile.quantized<q4_1>> -> tensor<64x64x!tile.quantized<q4_1>>
  %0 = tile.scaled_mma %at scaled(%ast, %ast), %wt, %zero : tensor<1x64xi16>, tensor<64x64x!tile.quantized<q4_1>> -> tensor<1x64xf32> (tensor<1x2xf32>, tensor<1x2xf32>)
  %pt = tile.load %p[%c0, %c0] : !tile.view<1x16xbf16> -> tensor<1x16xbf16>
  %bt = tile.load %b[%c0, %c0] : !tile.view<64x16xbf16, panels> -> tensor<64x16xbf16>
  %1 = tile.mma %pt, %bt, %0 transpose_b : tensor<1x16xbf16>, tensor<64x16xbf16> -> tensor<1x64xf32>
  tile.store %1, %y[%c0, %c0] : tensor<1x64xf32>, !tile.view<1x64xf32>
  tile.return
}
tile.kernel @weights_alone grid() (%a: !tile.view<1x64xi16>, %as: !tile.view<1x2xf32>, %w: !tile.view<16x64x!tile.quantized<q4_1>>, %y: !tile.view<1x16xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<1x16xf32>
  %at = tile.load %a[%c0, %c0] : !tile.view<1x64xi16> -> tensor<1x64xi16>
  %ast = tile.load %as[%c0, %c0] : !tile.view<1x2xf32> -> tensor<1x2xf32>
  %wt = tile.load %w[%c0, %c0] : !tile.view<16x64x!tile.quantized<q4_1>> -> tensor<16x64x!tile.quantized<q4_1>>
  %0 = tile.scaled_mma %at scaled(%ast, %ast), %wt, %zero : tensor<1x64xi16>, tensor<16x64x!tile.quantized<q4_1>> -> tensor<1x16xf32> (tensor<1x2xf32>, tensor<1x2xf32>)
  tile.store %0, %y[%c0, %c0] : tensor<1x16xf32>, !tile.view<1x16xf32>
  tile.return
}

// The first product, one row by 16 columns: each step asks for a line 32 steps ahead.
// CHECK-LABEL: func.func @longc_first_avx512_bf16
// CHECK: llvm.intr.prefetch
// Not so by 96 columns.
// CHECK-LABEL: func.func @longc_many_columns_avx512_bf16
// CHECK-NOT: llvm.intr.prefetch
tile.kernel @first grid() (%x: !tile.view<1x512xbf16>, %w: !tile.view<16x512xbf16, panels>, %y: !tile.view<1x16xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<1x16xf32>
  %a = tile.load %x[%c0, %c0] : !tile.view<1x512xbf16> -> tensor<1x512xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<16x512xbf16, panels> -> tensor<16x512xbf16>
  %s = tile.mma %a, %b, %zero transpose_b : tensor<1x512xbf16>, tensor<16x512xbf16> -> tensor<1x16xf32>
  tile.store %s, %y[%c0, %c0] : tensor<1x16xf32>, !tile.view<1x16xf32>
  tile.return
}
tile.kernel @many_columns grid() (%x: !tile.view<1x512xbf16>, %w: !tile.view<96x512xbf16, panels>, %y: !tile.view<1x96xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<1x96xf32>
  %a = tile.load %x[%c0, %c0] : !tile.view<1x512xbf16> -> tensor<1x512xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<96x512xbf16, panels> -> tensor<96x512xbf16>
  %s = tile.mma %a, %b, %zero transpose_b : tensor<1x512xbf16>, tensor<96x512xbf16> -> tensor<1x96xf32>
  tile.store %s, %y[%c0, %c0] : tensor<1x96xf32>, !tile.view<1x96xf32>
  tile.return
}
