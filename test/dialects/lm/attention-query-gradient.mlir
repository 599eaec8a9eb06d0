// Causal with grouped heads and an empty query sequence; then with sources, a window and a soft cap.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 5x2x2 max=3.89561 [-0.055195, -0.236555, 3.89561, -0.948849, 1.00616, -0.630216, -1.4127, 0.924746, 0, 0, 0, 0, -0.0437339, -0.393605, 0.0499745, 0.449771, 0.174008, 0.385163, -0.200496, 0.11252]
// CHECK: result 1: 5x2x2 max=1.16443 [0.149688, 0.111677, 1.06601, 0.0449196, 0.895213, 0.362313, -0.213404, -0.310542, 1.16443, 0.0895715, -0.0249978, -0.00192291, -0.444674, -0.412936, -0.513027, 0.405287, 0.0976044, 0.328609, -0.385909, 0.129567]

func.func private @gradients(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %v: tensor<7x1x2xf32>, %g: tensor<5x2x2xf32>, %l: tensor<2x5xf32>, %d: tensor<2x5xf32>, %cq: tensor<4xi32>, %ck: tensor<4xi32>, %src: tensor<2x2xi32>) -> (tensor<5x2x2xf32>, tensor<5x2x2xf32>) {
  %dq = lm.attention_query_gradient %q, %k, %v, %g, %l, %d, %cq, %ck causal {scale = 0.5 : f64}
      : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>,
      tensor<4xi32>, tensor<4xi32>) -> tensor<5x2x2xf32>
  %eq = lm.attention_query_gradient %q, %k, %v, %g, %l, %d, %cq, %ck sources %src causal {scale = 0.5 : f64, window = 2 : i64, soft_cap = 1.5 : f64}
      : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>,
      tensor<4xi32>, tensor<4xi32>, tensor<2x2xi32>) -> tensor<5x2x2xf32>
  return %dq, %eq : tensor<5x2x2xf32>, tensor<5x2x2xf32>
}

func.func @main() -> (tensor<5x2x2xf32>, tensor<5x2x2xf32>) {
  %q = arith.constant dense<[[[-0.25, 1.0], [-1.875, -2.0]], [[0.875, -0.5], [1.25, -1.875]], [[1.625, -1.5], [-0.375, 1.875]], [[-1.625, 0.625], [1.0, -0.25]], [[-1.75, 0.125], [-0.25, 1.5]]]> : tensor<5x2x2xf32>
  %k = arith.constant dense<[[[0.75, -0.625]], [[-1.875, 0.375]], [[-0.875, 0.75]], [[1.5, -0.625]], [[1.625, 0.125]], [[0.125, 1.125]], [[1.25, 1.75]]]> : tensor<7x1x2xf32>
  %v = arith.constant dense<[[[2.0, -1.5]], [[-0.375, 1.75]], [[-0.75, -2.0]], [[0.375, 1.0]], [[1.0, 1.25]], [[0.625, -1.5]], [[1.375, -0.375]]]> : tensor<7x1x2xf32>
  %g = arith.constant dense<[[[1.375, 1.25], [2.0, -2.0]], [[1.5, 0.5], [0.0, 1.25]], [[1.875, 0.0], [-1.75, 0.875]], [[-1.125, -1.125], [-1.25, -1.25]], [[1.75, -0.625], [-1.625, -1.375]]]> : tensor<5x2x2xf32>
  %l = arith.constant dense<[[1.9091796875, 1.5244140625, 1.0107421875, 0.4912109375, 0.5390625], [1.5361328125, 1.4833984375, -0.1865234375, 1.0986328125, 1.7333984375]]> : tensor<2x5xf32>
  %d = arith.constant dense<[[-0.375, -0.625, -0.75, 1.875, 1.5], [0.25, 2.0, -0.625, -1.5, -1.0]]> : tensor<2x5xf32>
  %cq = arith.constant dense<[0, 2, 2, 5]> : tensor<4xi32>
  %ck = arith.constant dense<[0, 4, 5, 7]> : tensor<4xi32>
  %src = arith.constant dense<[[0, 2], [2, 1]]> : tensor<2x2xi32>
  %r:2 = call @gradients(%q, %k, %v, %g, %l, %d, %cq, %ck, %src) : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<4xi32>, tensor<4xi32>, tensor<2x2xi32>) -> (tensor<5x2x2xf32>, tensor<5x2x2xf32>)
  return %r#0, %r#1 : tensor<5x2x2xf32>, tensor<5x2x2xf32>
}
