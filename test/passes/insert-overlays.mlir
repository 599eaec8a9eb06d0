// Functions that serve get copies whose products take an adapter of any rank, added by kernels of its own.
// RUN: longc-opt %s --longc-insert-overlays | FileCheck %s
// RUN: longc-opt %s --longc-insert-overlays --longc-tile-linear --longc-deduplicate-kernels | FileCheck %s --check-prefix=KERNELS

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 96, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
// An adapter of joined products is one: its modules and their rows are kept.
// CHECK-DAG: lm.parameter @"layers.0.q+layers.0.k.lora_A" trainable {lm.overlay_modules = ["layers.0.q", "layers.0.k"], lm.overlay_rows = array<i64: 64, 32>} : tensor<?x64xf32>
// CHECK-DAG: lm.parameter @"layers.0.q+layers.0.k.lora_B" trainable {lm.overlay_modules = ["layers.0.q", "layers.0.k"], lm.overlay_rows = array<i64: 64, 32>} : tensor<96x?xf32>
// CHECK-DAG: lm.parameter @lm_head.lora_A trainable {lm.overlay_modules = ["lm_head"], lm.overlay_rows = array<i64: 8>} : tensor<?x64xf32>
lm.parameter @joined parts ["layers.0.q.weight", "layers.0.k.weight"] : !lm.quantized<96x64, q8_0>
lm.parameter @o.weight : !lm.quantized<64x64, q8_0>
lm.parameter @table.weight : tensor<8x64xf32>

// The function itself stays as it is.
// CHECK-LABEL: func.func @decode(
// CHECK-NOT: lora
// CHECK-LABEL: func.func @decode_adapted(
// CHECK: %[[E:.*]] = lm.embedding
// CHECK: %[[BASE:.*]] = lm.quantized_linear
// CHECK: %[[A:.*]] = lm.parameter_ref @"layers.0.q+layers.0.k.lora_A" : tensor<?x64xf32>
// CHECK: %[[LOW:.*]] = lm.linear %[[E]], %[[A]] : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x?xf32>
// CHECK: %[[QK:.*]] = lm.group
// CHECK-NEXT: %[[D:.*]] = lm.linear %[[LOW]], %{{.*}} : (tensor<?x?xf32>, tensor<96x?xf32>) -> tensor<?x96xf32>
// CHECK-NEXT: lm.add %[[BASE]], %[[D]]
// CHECK: lm.slice_columns %[[QK]] {begin = 0 : i64, end = 64 : i64}
// A residual sum stays behind its product: the adapter comes after both.
// CHECK: %[[O:.*]] = lm.quantized_linear
// CHECK: %[[SUM:.*]] = lm.add %{{.*}}, %[[O]]
// CHECK: lm.group
// CHECK: lm.add %[[SUM]],
// CHECK: lm.linear %{{.*}}, %{{.*}} : (tensor<?x64xf32>, tensor<8x64xf32>)
// CHECK: lm.parameter_ref @lm_head.lora_A

// What adds an adapter is one kernel for all products, whatever their widths.
// KERNELS: tile.kernel @linear_add_{{[0-9]+}}xany grid{{.*}}!tile.view<?x?xf32>, %{{.*}}: !tile.view<?x?xf32>, %{{.*}}: index, %{{.*}}: !tile.view<?x?xf32>, %{{.*}}: !tile.view<?x?xf32>
// KERNELS: scf.for %{{.*}} = %{{.*}} to %{{.*}} step
// KERNELS-NOT: tile.kernel @linear_add_{{[0-9]+}}xany
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
}
