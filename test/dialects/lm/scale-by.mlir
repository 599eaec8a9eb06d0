// Product with a computed number.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=1.17188 [-1.17188, -0.3125, -0.46875, -1.01562, -0.234375, -0.703125, -0.859375, 0.703125]

func.func @main() -> (tensor<2x4xf32>) {
  %x = arith.constant dense<[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125]]> : tensor<2x4xf32>
  %f = arith.constant dense<[-0.625]> : tensor<1xf32>
  %z = lm.scale_by %x, %f : (tensor<2x4xf32>, tensor<1xf32>) -> tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}
