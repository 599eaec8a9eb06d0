// Memory of two sequences, one of them with nothing visible: all entries; the two best with a temperature; the best
// block of three by cosine.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 4x2x2 max=1.36081 [0.488176, -0.654747, 1.27579, 0.407986, 0.570993, -0.371833, 1.36081, 0.326164, 0, 0, 0, 0, 0, 0, 0, 0]
// CHECK: result 1: 2x4 max=inf [1.23627, 1.65493, -inf, -inf, 2.29425, 2.3769, -inf, -inf]
// CHECK: result 2: 4x2x2 max=1.50386 [-0.062181, -1.25324, 1.50386, 0.743551, 0.334134, -0.356113, 1.42174, 0.548503, 0, 0, 0, 0, 0, 0, 0, 0]
// CHECK: result 3: 2x4 max=inf [0.950785, 1.6343, -inf, -inf, 2.90134, 2.85379, -inf, -inf]
// CHECK: result 4: 2x4x2 max=4 [1, 3, 1, 4, -1, -1, -1, -1, 4, 2, 4, 2, -1, -1, -1, -1]
// CHECK: result 5: 4x2x2 max=1.875 [0.258611, -1.0578, 1.875, 1.625, 0.248554, -1.08937, 0.787153, -0.718692, 0, 0, 0, 0, 0, 0, 0, 0]
// CHECK: result 6: 2x4 max=inf [1.10381, 1.15083, -inf, -inf, 0.487196, 1.21748, -inf, -inf]
// CHECK: result 7: 2x4x1 max=4 [1, 1, -1, -1, 4, 1, -1, -1]

func.func private @fill(%s: !lm.memory<1x2xf32>, %k: tensor<6x1x2xf32>, %v: tensor<6x1x2xf32>, %segments: tensor<2x8xi32>) -> !lm.memory<1x2xf32> {
  %e = lm.memory_reset %s, %segments : (!lm.memory<1x2xf32>, tensor<2x8xi32>) -> !lm.memory<1x2xf32>
  %a = lm.memory_append %e, %k, %v, %segments : (!lm.memory<1x2xf32>, tensor<6x1x2xf32>, tensor<6x1x2xf32>, tensor<2x8xi32>) -> !lm.memory<1x2xf32>
  return %a : !lm.memory<1x2xf32>
}

func.func private @attend(%s: !lm.memory<1x2xf32>, %q: tensor<4x2x2xf32>, %k: tensor<4x1x2xf32>, %v: tensor<4x1x2xf32>, %segments: tensor<2x8xi32>, %t: tensor<1xf32>) -> (tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<2x4x2xi32>, tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<2x4x1xi32>) {
  %b = lm.memory_append %s, %k, %v, %segments : (!lm.memory<1x2xf32>, tensor<4x1x2xf32>, tensor<4x1x2xf32>, tensor<2x8xi32>) -> !lm.memory<1x2xf32>
  %a = lm.memory_evict %b, %segments : (!lm.memory<1x2xf32>, tensor<2x8xi32>) -> !lm.memory<1x2xf32>
  %o0, %l0 = lm.knn_attention %q, %a, %segments {scale = 0.5 : f64} : (tensor<4x2x2xf32>, !lm.memory<1x2xf32>, tensor<2x8xi32>) -> (tensor<4x2x2xf32>, tensor<2x4xf32>)
  %o1, %l1, %i1 = lm.knn_attention %q, %a, %segments temperature %t {scale = 0.5 : f64, topk = 2 : i64} : (tensor<4x2x2xf32>, !lm.memory<1x2xf32>, tensor<2x8xi32>, tensor<1xf32>) -> (tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<2x4x2xi32>)
  %o2, %l2, %i2 = lm.knn_attention %q, %a, %segments granularity block similarity cosine {scale = 0.5 : f64, topk = 1 : i64, block_size = 3 : i64} : (tensor<4x2x2xf32>, !lm.memory<1x2xf32>, tensor<2x8xi32>) -> (tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<2x4x1xi32>)
  return %o0, %l0, %o1, %l1, %i1, %o2, %l2, %i2 : tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<2x4x2xi32>, tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<2x4x1xi32>
}

func.func @main(%s: !lm.memory<1x2xf32> {lm.input = "memory"}) -> (tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<2x4x2xi32>, tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<2x4x1xi32>) {
  %k1 = arith.constant dense<[[[0.625, -1.0]], [[0.5, 1.25]], [[-1.625, -0.25]], [[0.625, -1.875]], [[0.5, 1.75]], [[1.375, 0.75]]]> : tensor<6x1x2xf32>
  %v1 = arith.constant dense<[[[1.25, -0.625]], [[-0.75, -1.75]], [[0.875, -0.75]], [[1.5, -0.125]], [[1.625, -1.5]], [[-1.375, -0.625]]]> : tensor<6x1x2xf32>
  %s1 = arith.constant dense<[[0, 4, 0, 4, 0, 0, 2, 0], [4, 6, 0, 2, 0, 0, 0, 0]]> : tensor<2x8xi32>
  %k2 = arith.constant dense<[[[-2.0, 0.0]], [[0.625, 0.625]], [[-1.125, -1.375]], [[0.25, 0.5]]]> : tensor<4x1x2xf32>
  %v2 = arith.constant dense<[[[1.875, 1.625]], [[-0.5, -1.375]], [[-1.0, 1.625]], [[-0.125, 2.0]]]> : tensor<4x1x2xf32>
  %q = arith.constant dense<[[[0.625, 0.375], [-1.625, 0.375]], [[-0.5, 1.375], [-1.5, -1.25]], [[0.625, 0.75], [1.375, 0.125]], [[-0.5, -0.75], [-0.5, 0.625]]]> : tensor<4x2x2xf32>
  %s2 = arith.constant dense<[[0, 2, 3, 6, 1, 5, 2, 0], [2, 4, 0, 4, 2, 2, 0, 0]]> : tensor<2x8xi32>
  %t = arith.constant dense<[1.5]> : tensor<1xf32>
  %a = call @fill(%s, %k1, %v1, %s1) : (!lm.memory<1x2xf32>, tensor<6x1x2xf32>, tensor<6x1x2xf32>, tensor<2x8xi32>) -> !lm.memory<1x2xf32>
  %r:8 = call @attend(%a, %q, %k2, %v2, %s2, %t) : (!lm.memory<1x2xf32>, tensor<4x2x2xf32>, tensor<4x1x2xf32>, tensor<4x1x2xf32>, tensor<2x8xi32>, tensor<1xf32>) -> (tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<2x4x2xi32>, tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<2x4x1xi32>)
  return %r#0, %r#1, %r#2, %r#3, %r#4, %r#5, %r#6, %r#7 : tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<2x4x2xi32>, tensor<4x2x2xf32>, tensor<2x4xf32>, tensor<2x4x1xi32>
}
