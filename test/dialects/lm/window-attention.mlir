// Two sequences in slots of their own: reset, append, append, attention to what the window still holds.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 4x2x2 max=1.84614 [1.64434, 0.548596, 1.84614, 1.49032, 0.87144, 0.263315, 1.6204, 0.9311, 0.093958, -0.842971, -0.335656, -0.715302, -0.578363, 1.03785, 0.0561325, 0.171157]
// CHECK: result 1: 2x4 max=1.93516 [0.32974, 1.1628, 1.5496, 1.38391, 1.70508, 1.93516, 1.54624, 1.4774]
// CHECK: result 2: 4x2x2 max=1.81311 [1.65053, 0.577461, 1.81311, 1.3362, 0.889352, 0.221992, 1.48541, 0.64577, 0.0345244, -0.763338, -0.228128, -0.676852, -0.519135, 0.937348, 0.0430818, 0.184809]
// CHECK: result 3: 2x4 max=1.56958 [0.358181, 1.19451, 1.45757, 1.33935, 1.1057, 1.56958, 1.426, 1.46957]
// The two newest keys alone.
// CHECK: result 4: 4x2x2 max=1.84614 [1.64434, 0.548596, 1.84614, 1.49032, 0.821449, 0.294199, 1.66998, 1.36603, -1.31085, -0.240112, -1.32412, -0.319699, -0.772653, 1.72243, -0.509779, 1.83509]
// CHECK: result 5: 2x4 max=1.70508 [0.32974, 1.08627, 0.898546, 1.09774, 1.70508, 1.59028, 1.13801, 0.673117]

func.func private @fill(%s: !lm.cache<1x2xf32>, %k: tensor<6x1x2xf32>, %v: tensor<6x1x2xf32>, %segments: tensor<2x8xi32>) -> !lm.cache<1x2xf32> {
  %e = lm.cache_reset %s, %segments : (!lm.cache<1x2xf32>, tensor<2x8xi32>) -> !lm.cache<1x2xf32>
  %a = lm.cache_append %e, %k, %v, %segments : (!lm.cache<1x2xf32>, tensor<6x1x2xf32>, tensor<6x1x2xf32>, tensor<2x8xi32>) -> !lm.cache<1x2xf32>
  return %a : !lm.cache<1x2xf32>
}

func.func private @attend(%s: !lm.cache<1x2xf32>, %q: tensor<4x2x2xf32>, %k: tensor<4x1x2xf32>, %v: tensor<4x1x2xf32>, %segments: tensor<2x8xi32>) -> (tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<4x2x2xf32>, tensor<2x4xf32>) {
  %a = lm.cache_append %s, %k, %v, %segments : (!lm.cache<1x2xf32>, tensor<4x1x2xf32>, tensor<4x1x2xf32>, tensor<2x8xi32>) -> !lm.cache<1x2xf32>
  %o0, %l0 = lm.window_attention %q, %a, %segments {scale = 0.5 : f64} : (tensor<4x2x2xf32>, !lm.cache<1x2xf32>, tensor<2x8xi32>) -> (tensor<4x2x2xf32>, tensor<2x4xf32>)
  %o1, %l1 = lm.window_attention %q, %a, %segments {scale = 0.5 : f64, soft_cap = 1.0 : f64} : (tensor<4x2x2xf32>, !lm.cache<1x2xf32>, tensor<2x8xi32>) -> (tensor<4x2x2xf32>, tensor<2x4xf32>)
  %o2, %l2 = lm.window_attention %q, %a, %segments {scale = 0.5 : f64, window = 2 : i64} : (tensor<4x2x2xf32>, !lm.cache<1x2xf32>, tensor<2x8xi32>) -> (tensor<4x2x2xf32>, tensor<2x4xf32>)
  return %o0, %l0, %o1, %l1, %o2, %l2 : tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<4x2x2xf32>, tensor<2x4xf32>
}

func.func @main(%s: !lm.cache<1x2xf32> {lm.input = "cache"}) -> (tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<4x2x2xf32>, tensor<2x4xf32>) {
  %k1 = arith.constant dense<[[[0.625, -1.0]], [[0.5, 1.25]], [[-1.625, -0.25]], [[0.625, -1.875]], [[0.5, 1.75]], [[1.375, 0.75]]]> : tensor<6x1x2xf32>
  %v1 = arith.constant dense<[[[1.25, -0.625]], [[-0.75, -1.75]], [[0.875, -0.75]], [[1.5, -0.125]], [[1.625, -1.5]], [[-1.375, -0.625]]]> : tensor<6x1x2xf32>
  %s1 = arith.constant dense<[[0, 4, 0, 4, 0, 0, 2, 0], [4, 6, 0, 2, 0, 0, 0, 0]]> : tensor<2x8xi32>
  %k2 = arith.constant dense<[[[-2.0, 0.0]], [[0.625, 0.625]], [[-1.125, -1.375]], [[0.25, 0.5]]]> : tensor<4x1x2xf32>
  %v2 = arith.constant dense<[[[1.875, 1.625]], [[-0.5, -1.375]], [[-1.0, 1.625]], [[-0.125, 2.0]]]> : tensor<4x1x2xf32>
  %q = arith.constant dense<[[[0.625, 0.375], [-1.625, 0.375]], [[-0.5, 1.375], [-1.5, -1.25]], [[0.625, 0.75], [1.375, 0.125]], [[-0.5, -0.75], [-0.5, 0.625]]]> : tensor<4x2x2xf32>
  %s2 = arith.constant dense<[[0, 2, 3, 6, 1, 5, 2, 0], [2, 4, 0, 4, 2, 2, 0, 0]]> : tensor<2x8xi32>
  %a = call @fill(%s, %k1, %v1, %s1) : (!lm.cache<1x2xf32>, tensor<6x1x2xf32>, tensor<6x1x2xf32>, tensor<2x8xi32>) -> !lm.cache<1x2xf32>
  %r:6 = call @attend(%a, %q, %k2, %v2, %s2) : (!lm.cache<1x2xf32>, tensor<4x2x2xf32>, tensor<4x1x2xf32>, tensor<4x1x2xf32>, tensor<2x8xi32>) -> (tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<4x2x2xf32>, tensor<2x4xf32>)
  return %r#0, %r#1, %r#2, %r#3, %r#4, %r#5 : tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<4x2x2xf32>, tensor<2x4xf32>
}
