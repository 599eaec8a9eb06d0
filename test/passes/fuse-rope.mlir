// What lies between the product and attention becomes one pass over the rows.
// RUN: longc-opt %s --longc-fuse-rope --remarks-filter="longc.*" 2>&1 | FileCheck %s
// RUN: longc-interpret %s --function layer --tokens 21 --compare-after longc-fuse-rope
// RUN: longc-interpret %s --function apart --compare-after longc-fuse-rope

// CHECK-DAG: remark: {{.*}}not fused: no rotation among these slices and splits

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

// CHECK-LABEL: func.func @apart
// CHECK-NOT: lm.group
// CHECK: return
func.func @apart(%x: tensor<?x64xf32>) -> tensor<?x1x32xf32> {
  %s = lm.slice_columns %x {begin = 0 : i64, end = 32 : i64} : (tensor<?x64xf32>) -> tensor<?x32xf32>
  %h = lm.split_heads %s : (tensor<?x32xf32>) -> tensor<?x1x32xf32>
  return %h : tensor<?x1x32xf32>
}
