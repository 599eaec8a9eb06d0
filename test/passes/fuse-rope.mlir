// What lies between the product and attention becomes one pass over the rows.
// RUN: longc-opt %s --longc-fuse-rope --remarks-filter="longc.*" 2>&1 | FileCheck %s
// RUN: longc-interpret %s --function layer --tokens 21 --compare-after longc-fuse-rope
// RUN: longc-interpret %s --function normed --tokens 21 --compare-after longc-fuse-rope
// RUN: longc-interpret %s --function normed --tokens 9 --compare-after 'longc-fuse-rope,longc-tile-streaming'
// RUN: longc-interpret %s --function unrotated --tokens 9 --compare-after 'longc-fuse-rope,longc-tile-streaming'
// RUN: longc-interpret %s --function twice --tokens 9 --compare-after 'longc-fuse-rope,longc-tile-streaming'

// CHECK-DAG: remark: {{.*}}not fused: a value that the kernel needs depends on what the kernel computes

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 64, attention_rows = 16, attention_cols = 16, stream_rows = 4, fold_heads = false>} {

// CHECK-LABEL: func.func @layer
// CHECK: %[[GROUP:.*]]:2 = lm.group -> (
// CHECK-DAG: lm.slice_columns %arg0 {begin = 0 : i64, end = 128 : i64}
// CHECK-DAG: lm.slice_columns %arg0 {begin = 128 : i64, end = 192 : i64}
// CHECK-DAG: lm.slice_columns %arg0 {begin = 192 : i64, end = 256 : i64}
// CHECK: lm.apply_rope
// CHECK: lm.round
// CHECK: %[[CACHE:.*]] = lm.cache_append
// CHECK: lm.apply_rope
// CHECK: lm.yield
// CHECK: lm.window_attention %[[GROUP]]#{{[01]}}, %[[GROUP]]#{{[01]}}
func.func @layer(%x: tensor<?x256xf32>, %a: tensor<?x32xf32>, %segments: tensor<?x8xi32> {lm.input = "segments"},
                 %cache: !lm.cache<2x32xbf16> {lm.input = "cache", lm.layer = 0 : i64}) -> (tensor<?x4x32xf32>, !lm.cache<2x32xbf16>) {
  %qs = lm.slice_columns %x {begin = 0 : i64, end = 128 : i64} : (tensor<?x256xf32>) -> tensor<?x128xf32>
  %q = lm.split_heads %qs : (tensor<?x128xf32>) -> tensor<?x4x32xf32>
  %ks = lm.slice_columns %x {begin = 128 : i64, end = 192 : i64} : (tensor<?x256xf32>) -> tensor<?x64xf32>
  %k = lm.split_heads %ks : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %vs = lm.slice_columns %x {begin = 192 : i64, end = 256 : i64} : (tensor<?x256xf32>) -> tensor<?x64xf32>
  %v = lm.split_heads %vs : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %kr = lm.apply_rope %k, %a : (tensor<?x2x32xf32>, tensor<?x32xf32>) -> tensor<?x2x32xf32>
  %kb = lm.round %kr : (tensor<?x2x32xf32>) -> tensor<?x2x32xbf16>
  %vb = lm.round %v : (tensor<?x2x32xf32>) -> tensor<?x2x32xbf16>
  %c = lm.cache_append %cache, %kb, %vb, %segments : (!lm.cache<2x32xbf16>, tensor<?x2x32xbf16>, tensor<?x2x32xbf16>, tensor<?x8xi32>) -> !lm.cache<2x32xbf16>
  %qr = lm.apply_rope %q, %a : (tensor<?x4x32xf32>, tensor<?x32xf32>) -> tensor<?x4x32xf32>
  %qb = lm.round %qr : (tensor<?x4x32xf32>) -> tensor<?x4x32xbf16>
  %out, %lse = lm.window_attention %qb, %c, %segments {scale = 1.0 : f64}
    : (tensor<?x4x32xbf16>, !lm.cache<2x32xbf16>, tensor<?x8xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
  return %out, %c : tensor<?x4x32xf32>, !lm.cache<2x32xbf16>
}

// Norms of heads go with their rotation.
// CHECK-LABEL: func.func @normed
// CHECK: lm.group
// CHECK: lm.rms_norm
// CHECK: lm.apply_rope
// CHECK: lm.yield
// CHECK-NOT: lm.rms_norm
func.func @normed(%x: tensor<?x96xf32>, %a: tensor<?x32xf32>, %w: tensor<32xf32>) -> (tensor<?x2x32xf32>, tensor<?x1x32xbf16>) {
  %qs = lm.slice_columns %x {begin = 0 : i64, end = 64 : i64} : (tensor<?x96xf32>) -> tensor<?x64xf32>
  %q = lm.split_heads %qs : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %qn = lm.rms_norm %q, %w {epsilon = 1.0e-5 : f64} : (tensor<?x2x32xf32>, tensor<32xf32>) -> tensor<?x2x32xf32>
  %qr = lm.apply_rope %qn, %a : (tensor<?x2x32xf32>, tensor<?x32xf32>) -> tensor<?x2x32xf32>
  %ks = lm.slice_columns %x {begin = 64 : i64, end = 96 : i64} : (tensor<?x96xf32>) -> tensor<?x32xf32>
  %k = lm.split_heads %ks : (tensor<?x32xf32>) -> tensor<?x1x32xf32>
  %kn = lm.rms_norm %k, %w {epsilon = 1.0e-5 : f64} : (tensor<?x1x32xf32>, tensor<32xf32>) -> tensor<?x1x32xf32>
  %kb = lm.round %kn : (tensor<?x1x32xf32>) -> tensor<?x1x32xbf16>
  return %qr, %kb : tensor<?x2x32xf32>, tensor<?x1x32xbf16>
}

// What nothing rotates is sliced and rounded in one pass all the same.
// CHECK-LABEL: func.func @unrotated
// CHECK: %[[GROUP:.*]]:2 = lm.group -> (tensor<?x1x32xbf16>, tensor<?x1x32xbf16>) {
// CHECK-COUNT-2: lm.round
// CHECK: return %[[GROUP]]#0, %[[GROUP]]#1
func.func @unrotated(%x: tensor<?x64xf32>) -> (tensor<?x1x32xbf16>, tensor<?x1x32xbf16>) {
  %qs = lm.slice_columns %x {begin = 0 : i64, end = 32 : i64} : (tensor<?x64xf32>) -> tensor<?x32xf32>
  %q = lm.split_heads %qs : (tensor<?x32xf32>) -> tensor<?x1x32xf32>
  %qr = lm.round %q : (tensor<?x1x32xf32>) -> tensor<?x1x32xbf16>
  %ks = lm.slice_columns %x {begin = 32 : i64, end = 64 : i64} : (tensor<?x64xf32>) -> tensor<?x32xf32>
  %k = lm.split_heads %ks : (tensor<?x32xf32>) -> tensor<?x1x32xf32>
  %kr = lm.round %k : (tensor<?x1x32xf32>) -> tensor<?x1x32xbf16>
  return %qr, %kr : tensor<?x1x32xbf16>, tensor<?x1x32xbf16>
}

// One slice is rotated by angles that come of the other: no place has them all.
// CHECK-LABEL: func.func @depends
// CHECK-NOT: lm.group
// CHECK: return
func.func @depends(%x: tensor<?x64xf32>, %a: tensor<?x32xf32>) -> (tensor<?x1x32xf32>, tensor<?x1x32xf32>) {
  %qs = lm.slice_columns %x {begin = 0 : i64, end = 32 : i64} : (tensor<?x64xf32>) -> tensor<?x32xf32>
  %q = lm.split_heads %qs : (tensor<?x32xf32>) -> tensor<?x1x32xf32>
  %qr = lm.apply_rope %q, %a : (tensor<?x1x32xf32>, tensor<?x32xf32>) -> tensor<?x1x32xf32>
  %angles = lm.merge_heads %qr : (tensor<?x1x32xf32>) -> tensor<?x32xf32>
  %ks = lm.slice_columns %x {begin = 32 : i64, end = 64 : i64} : (tensor<?x64xf32>) -> tensor<?x32xf32>
  %k = lm.split_heads %ks : (tensor<?x32xf32>) -> tensor<?x1x32xf32>
  %kr = lm.apply_rope %k, %angles : (tensor<?x1x32xf32>, tensor<?x32xf32>) -> tensor<?x1x32xf32>
  return %qr, %kr : tensor<?x1x32xf32>, tensor<?x1x32xf32>
}

// A partly rotated value leaves its kernel before it is rotated or normed again.
// CHECK-LABEL: func.func @twice
// CHECK-NOT: lm.group
// CHECK: return
func.func @twice(%x: tensor<?x1x16xf32>, %a: tensor<?x2xf32>, %b: tensor<?x8xf32>, %w: tensor<16xf32>) -> (tensor<?x1x16xf32>, tensor<?x1x16xf32>) {
  %r = lm.apply_rope %x, %a : (tensor<?x1x16xf32>, tensor<?x2xf32>) -> tensor<?x1x16xf32>
  %s = lm.apply_rope %r, %b : (tensor<?x1x16xf32>, tensor<?x8xf32>) -> tensor<?x1x16xf32>
  %n = lm.rms_norm %s, %w {epsilon = 1.0e-5 : f64} : (tensor<?x1x16xf32>, tensor<16xf32>) -> tensor<?x1x16xf32>
  return %s, %n : tensor<?x1x16xf32>, tensor<?x1x16xf32>
}
}
