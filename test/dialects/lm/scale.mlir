// Product with one number.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=4.6875 [4.6875, 1.25, 1.875, 4.0625, 0.9375, 2.8125, 3.4375, -2.8125]

func.func @main() -> (tensor<2x4xf32>) {
  %x = arith.constant dense<[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125]]> : tensor<2x4xf32>
  %y = lm.scale %x {factor = 2.5 : f64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}
