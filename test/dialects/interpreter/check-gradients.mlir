// Gradients beside finite differences of their function: all elements, or some; no difference is free of rounding.
// RUN: longc-interpret %s --function smooth --check-gradients | FileCheck %s
// RUN: longc-interpret %s --function smooth --check-gradients --samples 2 | FileCheck %s --check-prefix=FEW
// RUN: not longc-interpret %s --function smooth --check-gradients --tolerance 0 | FileCheck %s --check-prefix=EXACT
// RUN: not longc-interpret %s --function untrained --check-gradients 2>&1 | FileCheck %s --check-prefix=NONE

// CHECK: gradients agree: 1 of 1, 6 elements, max_error=
// FEW: gradients agree: 1 of 1, 2 elements, max_error=
// EXACT: gradient of argument 0 differs at element {{[0-9]}}: {{[-0-9.]+}}, by differences
func.func @smooth(%x: tensor<2x3xf32> {lm.trained}) -> tensor<2x3xf32> {
  %0 = lm.silu %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// NONE: expected trainable parameters, or arguments that are marked lm.trained
func.func @untrained(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = lm.silu %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
