// In decoding on a target that is idle with a block a row, a row that goes to states has a block for each of what is stored: each append and
// each result. What others store is not computed there.
// RUN: longc-opt %s --pass-pipeline="builtin.module(longc-tile-streaming,canonicalize,tile.kernel(cse))" | FileCheck %s
// RUN: longc-interpret %s --function append --tokens 3 --sequences 3 --compare-after longc-tile-streaming,longc-lower-state --tolerance 1e-6
// RUN: longc-interpret %s --function append --tokens 5 --sequences 5 --seed 2 --compare-after longc-tile-streaming,longc-lower-state --tolerance 1e-6
// RUN: longc-interpret %s --function heads --tokens 3 --sequences 3 --compare-after longc-tile-streaming,longc-lower-state --tolerance 1e-6
// RUN: longc-interpret %s --function heads --tokens 5 --sequences 5 --seed 2 --compare-after longc-tile-streaming,longc-lower-state --tolerance 1e-6
// RUN: longc-interpret %s --function heads_from_outside --tokens 3 --sequences 3 --compare-after longc-tile-streaming,longc-lower-state --tolerance 1e-6

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 16, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = false, few_rows = <cols = 2, numbers = 4096, keys = 16, heads = 8, head_cols = 16, splits = 128, part_cols = 512, shortest_row = 128, longest_row = 2560, row_numbers = 11000>>} {
// CHECK-LABEL: tile.kernel @cache_append_memory_append_2x32 grid(%arg0, %arg1)
// CHECK: %[[BEGIN:.*]] = tile.scalar %{{.*}}[%arg0, %c0]
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %arg1, %c0
// CHECK: scf.if %[[FIRST]]
// CHECK-NOT: tile.store
// CHECK-COUNT-2: tile.scatter {{.*}}bf16
// CHECK-NOT: tile.scatter
// CHECK: %[[SECOND:.*]] = arith.cmpi eq, %arg1, %c1
// CHECK: scf.if %[[SECOND]]
// CHECK-NOT: arith.truncf
// CHECK-COUNT-2: tile.scatter {{.*}}f32
// CHECK: %[[THIRD:.*]] = arith.cmpi eq, %arg1, %c2
// CHECK: scf.if %[[THIRD]]
// CHECK-COUNT-1: tile.load
// CHECK-NOT: tile.load
// CHECK-NOT: tile.scatter
// CHECK: tile.store
// CHECK: tile.launch @cache_append_memory_append_2x32 grid(%{{.*}}, %c3)
func.func @append(%k: tensor<?x2x32xf32>, %v: tensor<?x2x32xf32>, %segments: tensor<?x8xi32> {lm.input = "segments"},
                  %cache: !lm.cache<2x32xbf16> {lm.input = "cache", lm.layer = 0 : i64},
                  %memory: !lm.memory<2x32xf32> {lm.input = "memory", lm.layer = 0 : i64}) -> (!lm.cache<2x32xbf16>, !lm.memory<2x32xf32>, tensor<?x2x32xbf16>) attributes {lm.one_token} {
  %g:3 = lm.group -> (!lm.cache<2x32xbf16>, !lm.memory<2x32xf32>, tensor<?x2x32xbf16>) {
    %r = lm.round %k : (tensor<?x2x32xf32>) -> tensor<?x2x32xbf16>
    %c = lm.cache_append %cache, %k, %v, %segments : (!lm.cache<2x32xbf16>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x8xi32>) -> !lm.cache<2x32xbf16>
    %m = lm.memory_append %memory, %k, %v, %segments : (!lm.memory<2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x8xi32>) -> !lm.memory<2x32xf32>
    lm.yield %c, %m, %r : !lm.cache<2x32xbf16>, !lm.memory<2x32xf32>, tensor<?x2x32xbf16>
  }
  return %g#0, %g#1, %g#2 : !lm.cache<2x32xbf16>, !lm.memory<2x32xf32>, tensor<?x2x32xbf16>
}

// Heads that are columns of a product have blocks of their own, as many as the part with most of them: each reads its head's columns where it
// wants them, and a row's place in a state is a number.
// CHECK-LABEL: tile.kernel @apply_rope_cache_append_memory_append_4x32 grid(%arg0, %arg1, %arg2)
// CHECK: %[[PART:.*]] = arith.cmpi eq, %arg1, %c0
// CHECK: %[[HAS:.*]] = arith.cmpi slt, %arg2, %c2
// CHECK: %[[BOTH:.*]] = arith.andi %[[PART]], %[[HAS]]
// CHECK: scf.if %[[BOTH]]
// CHECK: %[[HEAD:.*]] = arith.muli %arg2, %c32
// CHECK: %[[FIRST:.*]] = arith.addi %[[HEAD]], %c128
// CHECK: tile.load %{{.*}}, %[[FIRST]]] {{.*}} -> tensor<1x16xf32>
// CHECK: %[[SECOND:.*]] = arith.addi %[[HEAD]], %c144
// CHECK: tile.load %{{.*}}, %[[SECOND]]] {{.*}} -> tensor<1x16xf32>
// CHECK: arith.remui
// CHECK: %[[ROW:.*]] = arith.addi
// CHECK: tile.store %{{.*}}[%[[ROW]], %arg2, %c0]
// CHECK: tile.store %{{.*}}[%[[ROW]], %arg2, %c16]
// CHECK: tile.store %{{.*}}[%[[ROW]], %arg2, %c0] : tensor<1x1x32xbf16>
// CHECK: tile.scalar %{{.*}} : <?x?xi32>
// CHECK: %[[LAST:.*]] = arith.cmpi eq, %arg1, %c2
// CHECK: scf.if %[[LAST]]
// CHECK-NOT: tile.scatter
// CHECK: tile.launch @apply_rope_cache_append_memory_append_4x32 grid(%{{.*}}, %c3, %c4)
func.func @heads(%x: tensor<?x256xf32>, %a: tensor<?x32xf32>, %segments: tensor<?x8xi32> {lm.input = "segments"},
                 %cache: !lm.cache<2x32xbf16> {lm.input = "cache", lm.layer = 0 : i64},
                 %memory: !lm.memory<2x32xf32> {lm.input = "memory", lm.layer = 0 : i64}) -> (!lm.cache<2x32xbf16>, !lm.memory<2x32xf32>, tensor<?x4x32xf32>) attributes {lm.one_token} {
  %g:3 = lm.group -> (!lm.cache<2x32xbf16>, !lm.memory<2x32xf32>, tensor<?x4x32xf32>) {
    %qs = lm.slice_columns %x {begin = 0 : i64, end = 128 : i64} : (tensor<?x256xf32>) -> tensor<?x128xf32>
    %q = lm.split_heads %qs : (tensor<?x128xf32>) -> tensor<?x4x32xf32>
    %ks = lm.slice_columns %x {begin = 128 : i64, end = 192 : i64} : (tensor<?x256xf32>) -> tensor<?x64xf32>
    %k = lm.split_heads %ks : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
    %vs = lm.slice_columns %x {begin = 192 : i64, end = 256 : i64} : (tensor<?x256xf32>) -> tensor<?x64xf32>
    %v = lm.split_heads %vs : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
    %kr = lm.apply_rope %k, %a : (tensor<?x2x32xf32>, tensor<?x32xf32>) -> tensor<?x2x32xf32>
    %qr = lm.apply_rope %q, %a : (tensor<?x4x32xf32>, tensor<?x32xf32>) -> tensor<?x4x32xf32>
    %c = lm.cache_append %cache, %kr, %v, %segments : (!lm.cache<2x32xbf16>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x8xi32>) -> !lm.cache<2x32xbf16>
    %m = lm.memory_append %memory, %k, %v, %segments : (!lm.memory<2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x8xi32>) -> !lm.memory<2x32xf32>
    lm.yield %c, %m, %qr : !lm.cache<2x32xbf16>, !lm.memory<2x32xf32>, tensor<?x4x32xf32>
  }
  return %g#0, %g#1, %g#2 : !lm.cache<2x32xbf16>, !lm.memory<2x32xf32>, tensor<?x4x32xf32>
}

// Where some heads are no columns, a block has all of them.
// CHECK-LABEL: tile.kernel @cache_append_memory_append grid(%arg0, %arg1) (
func.func @heads_from_outside(%x: tensor<?x64xf32>, %k: tensor<?x2x32xf32>, %segments: tensor<?x8xi32> {lm.input = "segments"},
                              %cache: !lm.cache<2x32xbf16> {lm.input = "cache", lm.layer = 0 : i64},
                              %memory: !lm.memory<2x32xf32> {lm.input = "memory", lm.layer = 0 : i64}) -> (!lm.cache<2x32xbf16>, !lm.memory<2x32xf32>) attributes {lm.one_token} {
  %g:2 = lm.group -> (!lm.cache<2x32xbf16>, !lm.memory<2x32xf32>) {
    %v = lm.split_heads %x : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
    %c = lm.cache_append %cache, %k, %v, %segments : (!lm.cache<2x32xbf16>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x8xi32>) -> !lm.cache<2x32xbf16>
    %m = lm.memory_append %memory, %k, %v, %segments : (!lm.memory<2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x8xi32>) -> !lm.memory<2x32xf32>
    lm.yield %c, %m : !lm.cache<2x32xbf16>, !lm.memory<2x32xf32>
  }
  return %g#0, %g#1 : !lm.cache<2x32xbf16>, !lm.memory<2x32xf32>
}
}
