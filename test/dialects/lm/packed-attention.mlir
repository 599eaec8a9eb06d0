// Ragged attention with an empty query sequence and grouped heads: causal; not causal; window and soft cap; sources of
// further sequences.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 5x2x2 max=1.25 [0.779655, -0.162859, 0.025441, 0.323637, -0.0888279, 0.834312, -0.0569046, 0.828294, 0, 0, 0, 0, -1.25, 0.375, -1.25, 0.375, -0.737626, 0.0761153, -1.17886, 0.333502]
// CHECK: result 1: 2x5 max=inf [1.13102, 1.26107, -inf, -0.679688, 0.878854, 0.475314, 1.3318, -inf, 0.835938, 1.86109]
// CHECK: result 2: 5x2x2 max=1.17886 [0.842345, 0.0482337, 0.246186, 0.459422, -0.0888279, 0.834312, -0.0569046, 0.828294, 0.0854413, -0.404007, -0.727032, 0.0699355, -0.144263, -0.270013, -0.939659, 0.193968, -0.737626, 0.0761153, -1.17886, 0.333502]
// CHECK: result 3: 2x5 max=1.86109 [1.33134, 1.26107, 0.936516, 0.656515, 0.878854, 0.699405, 1.3318, 0.803701, 1.06774, 1.86109]
// CHECK: result 4: 5x2x2 max=1.25 [0.422619, -0.11066, -0.292246, 0.441736, -0.528996, 1.23629, -0.491628, 1.23095, 0, 0, 0, 0, -1.25, 0.375, -1.25, 0.375, -0.732528, 0.0731412, -1.10611, 0.291062]
// CHECK: result 5: 2x5 max=inf [0.739941, 0.978882, -inf, -0.636697, 0.870049, 0.285303, 1.04259, -inf, 0.758948, 1.35512]
// CHECK: result 6: 5x2x2 max=1.625 [0.330182, -0.152756, -0.618566, 0.247613, -0.491501, 0.549367, -0.433578, 0.557625, 1.625, 0, 1.625, 0, 0.882313, 0.0968722, -0.116672, 0.227175, -0.350185, 0.0636334, 0.232822, 0.165591]
// CHECK: result 7: 2x5 max=2.56122 [1.62559, 1.87233, -1.15625, 0.673845, 1.05797, 1.53124, 1.88815, 0.4375, 1.33714, 2.56122]

func.func private @attend(%q: tensor<5x2x2xf32>, %k: tensor<7x1x2xf32>, %v: tensor<7x1x2xf32>, %cq: tensor<4xi32>, %ck: tensor<4xi32>, %src: tensor<2x2xi32>) -> (tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>) {
  %o0, %l0 = lm.packed_attention %q, %k, %v, %cq, %ck causal {scale = 0.5 : f64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<4xi32>, tensor<4xi32>) -> (tensor<5x2x2xf32>, tensor<2x5xf32>)
  %o1, %l1 = lm.packed_attention %q, %k, %v, %cq, %ck {scale = 0.5 : f64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<4xi32>, tensor<4xi32>) -> (tensor<5x2x2xf32>, tensor<2x5xf32>)
  %o2, %l2 = lm.packed_attention %q, %k, %v, %cq, %ck causal {scale = 0.5 : f64, window = 2 : i64, soft_cap = 1.5 : f64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<4xi32>, tensor<4xi32>) -> (tensor<5x2x2xf32>, tensor<2x5xf32>)
  %o3, %l3 = lm.packed_attention %q, %k, %v, %cq, %ck sources %src causal {scale = 0.5 : f64} : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<4xi32>, tensor<4xi32>, tensor<2x2xi32>) -> (tensor<5x2x2xf32>, tensor<2x5xf32>)
  return %o0, %l0, %o1, %l1, %o2, %l2, %o3, %l3 : tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>
}

func.func @main() -> (tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>) {
  %q = arith.constant dense<[[[0.125, 0.625], [1.25, -0.25]], [[0.625, -1.125], [0.5, -1.125]], [[-1.25, 1.125], [0.25, -0.5]], [[-1.875, -1.125], [1.25, -0.125]], [[1.875, 1.625], [1.5, -2.0]]]> : tensor<5x2x2xf32>
  %k = arith.constant dense<[[[-1.875, 0.375]], [[-0.625, 1.375]], [[-0.75, -1.375]], [[-1.625, -0.875]], [[0.5, -1.5]], [[1.25, -0.875]], [[-0.75, 0.625]]]> : tensor<7x1x2xf32>
  %v = arith.constant dense<[[[1.5, -0.25]], [[1.25, -0.75]], [[-1.5, 1.375]], [[1.125, 1.0]], [[1.625, 0.0]], [[-1.25, 0.375]], [[0.25, -0.5]]]> : tensor<7x1x2xf32>
  %cq = arith.constant dense<[0, 2, 2, 5]> : tensor<4xi32>
  %ck = arith.constant dense<[0, 4, 5, 7]> : tensor<4xi32>
  %src = arith.constant dense<[[0, 2], [2, 1]]> : tensor<2x2xi32>
  %r:8 = call @attend(%q, %k, %v, %cq, %ck, %src) : (tensor<5x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<4xi32>, tensor<4xi32>, tensor<2x2xi32>) -> (tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>)
  return %r#0, %r#1, %r#2, %r#3, %r#4, %r#5, %r#6, %r#7 : tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>, tensor<5x2x2xf32>, tensor<2x5xf32>
}
