// A quantised matrix as real numbers; its rows picked one by one are the same.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 4 --seed 5 | FileCheck %s

// CHECK: result 0: 4x32 max=0.{{[0-9]+}} [
// CHECK: result 1: 4x32 max=0 [

lm.parameter @w : !lm.quantized<4x32, q8_0>

func.func @main() -> (tensor<4x32xf32>, tensor<4x32xf32>) {
  %w = lm.parameter_ref @w : !lm.quantized<4x32, q8_0>
  %d = lm.dequantize %w : (!lm.quantized<4x32, q8_0>) -> tensor<4x32xf32>
  %rows = arith.constant dense<[0, 1, 2, 3]> : tensor<4xi32>
  %e = lm.embedding %rows, %w : (tensor<4xi32>, !lm.quantized<4x32, q8_0>) -> tensor<4x32xf32>
  %z = arith.subf %d, %e : tensor<4x32xf32>
  return %d, %z : tensor<4x32xf32>, tensor<4x32xf32>
}
