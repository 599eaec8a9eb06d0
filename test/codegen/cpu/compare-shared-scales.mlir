// Blocks that share a scale: rounded together, their integers summed together. Two variants as the interpreter, whole tiles of rows and columns and
// ends, and rows with a NaN; the interpreter refuses scales that differ.
//
// RUN: longc-compare-cpu %s --function=f --tokens=37 --variants=avx2,avx512_bf16 --rough-tolerance=1e-5 --pass-pipeline=longc-lower | FileCheck %s
// RUN: longc-compare-cpu %s --function=f --tokens=3 --variants=avx512_bf16 --rough-tolerance=1e-5 --pass-pipeline=longc-lower | FileCheck %s
// RUN: longc-compare-cpu %s --function=nan --variants=avx2 --pass-pipeline=longc-lower | FileCheck %s
// RUN: not longc-interpret %s --function=differ 2>&1 | FileCheck %s --check-prefix=DIFFER
//
// CHECK-NOT: WRONG
// CHECK: {{[1-9][0-9]*}} passed, 0 failed, {{[0-9]+}} skipped
// DIFFER: expected one scale in 3 neighbouring blocks
module attributes {tile.target = #tile.target<mma_rows = 256, mma_cols = 96, mma_depth = 0, attention_rows = 64, attention_cols = 128, stream_rows = 8, fold_heads = true>} {
lm.parameter @w.shared : !lm.quantized<120x192, q8_0>
lm.parameter @v.shared : !lm.quantized<288x96, q8_0>
lm.parameter @w : !lm.quantized<120x192, q8_0>
lm.parameter @bias : tensor<288xf32>
func.func @f(%x: tensor<?x192xf32>, %y: tensor<?x96xf32>) -> (tensor<?x120xf32>, tensor<?x288xi8>, tensor<?x9xf32>, tensor<?x9xf32>) {
  %w = lm.parameter_ref @w.shared : !lm.quantized<120x192, q8_0>
  %vx, %sx, %mx = lm.quantize %x {scale_blocks = 3 : i64} : (tensor<?x192xf32>) -> (tensor<?x192xi8>, tensor<?x6xf32>, tensor<?x6xf32>)
  %0 = lm.quantized_linear %vx, %sx, %mx, %w {scale_blocks = 3 : i64} : (tensor<?x192xi8>, tensor<?x6xf32>, tensor<?x6xf32>, !lm.quantized<120x192, q8_0>) -> tensor<?x120xf32>
  %v = lm.parameter_ref @v.shared : !lm.quantized<288x96, q8_0>
  %b = lm.parameter_ref @bias : tensor<288xf32>
  %vy, %sy, %my = lm.quantize %y {scale_blocks = 3 : i64} : (tensor<?x96xf32>) -> (tensor<?x96xi8>, tensor<?x3xf32>, tensor<?x3xf32>)
  %1 = lm.quantized_linear %vy, %sy, %my, %v bias %b {scale_blocks = 3 : i64} : (tensor<?x96xi8>, tensor<?x3xf32>, tensor<?x3xf32>, !lm.quantized<288x96, q8_0>, tensor<288xf32>) -> tensor<?x288xf32>
  %2 = lm.add %1, %1 : (tensor<?x288xf32>, tensor<?x288xf32>) -> tensor<?x288xf32>
  %q, %s, %m = lm.quantize %2 {scale_blocks = 3 : i64} : (tensor<?x288xf32>) -> (tensor<?x288xi8>, tensor<?x9xf32>, tensor<?x9xf32>)
  return %0, %q, %s, %m : tensor<?x120xf32>, tensor<?x288xi8>, tensor<?x9xf32>, tensor<?x9xf32>
}
// One NaN, in the last of the three blocks that share the first scale.
func.func @nan() -> (tensor<1x192xi8>, tensor<1x6xf32>, tensor<1x6xf32>) {
  %x = arith.constant dense<[[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0x7FC00000, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]> : tensor<1x192xf32>
  %q, %s, %m = lm.quantize %x {scale_blocks = 3 : i64} : (tensor<1x192xf32>) -> (tensor<1x192xi8>, tensor<1x6xf32>, tensor<1x6xf32>)
  return %q, %s, %m : tensor<1x192xi8>, tensor<1x6xf32>, tensor<1x6xf32>
}
func.func @differ(%x: tensor<4x192xf32>) -> tensor<4x120xf32> {
  %w = lm.parameter_ref @w : !lm.quantized<120x192, q8_0>
  %v, %s, %m = lm.quantize %x {scale_blocks = 3 : i64} : (tensor<4x192xf32>) -> (tensor<4x192xi8>, tensor<4x6xf32>, tensor<4x6xf32>)
  %0 = lm.quantized_linear %v, %s, %m, %w {scale_blocks = 3 : i64} : (tensor<4x192xi8>, tensor<4x6xf32>, tensor<4x6xf32>, !lm.quantized<120x192, q8_0>) -> tensor<4x120xf32>
  return %0 : tensor<4x120xf32>
}
}
