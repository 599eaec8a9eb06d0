// What attention refuses.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// packed_attention_c1
func.func @f(%q: tensor<?x4x8xf32>, %k: tensor<?x3x8xf32>, %v: tensor<?x3x8xf32>, %cu: tensor<?xi32>) {
  // expected-error@+1 {{'lm.packed_attention' op expected query heads to be a multiple of 3 key heads}}
  %0:2 = lm.packed_attention %q, %k, %v, %cu, %cu {scale = 1.0 : f64} : (tensor<?x4x8xf32>, tensor<?x3x8xf32>, tensor<?x3x8xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// packed_attention_c1
func.func @f(%q: tensor<?x4x8xf32>, %k: tensor<?x2x16xf32>, %v: tensor<?x2x16xf32>, %cu: tensor<?xi32>) {
  // expected-error@+1 {{'lm.packed_attention' op expected a head size of 16}}
  %0:2 = lm.packed_attention %q, %k, %v, %cu, %cu {scale = 1.0 : f64} : (tensor<?x4x8xf32>, tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// packed_attention_c2
func.func @f(%q: tensor<?x4x8xf32>, %k: tensor<?x2x8xf32>, %v: tensor<?x1x8xf32>, %cu: tensor<?xi32>) {
  // expected-error@+1 {{'lm.packed_attention' op expected v of ?x2x8, got 'tensor<?x1x8xf32>'}}
  %0:2 = lm.packed_attention %q, %k, %v, %cu, %cu {scale = 1.0 : f64} : (tensor<?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x1x8xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// packed_attention_c3
func.func @f(%q: tensor<?x4x8xf32>, %k: tensor<?x2x8xf32>, %v: tensor<?x2x8xf32>, %cu: tensor<?xi32>) {
  // expected-error@+1 {{'lm.packed_attention' op expected out of ?x4x8, got 'tensor<?x4x4xf32>'}}
  %0:2 = lm.packed_attention %q, %k, %v, %cu, %cu {scale = 1.0 : f64} : (tensor<?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x2x8xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x4xf32>, tensor<4x?xf32>)
  return
}

// -----

// packed_attention_c4
func.func @f(%q: tensor<?x4x8xf32>, %k: tensor<?x2x8xf32>, %v: tensor<?x2x8xf32>, %cu: tensor<?xi32>) {
  // expected-error@+1 {{'lm.packed_attention' op expected lse of 4x?, got 'tensor<2x?xf32>'}}
  %0:2 = lm.packed_attention %q, %k, %v, %cu, %cu {scale = 1.0 : f64} : (tensor<?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x2x8xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x8xf32>, tensor<2x?xf32>)
  return
}

// -----

// packed_attention_c5
func.func @f(%q: tensor<?x4x8xf32>, %k: tensor<?x2x8xf32>, %v: tensor<?x2x8xf32>, %cu: tensor<?xi32>, %src: tensor<?x3xi32>) {
  // expected-error@+1 {{'lm.packed_attention' op expected sources of ?x2, got 'tensor<?x3xi32>'}}
  %0:2 = lm.packed_attention %q, %k, %v, %cu, %cu sources %src {scale = 1.0 : f64} : (tensor<?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x2x8xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?x3xi32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// packed_attention_c6
func.func @f(%q: tensor<?x4x8xf32>, %k: tensor<?x2x8xf32>, %v: tensor<?x2x8xf32>, %cu: tensor<?xi32>) {
  // expected-error@+1 {{'lm.packed_attention' op expected window and soft_cap not to be negative}}
  %0:2 = lm.packed_attention %q, %k, %v, %cu, %cu {scale = 1.0 : f64, window = -1 : i64} : (tensor<?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x2x8xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// window_attention_c1
func.func @f(%q: tensor<?x4x8xf32>, %c: !lm.cache<2x16xbf16>, %s: tensor<?x8xi32>) {
  // expected-error@+1 {{'lm.window_attention' op expected a head size of 16}}
  %0:2 = lm.window_attention %q, %c, %s {scale = 1.0 : f64} : (tensor<?x4x8xf32>, !lm.cache<2x16xbf16>, tensor<?x8xi32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// window_attention_c2
func.func @f(%q: tensor<?x4x8xf32>, %c: !lm.cache<2x8xbf16>, %s: tensor<?x8xi32>) {
  // expected-error@+1 {{'lm.window_attention' op expected out of ?x4x8, got 'tensor<?x4x4xf32>'}}
  %0:2 = lm.window_attention %q, %c, %s {scale = 1.0 : f64} : (tensor<?x4x8xf32>, !lm.cache<2x8xbf16>, tensor<?x8xi32>) -> (tensor<?x4x4xf32>, tensor<4x?xf32>)
  return
}

// -----

// window_attention_c3
func.func @f(%q: tensor<?x4x8xf32>, %c: !lm.cache<2x8xbf16>, %s: tensor<?x8xi32>) {
  // expected-error@+1 {{'lm.window_attention' op expected lse of 4x?, got 'tensor<8x?xf32>'}}
  %0:2 = lm.window_attention %q, %c, %s {scale = 1.0 : f64} : (tensor<?x4x8xf32>, !lm.cache<2x8xbf16>, tensor<?x8xi32>) -> (tensor<?x4x8xf32>, tensor<8x?xf32>)
  return
}

// -----

// window_attention_c4
func.func @window_is_negative(%q: tensor<?x4x8xf32>, %c: !lm.cache<2x8xbf16>, %s: tensor<?x8xi32>) {
  // expected-error@+1 {{'lm.window_attention' op expected window and soft_cap not to be negative}}
  %0:2 = lm.window_attention %q, %c, %s {scale = 1.0 : f64, window = -1 : i64} : (tensor<?x4x8xf32>, !lm.cache<2x8xbf16>, tensor<?x8xi32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// segments_c1
func.func @f(%q: tensor<?x4x8xf32>, %c: !lm.cache<2x8xbf16>, %s: tensor<?x7xi32>) {
  // expected-error@+1 {{'lm.window_attention' op expected segments of ?x8, got 'tensor<?x7xi32>'}}
  %0:2 = lm.window_attention %q, %c, %s {scale = 1.0 : f64} : (tensor<?x4x8xf32>, !lm.cache<2x8xbf16>, tensor<?x7xi32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// knn_attention_c1
func.func @f(%q: tensor<?x4x8xf32>, %m: !lm.memory<3x8xbf16>, %s: tensor<?x8xi32>) {
  // expected-error@+1 {{'lm.knn_attention' op expected query heads to be a multiple of 3 key heads}}
  %0:2 = lm.knn_attention %q, %m, %s {scale = 1.0 : f64} : (tensor<?x4x8xf32>, !lm.memory<3x8xbf16>, tensor<?x8xi32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// knn_attention_c2
func.func @f(%q: tensor<?x4x8xf32>, %m: !lm.memory<2x8xbf16>, %s: tensor<?x8xi32>) {
  // expected-error@+1 {{'lm.knn_attention' op expected out of ?x4x8, got 'tensor<?x4x4xf32>'}}
  %0:2 = lm.knn_attention %q, %m, %s {scale = 1.0 : f64} : (tensor<?x4x8xf32>, !lm.memory<2x8xbf16>, tensor<?x8xi32>) -> (tensor<?x4x4xf32>, tensor<4x?xf32>)
  return
}

// -----

// knn_attention_c3
func.func @f(%q: tensor<?x4x8xf32>, %m: !lm.memory<2x8xbf16>, %s: tensor<?x8xi32>) {
  // expected-error@+1 {{'lm.knn_attention' op expected lse of 4x?, got 'tensor<8x?xf32>'}}
  %0:2 = lm.knn_attention %q, %m, %s {scale = 1.0 : f64} : (tensor<?x4x8xf32>, !lm.memory<2x8xbf16>, tensor<?x8xi32>) -> (tensor<?x4x8xf32>, tensor<8x?xf32>)
  return
}

// -----

// knn_attention_c4
func.func @f(%q: tensor<?x4x8xf32>, %m: !lm.memory<2x8xbf16>, %s: tensor<?x8xi32>) {
  // expected-error@+1 {{'lm.knn_attention' op expected topk >= 0 and block_size >= 1, got -1 and 1}}
  %0:2 = lm.knn_attention %q, %m, %s {scale = 1.0 : f64, topk = -1 : i64} : (tensor<?x4x8xf32>, !lm.memory<2x8xbf16>, tensor<?x8xi32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// knn_attention_c5
func.func @f(%q: tensor<?x4x8xf32>, %m: !lm.memory<2x8xbf16>, %s: tensor<?x8xi32>) {
  // expected-error@+1 {{'lm.knn_attention' op expected topk > 0 where indices are asked for}}
  %0:3 = lm.knn_attention %q, %m, %s {scale = 1.0 : f64} : (tensor<?x4x8xf32>, !lm.memory<2x8xbf16>, tensor<?x8xi32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>, tensor<4x?x2xi32>)
  return
}

// -----

// knn_attention_c5
func.func @f(%q: tensor<?x4x8xf32>, %m: !lm.memory<2x8xbf16>, %s: tensor<?x8xi32>) {
  // expected-error@+1 {{'lm.knn_attention' op expected indices of 4x?x3, got 'tensor<4x?x2xi32>'}}
  %0:3 = lm.knn_attention %q, %m, %s {scale = 1.0 : f64, topk = 3 : i64} : (tensor<?x4x8xf32>, !lm.memory<2x8xbf16>, tensor<?x8xi32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>, tensor<4x?x2xi32>)
  return
}

// -----

// knn_attention_c6
func.func @f(%q: tensor<?x4x8xf32>, %m: !lm.memory<2x8xbf16>, %s: tensor<?x8xi32>, %t: tensor<2xf32>) {
  // expected-error@+1 {{'lm.knn_attention' op expected a temperature of 1, got 'tensor<2xf32>'}}
  %0:2 = lm.knn_attention %q, %m, %s temperature %t {scale = 1.0 : f64} : (tensor<?x4x8xf32>, !lm.memory<2x8xbf16>, tensor<?x8xi32>, tensor<2xf32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// merge_attention_c1
func.func @f(%q: tensor<?x4x8xf32>) {
  // expected-error@+1 {{'lm.merge_attention' op expected at least one part}}
  %0:2 = lm.merge_attention (), () : () -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// merge_attention_c2
func.func @f(%o: tensor<?x2x8xf32>, %l: tensor<4x?xf32>) {
  // expected-error@+1 {{'lm.merge_attention' op expected a part of ?x4x8, got 'tensor<?x2x8xf32>'}}
  %0:2 = lm.merge_attention (%o), (%l) : (tensor<?x2x8xf32>, tensor<4x?xf32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// merge_attention_c3
func.func @f(%q: tensor<?x4x8xf32>, %l: tensor<2x?xf32>) {
  // expected-error@+1 {{'lm.merge_attention' op expected lse of 4x?, got 'tensor<2x?xf32>'}}
  %0:2 = lm.merge_attention (%q), (%l) : (tensor<?x4x8xf32>, tensor<2x?xf32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// ragged_c1
func.func @f(%q: tensor<?x4x8xf32>, %k: tensor<?x2x8xf32>, %v: tensor<?x2x8xf32>) {
  %cu = arith.constant dense<[0, 3]> : tensor<2xi32>
  // expected-error@+1 {{'lm.packed_attention' op expected cu_q to be a function argument, so that the host knows it}}
  %0:2 = lm.packed_attention %q, %k, %v, %cu, %cu {scale = 1.0 : f64} : (tensor<?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x2x8xf32>, tensor<2xi32>, tensor<2xi32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// ragged_c1
func.func @f(%q: tensor<?x4x8xf32>, %c: !lm.cache<2x8xf32>) {
  %s = arith.constant dense<0> : tensor<1x8xi32>
  // expected-error@+1 {{'lm.window_attention' op expected segments to be a function argument, so that the host knows it}}
  %0:2 = lm.window_attention %q, %c, %s {scale = 1.0 : f64} : (tensor<?x4x8xf32>, !lm.cache<2x8xf32>, tensor<1x8xi32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// packed_attention_c5
func.func @f(%q: tensor<?x4x8xf32>, %k: tensor<?x2x8xf32>, %cu: tensor<?xi32>) {
  // expected-error@+1 {{'lm.packed_attention' op expected sources that are seen as the source keys}}
  %0:2 = lm.packed_attention %q, %k, %k, %cu, %cu source_keys %k {scale = 1.0 : f64} : (tensor<?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x2x8xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?x2x8xf32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// packed_attention_c5
func.func @f(%q: tensor<?x4x8xf32>, %k: tensor<?x2x8xf32>, %cu: tensor<?xi32>) {
  // expected-error@+1 {{'lm.packed_attention' op expected sources that are detached}}
  %0:2 = lm.packed_attention %q, %k, %k, %cu, %cu detached_sources {scale = 1.0 : f64} : (tensor<?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x2x8xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}

// -----

// packed_attention_c5
func.func @f(%q: tensor<?x4x8xf32>, %k: tensor<?x2x8xf32>, %cu: tensor<?xi32>, %src: tensor<?x2xi32>) {
  // expected-error@+1 {{'lm.packed_attention' op expected source keys of ?x2x8, got 'tensor<?x4x8xf32>'}}
  %0:2 = lm.packed_attention %q, %k, %k, %cu, %cu sources %src source_keys %q {scale = 1.0 : f64} : (tensor<?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x2x8xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?x2xi32>, tensor<?x4x8xf32>) -> (tensor<?x4x8xf32>, tensor<4x?xf32>)
  return
}
