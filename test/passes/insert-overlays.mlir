// Functions that serve get copies whose products take an adapter of any rank, added by kernels of its own.
// RUN: longc-opt %s --longc-insert-overlays | FileCheck %s
// RUN: longc-opt %s --longc-insert-overlays --longc-tile-linear --longc-deduplicate-kernels | FileCheck %s --check-prefix=KERNELS

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 96, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
// An adapter of joined products is one: its modules and their rows are kept. Where products are rounded it is, too, and lies in panels later.
// CHECK-DAG: lm.parameter @"layers.0.q+layers.0.k.lora_A:bf16" {lm.overlay_modules = ["layers.0.q", "layers.0.k"], lm.overlay_rows = array<i64: 64, 32>} : tensor<?x64xbf16>
// CHECK-DAG: lm.parameter @"layers.0.q+layers.0.k.lora_B:bf16" {lm.overlay_modules = ["layers.0.q", "layers.0.k"], lm.overlay_rows = array<i64: 64, 32>} : tensor<96x?xbf16>
// CHECK-DAG: lm.parameter @lm_head.lora_A trainable {lm.overlay_modules = ["lm_head"], lm.overlay_rows = array<i64: 8>} : tensor<?x64xf32>
// Products of one input share the first one; of the other's ranks each has columns, and no rows.
// CHECK-DAG: lm.parameter @"gate+up.lora_A:bf16" {lm.overlay_modules = ["gate", "up"], lm.overlay_rows = array<i64: 96, 96>} : tensor<?x64xbf16>
// CHECK-DAG: lm.parameter @"gate of gate+up.lora_B:bf16" {lm.overlay_modules = ["gate", "up"], lm.overlay_rows = array<i64: 96, 0>} : tensor<96x?xbf16>
// CHECK-DAG: lm.parameter @"up of gate+up.lora_B:bf16" {lm.overlay_modules = ["gate", "up"], lm.overlay_rows = array<i64: 0, 96>} : tensor<96x?xbf16>
lm.parameter @joined parts ["layers.0.q.weight", "layers.0.k.weight"] : !lm.quantized<96x64, q8_0>
lm.parameter @o.weight : !lm.quantized<64x64, q8_0>
lm.parameter @table.weight : tensor<8x64xf32>
lm.parameter @gate.weight : tensor<96x64xbf16>
lm.parameter @up.weight : tensor<96x64xbf16>

// The function itself stays as it is.
// CHECK-LABEL: func.func @decode(
// CHECK-NOT: lora
// CHECK-LABEL: func.func @decode_adapted(
// CHECK: %[[E:.*]] = lm.embedding
// CHECK: %[[X:.*]] = lm.round %[[E]]
// CHECK: %[[A:.*]] = lm.parameter_ref @"layers.0.q+layers.0.k.lora_A:bf16" : tensor<?x64xbf16>
// CHECK: %[[LOW:.*]] = lm.linear %[[X]], %[[A]] : (tensor<?x64xbf16>, tensor<?x64xbf16>) -> tensor<?x?xbf16>
// CHECK: %[[BASE:.*]] = lm.quantized_linear
// CHECK: %[[QK:.*]] = lm.group
// CHECK-NEXT: %[[D:.*]] = lm.linear %[[LOW]], %{{.*}} : (tensor<?x?xbf16>, tensor<96x?xbf16>) -> tensor<?x96xf32>
// CHECK-NEXT: lm.add %[[BASE]], %[[D]]
// CHECK: lm.slice_columns %[[QK]] {begin = 0 : i64, end = 64 : i64}
// A residual sum stays behind its product: the adapter comes after both.
// CHECK: %[[O:.*]] = lm.quantized_linear
// CHECK: %[[SUM:.*]] = lm.add %{{.*}}, %[[O]]
// CHECK: lm.group
// CHECK: lm.add %[[SUM]],
// CHECK: lm.parameter_ref @lm_head.lora_A :
// CHECK: lm.linear %{{.*}}, %{{.*}} : (tensor<?x64xf32>, tensor<8x64xf32>)

// What adds an adapter is one kernel for all products of a type, whatever their widths; what is rounded comes in whole panels.
// KERNELS: tile.kernel @linear_anyx64 grid{{.*}}!tile.view<?x64xbf16>, %{{.*}}: !tile.view<?x64xbf16>, %{{.*}}: !tile.view<?x?xbf16>) attributes {tile.open_columns = 16 : index}
// KERNELS: tile.kernel @linear_add_96xany grid({{.*}}!tile.view<?x?xbf16>, %{{.*}}: !tile.view<?x?xbf16>, %{{.*}}: index, %{{.*}}: !tile.view<?x?xf32>, %{{.*}}: !tile.view<?x?xf32>) attributes {tile.open_columns = 16 : index}
// KERNELS: scf.for %{{.*}} = %{{.*}} to %{{.*}} step
// KERNELS-NOT: tile.kernel @linear_add_64xany
// KERNELS: tile.kernel @linear_add_8xany grid({{.*}}!tile.view<?x?xf32>, %{{.*}}: !tile.view<?x?xf32>, %{{.*}}: index, %{{.*}}: !tile.view<?x?xf32>, %{{.*}}: !tile.view<?x?xf32>) {
func.func @decode(%tokens: tensor<?xi32> {lm.input = "tokens"}) -> (tensor<?x8xf32>, tensor<?x32xf32>) {
  %t = lm.parameter_ref @table.weight : tensor<8x64xf32>
  %x = lm.embedding %tokens, %t : (tensor<?xi32>, tensor<8x64xf32>) -> tensor<?x64xf32>
  %v:3 = lm.quantize %x : (tensor<?x64xf32>) -> (tensor<?x64xi16>, tensor<?x2xf32>, tensor<?x2xf32>)
  %w = lm.parameter_ref @joined : !lm.quantized<96x64, q8_0>
  %qk = lm.quantized_linear %v#0, %v#1, %v#2, %w : (tensor<?x64xi16>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<96x64, q8_0>) -> tensor<?x96xf32>
  %q = lm.slice_columns %qk {begin = 0 : i64, end = 64 : i64} : (tensor<?x96xf32>) -> tensor<?x64xf32>
  %k = lm.slice_columns %qk {begin = 64 : i64, end = 96 : i64} : (tensor<?x96xf32>) -> tensor<?x32xf32>
  %u:3 = lm.quantize %q : (tensor<?x64xf32>) -> (tensor<?x64xi16>, tensor<?x2xf32>, tensor<?x2xf32>)
  %wo = lm.parameter_ref @o.weight : !lm.quantized<64x64, q8_0>
  %o = lm.quantized_linear %u#0, %u#1, %u#2, %wo : (tensor<?x64xi16>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<64x64, q8_0>) -> tensor<?x64xf32>
  %h = lm.add %x, %o : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %logits = lm.linear %h, %t : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32>
  return %logits, %k : tensor<?x8xf32>, tensor<?x32xf32>
}

// A gated unit and what follows it is one kernel with the second products of both its operands.
// CHECK-LABEL: func.func @prefill_adapted(
// CHECK: %[[LOW:.*]] = lm.linear %arg0, %{{.*}} : (tensor<?x64xbf16>, tensor<?x64xbf16>) -> tensor<?x?xbf16>
// CHECK-NOT: tensor<?x?xf32>
// CHECK: lm.group
// CHECK-COUNT-2: lm.linear %[[LOW]], %{{.*}} : (tensor<?x?xbf16>, tensor<96x?xbf16>) -> tensor<?x96xf32>
// CHECK: lm.swiglu
// CHECK: lm.round
// CHECK: lm.yield
func.func @prefill(%x: tensor<?x64xbf16>) -> tensor<?x96xbf16> {
  %wg = lm.parameter_ref @gate.weight : tensor<96x64xbf16>
  %wu = lm.parameter_ref @up.weight : tensor<96x64xbf16>
  %g = lm.linear %x, %wg : (tensor<?x64xbf16>, tensor<96x64xbf16>) -> tensor<?x96xf32>
  %u = lm.linear %x, %wu : (tensor<?x64xbf16>, tensor<96x64xbf16>) -> tensor<?x96xf32>
  %f = lm.swiglu %g, %u : (tensor<?x96xf32>, tensor<?x96xf32>) -> tensor<?x96xf32>
  %r = lm.round %f : (tensor<?x96xf32>) -> tensor<?x96xbf16>
  return %r : tensor<?x96xbf16>
}
}
