// A linear state that is read and then written (Infini-attention): two sequences with a state each, added to and by the
// delta rule, one head of keys for two of queries; one state for all rows with one gate for the layer.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 4x2x2 max=2.19157 [-0.653352, -1.19939, -1.3474, -0.905065, -0.318388, -0.816773, -0.598932, -0.715523, 1.15426, -2.19157, -0.539561, -0.680033, -0.688135, 1.07844, -0.152749, 0.351245]
// CHECK: result 1: 2x1x2x2 max=2.11523 [1.97908, -1.07089, -0.884528, -2.09262, -0.0228309, 0.218354, 2.11523, -0.965929]
// CHECK: result 2: 2x1x2 max=5.67377 [1.74117, 5.67377, 1.91026, 2.07465]
// CHECK: result 3: 4x2x2 max=2.19157 [-0.653352, -1.19939, -1.3474, -0.905065, -0.318388, -0.816773, -0.598932, -0.715523, 1.15426, -2.19157, -0.539561, -0.680033, -0.688135, 1.07844, -0.152749, 0.351245]
// CHECK: result 4: 2x1x2x2 max=4.28661 [2.89902, -0.339448, 4.28661, -0.672475, -0.11871, 0.439838, 2.05708, -0.831592]
// CHECK: result 5: 2x1x2 max=5.67377 [1.74117, 5.67377, 1.91026, 2.07465]
// CHECK: result 6: 4x2x2 max=1.87224 [-1.35896, -1.76246, -1.87224, -1.68511, -1.31195, 1.55172, -1.14412, 0.406987, 1.02906, -1.32593, -0.723405, -0.444344, -0.723761, 1.40174, -1.35102, 1.36957]
// CHECK: result 7: 4x2 max=0.132964 [0.132964, 0.132964, 0.132964, 0.132964, 0.132964, 0.132964, 0.132964, 0.132964]
// CHECK: result 8: 1x2x2 max=2.58125 [2.58125, -0.60254, -0.519294, -1.80855]
// CHECK: result 9: 1x2 max=5.99843 [2.27643, 5.99843]

func.func private @sequences(%a: tensor<4x2x2xf32>, %q: tensor<4x2x2xf32>, %k: tensor<4x1x2xf32>, %v: tensor<4x1x2xf32>, %s: tensor<2x1x2x2xf32>, %n: tensor<2x1x2xf32>, %z: tensor<4x2xf32>, %cu: tensor<3xi32>)
    -> (tensor<4x2x2xf32>, tensor<2x1x2x2xf32>, tensor<2x1x2xf32>, tensor<4x2x2xf32>, tensor<2x1x2x2xf32>, tensor<2x1x2xf32>) {
  %o, %s1, %n1 = lm.gated_memory %a, %q reads kind linear_state (%s, %n) gate selects local (%z) writes add (%k, %v) sequences %cu {gate_scale = 1.0 : f64, gate_shift = 0.0 : f64}
    : (tensor<4x2x2xf32>, tensor<4x2x2xf32>, tensor<2x1x2x2xf32>, tensor<2x1x2xf32>, tensor<4x2xf32>, tensor<4x1x2xf32>, tensor<4x1x2xf32>, tensor<3xi32>) -> (tensor<4x2x2xf32>, tensor<2x1x2x2xf32>, tensor<2x1x2xf32>)
  %p, %s2, %n2 = lm.gated_memory %a, %q reads kind linear_state (%s, %n) gate selects local (%z) writes delta (%k, %v) sequences %cu {gate_scale = 1.0 : f64, gate_shift = 0.0 : f64}
    : (tensor<4x2x2xf32>, tensor<4x2x2xf32>, tensor<2x1x2x2xf32>, tensor<2x1x2xf32>, tensor<4x2xf32>, tensor<4x1x2xf32>, tensor<4x1x2xf32>, tensor<3xi32>) -> (tensor<4x2x2xf32>, tensor<2x1x2x2xf32>, tensor<2x1x2xf32>)
  return %o, %s1, %n1, %p, %s2, %n2 : tensor<4x2x2xf32>, tensor<2x1x2x2xf32>, tensor<2x1x2xf32>, tensor<4x2x2xf32>, tensor<2x1x2x2xf32>, tensor<2x1x2xf32>
}

func.func @main() -> (tensor<4x2x2xf32>, tensor<2x1x2x2xf32>, tensor<2x1x2xf32>, tensor<4x2x2xf32>, tensor<2x1x2x2xf32>, tensor<2x1x2xf32>, tensor<4x2x2xf32>, tensor<4x2xf32>, tensor<1x2x2xf32>, tensor<1x2xf32>) {
  %a = arith.constant dense<[[[-1.5, -1.875], [-2.0, -1.875]], [[-1.5, 2.0], [-1.25, 0.625]], [[1.0, -1.125], [-0.875, -0.25]], [[-1.0, 2.0], [-1.375, 1.625]]]> : tensor<4x2x2xf32>
  %q = arith.constant dense<[[[1.25, 1.375], [-1.625, -0.5]], [[0.5, 0.0], [0.625, 0.75]], [[0.625, -1.75], [1.875, 0.25]], [[1.625, -1.0], [-0.625, 1.625]]]> : tensor<4x2x2xf32>
  %k = arith.constant dense<[[[-1.25, -1.75]], [[-0.5, 0.75]], [[-1.5, 1.5]], [[-0.625, -1.125]]]> : tensor<4x1x2xf32>
  %v = arith.constant dense<[[[0.125, 1.625]], [[1.625, 1.5]], [[-0.75, -2.0]], [[1.125, 0.875]]]> : tensor<4x1x2xf32>
  %s = arith.constant dense<[[[[1.125, -2.0], [-1.875, 0.0]]], [[[-0.625, -0.25], [1.75, -1.25]]]]> : tensor<2x1x2x2xf32>
  %n = arith.constant dense<[[[0.625, 1.25]], [[1.375, 1.75]]]> : tensor<2x1x2xf32>
  %z = arith.constant dense<[[-1.375, -0.75], [-1.625, -1.5], [-0.875, 0.875], [0.375, -0.25]]> : tensor<4x2xf32>
  %cu = arith.constant dense<[0, 3, 4]> : tensor<3xi32>
  %r:6 = call @sequences(%a, %q, %k, %v, %s, %n, %z, %cu) : (tensor<4x2x2xf32>, tensor<4x2x2xf32>, tensor<4x1x2xf32>, tensor<4x1x2xf32>, tensor<2x1x2x2xf32>, tensor<2x1x2xf32>, tensor<4x2xf32>, tensor<3xi32>)
    -> (tensor<4x2x2xf32>, tensor<2x1x2x2xf32>, tensor<2x1x2xf32>, tensor<4x2x2xf32>, tensor<2x1x2x2xf32>, tensor<2x1x2xf32>)
  %s0 = arith.constant dense<[[[1.125, -2.0], [-1.875, 0.0]]]> : tensor<1x2x2xf32>
  %n0 = arith.constant dense<[[0.625, 1.25]]> : tensor<1x2xf32>
  %z1 = arith.constant dense<[0.375]> : tensor<1xf32>
  %o, %g, %s1, %n1 = lm.gated_memory %a, %q reads kind linear_state (%s0, %n0) gate (%z1) writes add (%k, %v)
    : (tensor<4x2x2xf32>, tensor<4x2x2xf32>, tensor<1x2x2xf32>, tensor<1x2xf32>, tensor<1xf32>, tensor<4x1x2xf32>, tensor<4x1x2xf32>) -> (tensor<4x2x2xf32>, tensor<4x2xf32>, tensor<1x2x2xf32>, tensor<1x2xf32>)
  return %r#0, %r#1, %r#2, %r#3, %r#4, %r#5, %o, %g, %s1, %n1 : tensor<4x2x2xf32>, tensor<2x1x2x2xf32>, tensor<2x1x2xf32>, tensor<4x2x2xf32>, tensor<2x1x2x2xf32>, tensor<2x1x2xf32>, tensor<4x2x2xf32>, tensor<4x2xf32>, tensor<1x2x2xf32>, tensor<1x2xf32>
}
