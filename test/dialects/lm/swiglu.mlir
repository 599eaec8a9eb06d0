// Gated unit.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=2.43854 [-2.43854, 0.389037, -0.827749, -0.169708, 0.277812, -0.63696, -0.685942, 0.241256]

func.func @main() -> (tensor<2x4xf32>) {
  %x = arith.constant dense<[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125]]> : tensor<2x4xf32>
  %y = arith.constant dense<[[-1.5, 1.25, -1.625, -0.125], [1.25, -0.75, -0.625, -0.875]]> : tensor<2x4xf32>
  %z = lm.swiglu %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}
