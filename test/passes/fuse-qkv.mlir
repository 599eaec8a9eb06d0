// Products of one input become one product on a parameter with their rows joined.
// RUN: longc-opt %s --longc-fuse-qkv --remarks-filter="longc.*" 2>&1 | FileCheck %s
// RUN: longc-opt %s --longc-fuse-qkv | FileCheck %s --check-prefix=TAKEN
// RUN: longc-interpret %s --function joined --compare-after longc-fuse-qkv
// RUN: longc-interpret %s --function integers --compare-after longc-fuse-qkv
// RUN: longc-interpret %s --function biased --compare-after longc-fuse-qkv
// RUN: longc-interpret %s --function gated --compare-after longc-fuse-qkv
// RUN: longc-interpret %s --function taken --compare-after longc-fuse-qkv
// RUN: longc-interpret %s --function activated --compare-after longc-fuse-qkv
// RUN: longc-interpret %s --function shared --compare-after longc-fuse-qkv
// RUN: longc-interpret %s --function encoder --compare-after longc-fuse-qkv

// CHECK-DAG: remark: {{.*}}not fused: its bias is not a parameter
// CHECK-DAG: remark: {{.*}}not fused: it has an adapter
// CHECK-DAG: remark: {{.*}}not fused: its parameter is used elsewhere too
// CHECK-DAG: remark: {{.*}}not fused: its parameter is trainable
// CHECK-DAG: remark: {{.*}}not fused: its weight is not a parameter as it is stored

// CHECK-NOT: lm.parameter @layer.q
// CHECK: lm.parameter @"layer.q+k+v.weight" parts ["layer.q.weight", "layer.k.weight", "layer.v.weight"] : !lm.quantized<128x64, q4_1>
// CHECK-NOT: lm.parameter @layer.v
lm.parameter @n1 : tensor<20x64xf32>
lm.parameter @n2 : tensor<12x64xf32>
lm.parameter @n3 : tensor<20x64xf32>
lm.parameter @"n1+2" : tensor<8xf32>
lm.parameter @layer.q.weight : !lm.quantized<64x64, q4_1>
lm.parameter @layer.k.weight : !lm.quantized<32x64, q4_1>
lm.parameter @layer.v.weight : !lm.quantized<32x64, q4_1>
lm.parameter @biased.q.weight : !lm.quantized<64x64, q4_1>
lm.parameter @biased.k.weight : !lm.quantized<32x64, q4_1>
lm.parameter @biased.v.weight : !lm.quantized<32x64, q4_1>
lm.parameter @a : !lm.quantized<64x64, q8_0>
lm.parameter @a.bias : tensor<64xf32>
lm.parameter @b : !lm.quantized<32x64, q8_0>
lm.parameter @b.bias : tensor<32xf32>
lm.parameter @other_format : !lm.quantized<32x64, q4_0>
lm.parameter @gate : !lm.quantized<32x64, q8_0>
lm.parameter @up : !lm.quantized<32x64, q8_0>
lm.parameter @lone : !lm.quantized<32x64, q8_0>
lm.parameter @layer.q.bias : tensor<64xf32>
lm.parameter @layer.k.bias : tensor<32xf32>
lm.parameter @tied : !lm.quantized<32x64, q8_0>
lm.parameter @trained trainable : !lm.quantized<32x64, q8_0>

// CHECK-LABEL: func.func @joined
// CHECK: %[[W:.*]] = lm.parameter_ref @"layer.q+k+v.weight"
// CHECK: %[[D:.*]] = lm.dequantize %[[W]]
// CHECK: %[[ALL:.*]] = lm.linear %arg0, %[[D]] : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
// CHECK: %[[Q:.*]] = lm.slice_columns %[[ALL]] {begin = 0 : i64, end = 64 : i64}
// CHECK: %[[K:.*]] = lm.slice_columns %[[ALL]] {begin = 64 : i64, end = 96 : i64}
// CHECK: %[[V:.*]] = lm.slice_columns %[[ALL]] {begin = 96 : i64, end = 128 : i64}
// CHECK: return %[[Q]], %[[K]], %[[V]]
func.func @joined(%x: tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>) {
  %wq = lm.parameter_ref @layer.q.weight : !lm.quantized<64x64, q4_1>
  %dq = lm.dequantize %wq : (!lm.quantized<64x64, q4_1>) -> tensor<64x64xf32>
  %q = lm.linear %x, %dq : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %wk = lm.parameter_ref @layer.k.weight : !lm.quantized<32x64, q4_1>
  %dk = lm.dequantize %wk : (!lm.quantized<32x64, q4_1>) -> tensor<32x64xf32>
  %k = lm.linear %x, %dk : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %wv = lm.parameter_ref @layer.v.weight : !lm.quantized<32x64, q4_1>
  %dv = lm.dequantize %wv : (!lm.quantized<32x64, q4_1>) -> tensor<32x64xf32>
  %v = lm.linear %x, %dv : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %q, %k, %v : tensor<?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
}

// Products with biases are joined with each other, and their biases too; one without stays alone. As integers likewise.
// CHECK-LABEL: func.func @biased
// CHECK-DAG: %[[BIAS:.*]] = lm.parameter_ref @"layer.q+k.bias" : tensor<96xf32>
// CHECK: lm.linear %arg0, %{{.*}} bias %[[BIAS]] : (tensor<?x64xf32>, tensor<96x64xf32>, tensor<96xf32>) -> tensor<?x96xf32>
// CHECK: lm.linear %arg0, %{{[0-9]+}} : (tensor<?x64xf32>, tensor<32x64xf32>)
func.func @biased(%x: tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>) {
  %wq = lm.parameter_ref @biased.q.weight : !lm.quantized<64x64, q4_1>
  %dq = lm.dequantize %wq : (!lm.quantized<64x64, q4_1>) -> tensor<64x64xf32>
  %bq = lm.parameter_ref @layer.q.bias : tensor<64xf32>
  %q = lm.linear %x, %dq bias %bq : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %wk = lm.parameter_ref @biased.k.weight : !lm.quantized<32x64, q4_1>
  %dk = lm.dequantize %wk : (!lm.quantized<32x64, q4_1>) -> tensor<32x64xf32>
  %bk = lm.parameter_ref @layer.k.bias : tensor<32xf32>
  %k = lm.linear %x, %dk bias %bk : (tensor<?x64xf32>, tensor<32x64xf32>, tensor<32xf32>) -> tensor<?x32xf32>
  %wv = lm.parameter_ref @biased.v.weight : !lm.quantized<32x64, q4_1>
  %dv = lm.dequantize %wv : (!lm.quantized<32x64, q4_1>) -> tensor<32x64xf32>
  %v = lm.linear %x, %dv : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %q, %k, %v : tensor<?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
}

// Another format stays alone.
// CHECK-LABEL: func.func @integers
// CHECK: lm.quantized_linear {{.*}} bias {{.*}}!lm.quantized<96x64, q8_0>, tensor<96xf32>
// CHECK: lm.quantized_linear {{.*}}!lm.quantized<32x64, q4_0>
// CHECK-NOT: lm.quantized_linear
func.func @integers(%x: tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>) {
  %e:3 = lm.quantize %x : (tensor<?x64xf32>) -> (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>)
  %wa = lm.parameter_ref @a : !lm.quantized<64x64, q8_0>
  %ba = lm.parameter_ref @a.bias : tensor<64xf32>
  %a = lm.quantized_linear %e#0, %e#1, %e#2, %wa bias %ba : (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<64x64, q8_0>, tensor<64xf32>) -> tensor<?x64xf32>
  %wb = lm.parameter_ref @b : !lm.quantized<32x64, q8_0>
  %bb = lm.parameter_ref @b.bias : tensor<32xf32>
  %b = lm.quantized_linear %e#0, %e#1, %e#2, %wb bias %bb : (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<32x64, q8_0>, tensor<32xf32>) -> tensor<?x32xf32>
  %wc = lm.parameter_ref @other_format : !lm.quantized<32x64, q4_0>
  %c = lm.quantized_linear %e#0, %e#1, %e#2, %wc : (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<32x64, q4_0>) -> tensor<?x32xf32>
  return %a, %b, %c : tensor<?x64xf32>, tensor<?x32xf32>, tensor<?x32xf32>
}

// Gate and up become one kernel with their unit; a bias from outside, an adapter, a shared and a trainable parameter and a bare matrix stay.
// CHECK-LABEL: func.func @gated
// CHECK-COUNT-8: lm.linear
// CHECK-NOT: lm.slice_columns
func.func @gated(%x: tensor<?x64xf32>, %m: tensor<32x64xf32>, %tokens: tensor<?xi32> {lm.input = "tokens"}, %la: tensor<3x64xf32>, %lb: tensor<32x3xf32>, %bias: tensor<32xf32>)
    -> (tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x64xf32>) {
  %wg = lm.parameter_ref @gate : !lm.quantized<32x64, q8_0>
  %dg = lm.dequantize %wg : (!lm.quantized<32x64, q8_0>) -> tensor<32x64xf32>
  %g = lm.linear %x, %dg : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %wu = lm.parameter_ref @up : !lm.quantized<32x64, q8_0>
  %du = lm.dequantize %wu : (!lm.quantized<32x64, q8_0>) -> tensor<32x64xf32>
  %u = lm.linear %x, %du : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %s = lm.swiglu %g, %u : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %wb = lm.parameter_ref @b : !lm.quantized<32x64, q8_0>
  %db = lm.dequantize %wb : (!lm.quantized<32x64, q8_0>) -> tensor<32x64xf32>
  %b = lm.linear %x, %db bias %bias : (tensor<?x64xf32>, tensor<32x64xf32>, tensor<32xf32>) -> tensor<?x32xf32>
  %wt = lm.parameter_ref @tied : !lm.quantized<32x64, q8_0>
  %row = lm.embedding %tokens, %wt : (tensor<?xi32>, !lm.quantized<32x64, q8_0>) -> tensor<?x64xf32>
  %dt = lm.dequantize %wt : (!lm.quantized<32x64, q8_0>) -> tensor<32x64xf32>
  %t = lm.linear %x, %dt : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %wr = lm.parameter_ref @trained : !lm.quantized<32x64, q8_0>
  %dr = lm.dequantize %wr : (!lm.quantized<32x64, q8_0>) -> tensor<32x64xf32>
  %r = lm.linear %x, %dr : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %p = lm.linear %x, %m : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %l = lm.parameter_ref @lone : !lm.quantized<32x64, q8_0>
  %dl = lm.dequantize %l : (!lm.quantized<32x64, q8_0>) -> tensor<32x64xf32>
  %o = lm.linear %x, %dl : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %q = lm.linear %x, %m lora(%la, %lb) : (tensor<?x64xf32>, tensor<32x64xf32>, tensor<3x64xf32>, tensor<32x3xf32>) -> tensor<?x32xf32>
  return %q, %s, %b, %t, %r, %p, %o, %row : tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x64xf32>
}

// The name of the joined parameter is taken: it gets a number. A product whose result is stored in another type stays.
// TAKEN: lm.parameter @"n1+2_1" parts ["n1", "n2"] : tensor<32x64xf32>
// TAKEN: lm.parameter @"n1+2" : tensor<8xf32>
// CHECK-LABEL: func.func @taken
// TAKEN-LABEL: func.func @taken
// TAKEN: lm.linear {{.*}} -> tensor<?x32xf32>
// TAKEN: lm.linear {{.*}} -> tensor<?x20xbf16>
func.func @taken(%x: tensor<?x64xf32>) -> (tensor<?x20xf32>, tensor<?x12xf32>, tensor<?x20xbf16>, tensor<8xf32>) {
  %n = lm.parameter_ref @"n1+2" : tensor<8xf32>
  %wa = lm.parameter_ref @n1 : tensor<20x64xf32>
  %a = lm.linear %x, %wa : (tensor<?x64xf32>, tensor<20x64xf32>) -> tensor<?x20xf32>
  %wb = lm.parameter_ref @n2 : tensor<12x64xf32>
  %b = lm.linear %x, %wb : (tensor<?x64xf32>, tensor<12x64xf32>) -> tensor<?x12xf32>
  %wc = lm.parameter_ref @n3 : tensor<20x64xf32>
  %c = lm.linear %x, %wc : (tensor<?x64xf32>, tensor<20x64xf32>) -> tensor<?x20xbf16>
  return %a, %b, %c, %n : tensor<?x20xf32>, tensor<?x12xf32>, tensor<?x20xbf16>, tensor<8xf32>
}

// A product stays apart for the activation that is its epilogue, not for one that it has to share or for a rounding.
// CHECK-LABEL: func.func @activated
// CHECK-COUNT-3: lm.linear %arg0, %{{.*}} : (tensor<?x64xf32>, tensor<32x64xf32>)
// CHECK-NOT: lm.slice_columns
// CHECK-LABEL: func.func @shared
// CHECK: %[[JOINED:.*]] = lm.linear %arg0, %{{.*}} : (tensor<?x64xf32>, tensor<64x64xf32>)
// CHECK: lm.slice_columns %[[JOINED]]
// CHECK: lm.slice_columns %[[JOINED]]
func.func @activated(%x: tensor<?x64xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>) {
  %wg = lm.parameter_ref @gate : !lm.quantized<32x64, q8_0>
  %dg = lm.dequantize %wg : (!lm.quantized<32x64, q8_0>) -> tensor<32x64xf32>
  %g = lm.linear %x, %dg : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %y = lm.gelu %g : (tensor<?x32xf32>) -> tensor<?x32xf32>
  %wu = lm.parameter_ref @up : !lm.quantized<32x64, q8_0>
  %du = lm.dequantize %wu : (!lm.quantized<32x64, q8_0>) -> tensor<32x64xf32>
  %u = lm.linear %x, %du : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %z = lm.gelu %u : (tensor<?x32xf32>) -> tensor<?x32xf32>
  %l = lm.parameter_ref @lone : !lm.quantized<32x64, q8_0>
  %dl = lm.dequantize %l : (!lm.quantized<32x64, q8_0>) -> tensor<32x64xf32>
  %o = lm.linear %x, %dl : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %y, %z, %o : tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>
}
func.func @shared(%x: tensor<?x64xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xbf16>) {
  %wu = lm.parameter_ref @up : !lm.quantized<32x64, q8_0>
  %du = lm.dequantize %wu : (!lm.quantized<32x64, q8_0>) -> tensor<32x64xf32>
  %u = lm.linear %x, %du : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %z = lm.gelu %u : (tensor<?x32xf32>) -> tensor<?x32xf32>
  %l = lm.parameter_ref @lone : !lm.quantized<32x64, q8_0>
  %dl = lm.dequantize %l : (!lm.quantized<32x64, q8_0>) -> tensor<32x64xf32>
  %o = lm.linear %x, %dl : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %r = lm.round %o : (tensor<?x32xf32>) -> tensor<?x32xbf16>
  return %u, %z, %r : tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xbf16>
}

// Heads that attention alone reads are rounded where their sums are made, not once they are apart; not where someone else reads one.
// CHECK-LABEL: func.func @encoder
// CHECK: lm.linear {{.*}} -> tensor<?x96xbf16>
// CHECK-NOT: lm.round
// CHECK: lm.packed_attention
// CHECK: lm.linear {{.*}} -> tensor<?x96xf32>
// CHECK: lm.slice_columns {{.*}} -> tensor<?x32xf32>
// CHECK-COUNT-2: lm.round
// CHECK: return
lm.parameter @first.q : tensor<64x64xbf16>
lm.parameter @first.k : tensor<32x64xbf16>
lm.parameter @second.q : tensor<64x64xbf16>
lm.parameter @second.k : tensor<32x64xbf16>
func.func @encoder(%x: tensor<?x64xbf16>, %cu: tensor<?xi32> {lm.input = "cu_seqlens"}) -> (tensor<?x4x16xf32>, tensor<?x4x16xf32>, tensor<?x2x16xbf16>) {
  %wq = lm.parameter_ref @first.q : tensor<64x64xbf16>
  %q = lm.linear %x, %wq : (tensor<?x64xbf16>, tensor<64x64xbf16>) -> tensor<?x64xf32>
  %qh = lm.split_heads %q : (tensor<?x64xf32>) -> tensor<?x4x16xf32>
  %qr = lm.round %qh : (tensor<?x4x16xf32>) -> tensor<?x4x16xbf16>
  %wk = lm.parameter_ref @first.k : tensor<32x64xbf16>
  %k = lm.linear %x, %wk : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  %kh = lm.split_heads %k : (tensor<?x32xf32>) -> tensor<?x2x16xf32>
  %kr = lm.round %kh : (tensor<?x2x16xf32>) -> tensor<?x2x16xbf16>
  %a, %l = lm.packed_attention %qr, %kr, %kr, %cu, %cu {scale = 0.25 : f64}
    : (tensor<?x4x16xbf16>, tensor<?x2x16xbf16>, tensor<?x2x16xbf16>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x16xf32>, tensor<4x?xf32>)
  %m = lm.merge_heads %a : (tensor<?x4x16xf32>) -> tensor<?x64xf32>
  %y = lm.round %m : (tensor<?x64xf32>) -> tensor<?x64xbf16>
  %wq2 = lm.parameter_ref @second.q : tensor<64x64xbf16>
  %q2 = lm.linear %y, %wq2 : (tensor<?x64xbf16>, tensor<64x64xbf16>) -> tensor<?x64xf32>
  %qh2 = lm.split_heads %q2 : (tensor<?x64xf32>) -> tensor<?x4x16xf32>
  %qr2 = lm.round %qh2 : (tensor<?x4x16xf32>) -> tensor<?x4x16xbf16>
  %wk2 = lm.parameter_ref @second.k : tensor<32x64xbf16>
  %k2 = lm.linear %y, %wk2 : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
  %kh2 = lm.split_heads %k2 : (tensor<?x32xf32>) -> tensor<?x2x16xf32>
  %kr2 = lm.round %kh2 : (tensor<?x2x16xf32>) -> tensor<?x2x16xbf16>
  %b, %m2 = lm.packed_attention %qr2, %kr2, %kr2, %cu, %cu {scale = 0.25 : f64}
    : (tensor<?x4x16xbf16>, tensor<?x2x16xbf16>, tensor<?x2x16xbf16>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x16xf32>, tensor<4x?xf32>)
  return %a, %b, %kr2 : tensor<?x4x16xf32>, tensor<?x4x16xf32>, tensor<?x2x16xbf16>
}
