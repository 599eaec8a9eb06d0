// Causal with grouped heads and an empty query sequence; then with sources, a window and a soft cap.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 7x1x2 max=4.06247 [-2.40789, 0.830384, 3.60285, 4.06247, -0.655718, -0.578751, -0.125622, 0.524833, 0, 0, 0.604106, 0.320872, -0.167089, -0.287144]
// CHECK: result 1: 7x1x2 max=2.17592 [1.06398, 0.716234, 2.15737, -1.32778, 0.977197, -0.0182832, 0.736056, 1.54642, 0, 0, -0.944771, -2.17592, -0.531001, -0.908285]
// CHECK: result 2: 7x1x2 max=1.5708 [0, 0, 1.22134, 1.5708, -0.596211, -0.630489, 0.116973, 0.0613103, 1.31332, -1.45172, 0.382812, 0.100197, -0.0575631, 0.0867905]
// CHECK: result 3: 7x1x2 max=1.76914 [0, 0, 1.58781, -1.00097, 0.97673, -0.000795996, 0.685521, 1.12601, -0.901745, -0.571112, -0.135007, -1.76914, 0.535923, -0.283863]

func.func private @gradients(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %v: tensor<7x1x2xf32>, %g: tensor<5x2x2xf32>, %l: tensor<2x5xf32>, %d: tensor<2x5xf32>, %cq: tensor<4xi32>, %ck: tensor<4xi32>, %src: tensor<2x2xi32>) -> (tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>) {
  %dk, %dv = lm.attention_key_gradient %q, %k, %v, %g, %l, %d, %cq, %ck causal {scale = 0.5 : f64}
      : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>,
      tensor<4xi32>, tensor<4xi32>) -> (tensor<7x1x2xf32>, tensor<7x1x2xf32>)
  %ek, %ev = lm.attention_key_gradient %q, %k, %v, %g, %l, %d, %cq, %ck sources %src causal {scale = 0.5 : f64, window = 2 : i64, soft_cap = 1.5 : f64}
      : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>,
      tensor<4xi32>, tensor<4xi32>, tensor<2x2xi32>) -> (tensor<7x1x2xf32>, tensor<7x1x2xf32>)
  return %dk, %dv, %ek, %ev : tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>
}

func.func @main() -> (tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>) {
  %q = arith.constant dense<[[[-0.25, 1.0], [-1.875, -2.0]], [[0.875, -0.5], [1.25, -1.875]], [[1.625, -1.5], [-0.375, 1.875]], [[-1.625, 0.625], [1.0, -0.25]], [[-1.75, 0.125], [-0.25, 1.5]]]> : tensor<5x2x2xf32>
  %k = arith.constant dense<[[[0.75, -0.625]], [[-1.875, 0.375]], [[-0.875, 0.75]], [[1.5, -0.625]], [[1.625, 0.125]], [[0.125, 1.125]], [[1.25, 1.75]]]> : tensor<7x1x2xf32>
  %v = arith.constant dense<[[[2.0, -1.5]], [[-0.375, 1.75]], [[-0.75, -2.0]], [[0.375, 1.0]], [[1.0, 1.25]], [[0.625, -1.5]], [[1.375, -0.375]]]> : tensor<7x1x2xf32>
  %g = arith.constant dense<[[[1.375, 1.25], [2.0, -2.0]], [[1.5, 0.5], [0.0, 1.25]], [[1.875, 0.0], [-1.75, 0.875]], [[-1.125, -1.125], [-1.25, -1.25]], [[1.75, -0.625], [-1.625, -1.375]]]> : tensor<5x2x2xf32>
  %l = arith.constant dense<[[1.9091796875, 1.5244140625, 1.0107421875, 0.4912109375, 0.5390625], [1.5361328125, 1.4833984375, -0.1865234375, 1.0986328125, 1.7333984375]]> : tensor<2x5xf32>
  %d = arith.constant dense<[[-0.375, -0.625, -0.75, 1.875, 1.5], [0.25, 2.0, -0.625, -1.5, -1.0]]> : tensor<2x5xf32>
  %cq = arith.constant dense<[0, 2, 2, 5]> : tensor<4xi32>
  %ck = arith.constant dense<[0, 4, 5, 7]> : tensor<4xi32>
  %src = arith.constant dense<[[0, 2], [2, 1]]> : tensor<2x2xi32>
  %r:4 = call @gradients(%q, %k, %v, %g, %l, %d, %cq, %ck, %src) : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<4xi32>, tensor<4xi32>, tensor<2x2xi32>) -> (tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>)
  return %r#0, %r#1, %r#2, %r#3 : tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>
}
