// Angles are computed once for equal positions and rotations of a function.
// RUN: longc-opt %s --longc-lower-rope | FileCheck %s
// RUN: longc-interpret %s --function shared --compare-after longc-lower-rope
// RUN: longc-interpret %s --function factors --compare-after longc-lower-rope

// CHECK-LABEL: func.func @shared
// CHECK: %[[SLOW:.*]] = lm.rope_angles %arg2 {dim = 16 : i64, scale = 5.000000e-01 : f64, theta = 1.000000e+04 : f64} : (tensor<?xi32>) -> tensor<?x16xf32>
// CHECK: %[[ANGLES:.*]] = lm.rope_angles %arg2 {dim = 32 : i64, theta = 1.000000e+04 : f64}
// CHECK-NOT: lm.rope_angles
// CHECK: lm.apply_rope %arg0, %[[ANGLES]] : (tensor<?x4x32xf32>, tensor<?x32xf32>)
// CHECK: lm.apply_rope %arg1, %[[ANGLES]] : (tensor<?x2x32xf32>, tensor<?x32xf32>)
// CHECK: lm.apply_rope %arg1, %[[SLOW]] style interleaved
func.func @shared(%q: tensor<?x4x32xf32>, %k: tensor<?x2x32xf32>, %positions: tensor<?xi32> {lm.input = "positions"})
    -> (tensor<?x4x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>) {
  %a = lm.rope %q, %positions {dim = 32 : i64, theta = 1.0e4 : f64} : (tensor<?x4x32xf32>, tensor<?xi32>) -> tensor<?x4x32xf32>
  %b = lm.rope %k, %positions {dim = 32 : i64, theta = 1.0e4 : f64} : (tensor<?x2x32xf32>, tensor<?xi32>) -> tensor<?x2x32xf32>
  %c = lm.rope %k, %positions style interleaved {dim = 16 : i64, theta = 1.0e4 : f64, scale = 0.5 : f64}
    : (tensor<?x2x32xf32>, tensor<?xi32>) -> tensor<?x2x32xf32>
  return %a, %b, %c : tensor<?x4x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>
}

// Angles with factors are others.
// CHECK-LABEL: func.func @factors
// CHECK: lm.rope_angles %arg1 {dim = 4 : i64, factors = array<f64: 1.000000e+00, 8.000000e+00>, theta = 1.000000e+04 : f64}
// CHECK: lm.rope_angles %arg1 {dim = 4 : i64, theta = 1.000000e+04 : f64}
func.func @factors(%q: tensor<?x2x4xf32>, %positions: tensor<?xi32> {lm.input = "positions"}) -> (tensor<?x2x4xf32>, tensor<?x2x4xf32>) {
  %a = lm.rope %q, %positions {dim = 4 : i64, theta = 1.0e4 : f64} : (tensor<?x2x4xf32>, tensor<?xi32>) -> tensor<?x2x4xf32>
  %b = lm.rope %q, %positions {dim = 4 : i64, theta = 1.0e4 : f64, factors = array<f64: 1.0, 8.0>} : (tensor<?x2x4xf32>, tensor<?xi32>) -> tensor<?x2x4xf32>
  return %a, %b : tensor<?x2x4xf32>, tensor<?x2x4xf32>
}
