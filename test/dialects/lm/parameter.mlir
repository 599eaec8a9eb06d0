// Parameters: joined ones have the rows of their parts.
// RUN: longc-opt %s --verify-roundtrip | FileCheck %s --check-prefix=IR
// RUN: longc-interpret %s | FileCheck %s

// IR: lm.parameter @joined parts ["a", "b"] : tensor<3x2xf32>
// IR: lm.parameter @a trainable : tensor<1x2xf32>
// IR: lm.parameter @q : !lm.quantized<4x32, q4_1>

// CHECK: result 0: 3x2 max=0 [0, 0, 0, 0, 0, 0]
// CHECK: result 1: 1x2 max={{[0-9.]+}} [

lm.parameter @joined parts ["a", "b"] : tensor<3x2xf32>
lm.parameter @a trainable : tensor<1x2xf32>
lm.parameter @b : tensor<2x2xf32>
lm.parameter @q : !lm.quantized<4x32, q4_1>

func.func @main() -> (tensor<3x2xf32>, tensor<1x2xf32>) {
  %j = lm.parameter_ref @joined : tensor<3x2xf32>
  %a = lm.parameter_ref @a : tensor<1x2xf32>
  %b = lm.parameter_ref @b : tensor<2x2xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %f = tensor.insert_slice %a into %e[0, 0] [1, 2] [1, 1] : tensor<1x2xf32> into tensor<3x2xf32>
  %g = tensor.insert_slice %b into %f[1, 0] [2, 2] [1, 1] : tensor<2x2xf32> into tensor<3x2xf32>
  %d = arith.subf %g, %j : tensor<3x2xf32>
  return %d, %a : tensor<3x2xf32>, tensor<1x2xf32>
}
