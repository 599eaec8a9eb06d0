// Cosines, then sines, of the angles of each position.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 3x4 max=1 [1, 1, 0, 0, 0.540302, 0.995004, 0.841471, 0.0998334, 0.283662, 0.877583, -0.958924, 0.479426]

func.func @main() -> (tensor<3x4xf32>) {
  %p = arith.constant dense<[0, 1, 5]> : tensor<3xi32>
  %a = lm.rope_angles %p {theta = 100.0 : f64, dim = 4 : i64} : (tensor<3xi32>) -> tensor<3x4xf32>
  return %a : tensor<3x4xf32>
}
