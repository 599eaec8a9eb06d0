// The largest tile sizes of a target whose kernels it has room for, and a remark that names what had none in larger ones.
// RUN: split-file %s %t
// RUN: longc-opt %t/narrow.mlir --longc-lower='precision=written target=cuda:sm_90a' --remarks-filter="longc-tiles" 2>&1 | FileCheck %t/narrow.mlir
// RUN: longc-opt %t/wide.mlir --longc-lower='precision=written target=cuda:sm_90a' --remarks-filter="longc-tiles" 2>&1 | FileCheck %t/wide.mlir
// RUN: longc-opt %t/floats.mlir --longc-lower='precision=written target=cuda:sm_90a' --remarks-filter="longc-tiles" 2>&1 | FileCheck %t/floats.mlir
// RUN: longc-opt %t/wide.mlir --longc-lower=precision=written | FileCheck %t/wide.mlir --check-prefix=CPU
// RUN: longc-opt %t/written.mlir --longc-choose-tiles | FileCheck %t/written.mlir

//--- narrow.mlir
// CHECK-NOT: no blocks of
// CHECK: attention_rows = 192,
func.func @attention(%q: tensor<?x4x128xbf16>, %k: tensor<?x4x128xbf16>, %v: tensor<?x4x128xbf16>, %c: tensor<?xi32> {lm.input = "cu_seqlens"}) -> tensor<?x4x128xbf16> {
  %o, %lse = lm.packed_attention %q, %k, %v, %c, %c causal {scale = 0.125 : f64}
    : (tensor<?x4x128xbf16>, tensor<?x4x128xbf16>, tensor<?x4x128xbf16>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x128xbf16>, tensor<4x?xf32>)
  return %o : tensor<?x4x128xbf16>
}

//--- wide.mlir
// CHECK: no blocks of 192 queries: @packed_attention_4x192 needs some 192 registers a thread of 160
// CHECK-NOT: no blocks of
// CHECK: attention_rows = 128,
// CPU: attention_rows = 64,
func.func @attention(%q: tensor<?x4x192xbf16>, %k: tensor<?x2x192xbf16>, %v: tensor<?x2x192xbf16>, %c: tensor<?xi32> {lm.input = "cu_seqlens"}) -> tensor<?x4x192xbf16> {
  %o, %lse = lm.packed_attention %q, %k, %v, %c, %c causal {scale = 0.0625 : f64}
    : (tensor<?x4x192xbf16>, tensor<?x2x192xbf16>, tensor<?x2x192xbf16>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x192xbf16>, tensor<4x?xf32>)
  return %o : tensor<?x4x192xbf16>
}

//--- floats.mlir
// In float32 the tiles lie in shared memory.
// CHECK: no blocks of 192 queries: @packed_attention_4x64 needs {{[0-9]+}} bytes of shared memory of 232448
// CHECK-NOT: no blocks of
// CHECK: attention_rows = 128,
func.func @attention(%q: tensor<?x4x64xf32>, %k: tensor<?x4x64xf32>, %v: tensor<?x4x64xf32>, %c: tensor<?xi32> {lm.input = "cu_seqlens"}) -> tensor<?x4x64xf32> {
  %o, %lse = lm.packed_attention %q, %k, %v, %c, %c causal {scale = 0.125 : f64}
    : (tensor<?x4x64xf32>, tensor<?x4x64xf32>, tensor<?x4x64xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x64xf32>, tensor<4x?xf32>)
  return %o : tensor<?x4x64xf32>
}

//--- written.mlir
// Sizes that no target offers stay.
// CHECK: attention_rows = 48,
module attributes {tile.target = #tile.target<mma_rows = 256, mma_cols = 96, mma_depth = 0, attention_rows = 48, attention_cols = 128, stream_rows = 8, fold_heads = true>} {
}
