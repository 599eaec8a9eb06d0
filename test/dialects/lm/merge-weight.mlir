// Shares of parts; a part that saw nothing has none, also where the whole saw nothing.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=1 [1, 0.367879, 0.606531, 0, 0, 0.22313, 0.0497871, 0.0183156]

func.func @main() -> (tensor<2x4xf32>) {
  %x = arith.constant dense<[[0.5, -1.0, 1.0, 0xFF800000], [0xFF800000, -0.5, 0.0, -3.0]]> : tensor<2x4xf32>
  %y = arith.constant dense<[[0.5, 0.0, 1.5, 2.0], [0xFF800000, 1.0, 3.0, 1.0]]> : tensor<2x4xf32>
  %z = lm.merge_weight %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}
