// Gradient of the projection; with that of the log-sum-exp.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 5x3 max=2.63523 [0.00499488, -0.000620845, -0.00397325, 2.00747, 2.31891, 0.311087, -2.28311, -2.63523, -0.349345, 0.260103, 0.299163, 0.041311, 0.010688, 0.0177372, 0.000797235]
// CHECK: result 1: 5x3 max=4.17083 [0.0518587, -0.310423, -0.186467, 3.61505, 4.17083, 0.558234, -2.37591, -2.80965, -0.306692, 0.471062, 0.533067, 0.0847534, 0.753663, -0.162025, 1.38153]

func.func @main() -> (tensor<5x3xf32>, tensor<5x3xf32>) {
  %x = arith.constant dense<[[1.625, 1.875, 0.25], [-0.875, -1.5, 0.25], [-1.25, 1.0, 1.75], [-1.0, 0.25, -1.875]]> : tensor<4x3xf32>
  %w = arith.constant dense<[[-1.375, -0.5, 1.625], [1.875, 0.625, 0.375], [0.25, -1.75, -0.5], [2.0, -0.375, -1.125], [-1.125, 0.875, -1.875]]> : tensor<5x3xf32>
  %t = arith.constant dense<[2, -100, 0, 4]> : tensor<4xi32>
  %g = arith.constant dense<[1.875, 1.5, 0.25, -0.125]> : tensor<4xf32>
  %s = arith.constant dense<[4.44140625, 3.05078125, 4.076171875, 4.87890625]> : tensor<4xf32>
  %one = arith.constant dense<[0.75]> : tensor<1xf32>
  %ls = arith.constant dense<[1.125, 0.25, -0.125, -0.75]> : tensor<4xf32>
  %e = lm.cross_entropy_weight_gradient %x, %w, %t, %g, %s, %one
    : (tensor<4x3xf32>, tensor<5x3xf32>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>, tensor<1xf32>) -> tensor<5x3xf32>
  %f = lm.cross_entropy_weight_gradient %x, %w, %t, %g, %s, %one lse %ls
    : (tensor<4x3xf32>, tensor<5x3xf32>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>, tensor<1xf32>, tensor<4xf32>) -> tensor<5x3xf32>
  return %e, %f : tensor<5x3xf32>, tensor<5x3xf32>
}
