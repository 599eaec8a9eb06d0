// Gaussian error linear unit, exact and by tanh.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x4 max=1.81801 [1.81801, 0.345731, 0.580029, 1.54037, 0.242314, 0.978419, 1.25872, -0.146581]
// CHECK: result 1: 2x4 max=1.818 [1.818, 0.345714, 0.579961, 1.54019, 0.242308, 0.978225, 1.25849, -0.146775]

func.func @main() -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %x = arith.constant dense<[[1.875, 0.5, 0.75, 1.625], [0.375, 1.125, 1.375, -1.125]]> : tensor<2x4xf32>
  %y = lm.gelu %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %z = lm.gelu %x {tanh} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y, %z : tensor<2x4xf32>, tensor<2x4xf32>
}
