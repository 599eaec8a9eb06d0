// A gradient through gelu, by erf and by tanh.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=2.21613 [-2.05983, -0.759058, -0.874323, 1.68157, 1.37483, -2.21613, 0, -0.148592]
// CHECK: result 1: 2x4 max=2.21554 [-2.06135, -0.758949, -0.874071, 1.68227, 1.37472, -2.21554, 0, -0.148186]

func.func @main() -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %x = arith.constant dense<[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125]]> : tensor<2x4xf32>
  %y = arith.constant dense<[[-1.875, -0.875, -0.875, 1.5], [1.75, -2.0, 0.0, 1.375]]> : tensor<2x4xf32>
  %z = lm.gelu_gradient %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %t = lm.gelu_gradient %x, %y {tanh} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %z, %t : tensor<2x4xf32>, tensor<2x4xf32>
}
