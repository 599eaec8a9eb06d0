// Matrices lie in panels, unless they are trained or nothing but tables of rows; what is no matrix does not. Kernels have it as the type of their views.
// RUN: longc-opt %s --longc-assign-layouts | FileCheck %s
// RUN: longc-opt %s --longc-set-target=target=cpu --longc-assign-layouts --longc-tile-linear | FileCheck %s --check-prefix=TILED
// RUN: longc-opt %s --longc-set-target=target=cuda:sm_90a --longc-assign-layouts --longc-tile-linear | FileCheck %s --check-prefix=DECODED
// RUN: longc-interpret %s --function products --tokens 5 --compare-after longc-set-target,longc-assign-layouts,longc-tile-linear --tolerance 1e-6

// CHECK: lm.parameter @weight panels : tensor<32x64xbf16>
// CHECK: lm.parameter @blocks panels : !lm.quantized<32x64, q4_0>
// CHECK: lm.parameter @joined parts ["a", "b"] panels : tensor<32x64xf32>
// CHECK: lm.parameter @trained trainable : tensor<32x64xf32>
// CHECK: lm.parameter @norm : tensor<64xf32>
// CHECK: lm.parameter @heads : tensor<2x16x64xf32>
lm.parameter @weight : tensor<32x64xbf16>
lm.parameter @blocks : !lm.quantized<32x64, q4_0>
lm.parameter @joined parts ["a", "b"] : tensor<32x64xf32>
lm.parameter @trained trainable : tensor<32x64xf32>
lm.parameter @norm : tensor<64xf32>
lm.parameter @heads : tensor<2x16x64xf32>
// CHECK: lm.parameter @table : tensor<32x64xf32>
// CHECK: lm.parameter @tied panels : tensor<32x64xf32>
lm.parameter @table : tensor<32x64xf32>
lm.parameter @tied : tensor<32x64xf32>
// Of a table that is multiplied as well, in another type here and as it is in another precision, both say the same.
// CHECK: lm.parameter @narrowed panels : tensor<32x64xf32>
// CHECK: lm.parameter @"narrowed:bf16" parts ["narrowed"] panels : tensor<32x64xbf16>
lm.parameter @narrowed : tensor<32x64xf32>
lm.parameter @"narrowed:bf16" parts ["narrowed"] : tensor<32x64xbf16>

// TILED: tile.kernel @linear_32x64{{.*}}!tile.view<32x64xf32, panels>
// TILED: tile.kernel @linear_32x64_1{{.*}}!tile.view<32x64xf32>,
// DECODED-NOT: panels>
// DECODED: func.func @products
func.func @products(%x: tensor<?x64xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %j = lm.parameter_ref @joined : tensor<32x64xf32>
  %0 = lm.linear %x, %j : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %t = lm.parameter_ref @trained : tensor<32x64xf32>
  %1 = lm.linear %x, %t : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %0, %1 : tensor<?x32xf32>, tensor<?x32xf32>
}

func.func @tables(%tokens: tensor<?xi32>) -> (tensor<?x64xf32>, tensor<?x32xf32>) {
  %w = lm.parameter_ref @table : tensor<32x64xf32>
  %0 = lm.embedding %tokens, %w : (tensor<?xi32>, tensor<32x64xf32>) -> tensor<?x64xf32>
  %t = lm.parameter_ref @tied : tensor<32x64xf32>
  %1 = lm.embedding %tokens, %t : (tensor<?xi32>, tensor<32x64xf32>) -> tensor<?x64xf32>
  %2 = lm.linear %1, %t : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %0, %2 : tensor<?x64xf32>, tensor<?x32xf32>
}

func.func @narrow(%tokens: tensor<?xi32>) -> tensor<?x32xf32> {
  %w = lm.parameter_ref @narrowed : tensor<32x64xf32>
  %0 = lm.embedding %tokens, %w : (tensor<?xi32>, tensor<32x64xf32>) -> tensor<?x64xf32>
  %1 = lm.round %0 : (tensor<?x64xf32>) -> tensor<?x64xbf16>
  %n = lm.parameter_ref @"narrowed:bf16" : tensor<32x64xbf16>
  %2 = lm.linear %1, %n : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  return %2 : tensor<?x32xf32>
}
