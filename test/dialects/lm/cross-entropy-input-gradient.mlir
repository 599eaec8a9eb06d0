// Gradient of the projected rows; with that of the log-sum-exp.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 4x3 max=3.17924 [2.27464, 3.17924, 0.972267, 0, 0, 0, 0.00433813, 0.0026802, -0.00603249, -0.00367338, 0.00347992, -0.00234326]
// CHECK: result 1: 4x3 max=4.3756 [4.3756, 3.75388, 1.18758, -0.141925, -0.261011, 0.132883, 0.173321, 0.0633934, -0.205136, 0.81069, -0.624931, 1.38516]

func.func @main() -> (tensor<4x3xf32>, tensor<4x3xf32>) {
  %x = arith.constant dense<[[1.625, 1.875, 0.25], [-0.875, -1.5, 0.25], [-1.25, 1.0, 1.75], [-1.0, 0.25, -1.875]]> : tensor<4x3xf32>
  %w = arith.constant dense<[[-1.375, -0.5, 1.625], [1.875, 0.625, 0.375], [0.25, -1.75, -0.5], [2.0, -0.375, -1.125], [-1.125, 0.875, -1.875]]> : tensor<5x3xf32>
  %t = arith.constant dense<[2, -100, 0, 4]> : tensor<4xi32>
  %g = arith.constant dense<[1.875, 1.5, 0.25, -0.125]> : tensor<4xf32>
  %s = arith.constant dense<[4.44140625, 3.05078125, 4.076171875, 4.87890625]> : tensor<4xf32>
  %one = arith.constant dense<[0.75]> : tensor<1xf32>
  %ls = arith.constant dense<[1.125, 0.25, -0.125, -0.75]> : tensor<4xf32>
  %d = lm.cross_entropy_input_gradient %x, %w, %t, %g, %s, %one
    : (tensor<4x3xf32>, tensor<5x3xf32>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>, tensor<1xf32>) -> tensor<4x3xf32>
  %e = lm.cross_entropy_input_gradient %x, %w, %t, %g, %s, %one lse %ls
    : (tensor<4x3xf32>, tensor<5x3xf32>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>, tensor<1xf32>, tensor<4xf32>) -> tensor<4x3xf32>
  return %d, %e : tensor<4x3xf32>, tensor<4x3xf32>
}
