// Row-wise ops become kernels that own some rows a block.
// RUN: longc-opt %s --pass-pipeline="builtin.module(longc-tile-streaming,canonicalize,tile.kernel(cse))" | FileCheck %s
// RUN: longc-interpret %s --function embed --tokens 37 --compare-after longc-tile-streaming
// RUN: longc-interpret %s --function norms --tokens 37 --compare-after longc-tile-streaming --tolerance 1e-6
// RUN: longc-interpret %s --function rotate --tokens 37 --compare-after longc-tile-streaming --tolerance 1e-6
// RUN: longc-interpret %s --function partly --tokens 37 --compare-after longc-tile-streaming --tolerance 1e-6
// RUN: longc-interpret %s --function rounded --tokens 37 --compare-after longc-tile-streaming --tolerance 1e-6
// RUN: longc-interpret %s --function append --tokens 37 --compare-after longc-tile-streaming,longc-lower-state
// RUN: longc-interpret %s --function append --tokens 300 --sequences 2 --seed 4 --compare-after longc-tile-streaming,longc-lower-state

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
lm.parameter @table : !lm.quantized<40x64, q8_0>

// CHECK-LABEL: tile.kernel @embedding_64 grid(%arg0)
// CHECK-SAME: !tile.view<40x64x!tile.quantized<q8_0>>
// CHECK: %[[ROW:.*]] = arith.muli %arg0, %c4
// CHECK: %[[TOKENS:.*]] = tile.load %{{.*}}[%[[ROW]]] : <?xi32> -> tensor<4xi32>
// CHECK: tile.gather %{{.*}}[%[[TOKENS]], %c0] : <40x64x!tile.quantized<q8_0>>, tensor<4xi32> -> tensor<4x64xf32>
func.func @embed(%tokens: tensor<?xi32> {lm.input = "tokens"}) -> tensor<?x64xf32> {
  %t = lm.parameter_ref @table : !lm.quantized<40x64, q8_0>
  %x = lm.embedding %tokens, %t : (tensor<?xi32>, !lm.quantized<40x64, q8_0>) -> tensor<?x64xf32>
  return %x : tensor<?x64xf32>
}

// The group's rows are those that are gathered.
// CHECK-LABEL: tile.kernel @gather_rows_rms_norm_layer_norm_swiglu_quantize_64
// CHECK: tile.gather
// CHECK: tile.reduce add
// CHECK: math.rsqrt
// CHECK: arith.subf
// CHECK: tile.reduce add
// CHECK: math.exp2
// CHECK: tile.encode
// CHECK-LABEL: func.func @norms
// CHECK: tensor.dim %arg1
// CHECK: arith.ceildivui %{{.*}}, %c4
func.func @norms(%x: tensor<?x64xf32>, %rows: tensor<?xi32> {lm.input = "rows"}, %w: tensor<64xf32>, %b: tensor<64xf32>)
    -> (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x64xbf16>) {
  %g:4 = lm.group -> (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x64xbf16>) {
    %p = lm.gather_rows %x, %rows : (tensor<?x64xf32>, tensor<?xi32>) -> tensor<?x64xf32>
    %n = lm.rms_norm %p, %w {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
    %l = lm.layer_norm %p, %w bias %b {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
    %s = lm.swiglu %n, %l : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    %q:3 = lm.quantize %s : (tensor<?x64xf32>) -> (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>)
    %r = lm.round %n : (tensor<?x64xf32>) -> tensor<?x64xbf16>
    lm.yield %q#0, %q#1, %q#2, %r : tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x64xbf16>
  }
  return %g#0, %g#1, %g#2, %g#3 : tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x64xbf16>
}

// Angles in f64; the halves of a rotated head are stored one by one.
// CHECK-LABEL: tile.kernel @rope_angles_apply_rope_
// CHECK: arith.sitofp %{{.*}} : tensor<4xi32> to tensor<4xf64>
// CHECK: math.roundeven
// CHECK: %[[LOW:.*]] = arith.subf %{{.*}} : tensor<4x2x16xf32>
// CHECK: %[[HIGH:.*]] = arith.addf %{{.*}} : tensor<4x2x16xf32>
// CHECK: tile.store %[[LOW]], %[[OUT:.*]][%{{.*}}, %c0, %c0]
// CHECK: tile.store %[[HIGH]], %[[OUT]][%{{.*}}, %c0, %c16]
func.func @rotate(%x: tensor<?x64xf32>, %positions: tensor<?xi32> {lm.input = "positions"}) -> (tensor<?x2x32xf32>, tensor<?x32xf32>) {
  %g:2 = lm.group -> (tensor<?x2x32xf32>, tensor<?x32xf32>) {
    %a = lm.rope_angles %positions {dim = 32 : i64, theta = 100.0 : f64, scale = 7.0 : f64, factors = array<f64: 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0>} : (tensor<?xi32>) -> tensor<?x32xf32>
    %h = lm.split_heads %x : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
    %r = lm.apply_rope %h, %a : (tensor<?x2x32xf32>, tensor<?x32xf32>) -> tensor<?x2x32xf32>
    lm.yield %r, %a : tensor<?x2x32xf32>, tensor<?x32xf32>
  }
  return %g#0, %g#1 : tensor<?x2x32xf32>, tensor<?x32xf32>
}

// Three parts: two that turn and the rest.
// CHECK-LABEL: tile.kernel @apply_rope_2x32
// CHECK-COUNT-3: tile.store
func.func @partly(%x: tensor<?x2x32xf32>, %a: tensor<?x8xf32>) -> tensor<?x2x32xf32> {
  %r = lm.apply_rope %x, %a : (tensor<?x2x32xf32>, tensor<?x8xf32>) -> tensor<?x2x32xf32>
  return %r : tensor<?x2x32xf32>
}

// A value that is rounded and read again inside the kernel; an element-wise op goes from piece to piece of a rotated one.
// CHECK-LABEL: tile.kernel @add_gelu_64
// CHECK: %[[SUM:.*]] = arith.addf
// CHECK: %[[CUT:.*]] = arith.truncf %[[SUM]] : tensor<4x64xf32> to tensor<4x64xbf16>
// CHECK: arith.extf %[[CUT]]
// CHECK-LABEL: tile.kernel @apply_rope_gelu_2x32
// CHECK-COUNT-3: math.erf
// CHECK-COUNT-3: tile.store
func.func @rounded(%x: tensor<?x64xf32>, %y: tensor<?x64xf32>, %h: tensor<?x2x32xf32>, %a: tensor<?x8xf32>) -> (tensor<?x64xf32>, tensor<?x2x32xbf16>) {
  %g = lm.group -> (tensor<?x64xf32>) {
    %s = lm.add %x, %y : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xbf16>
    %t = lm.gelu %s : (tensor<?x64xbf16>) -> tensor<?x64xf32>
    lm.yield %t : tensor<?x64xf32>
  }
  %k = lm.group -> (tensor<?x2x32xbf16>) {
    %r = lm.apply_rope %h, %a : (tensor<?x2x32xf32>, tensor<?x8xf32>) -> tensor<?x2x32xf32>
    %t = lm.gelu %r : (tensor<?x2x32xf32>) -> tensor<?x2x32xbf16>
    lm.yield %t : tensor<?x2x32xbf16>
  }
  return %g, %k : tensor<?x64xf32>, tensor<?x2x32xbf16>
}

// A kernel over sequences: rows go to their token's place in the slot's ring and in the slot's pages.
// CHECK-LABEL: tile.kernel @cache_append_memory_append
// CHECK: %[[BEGIN:.*]] = tile.scalar %{{.*}}[%arg0, %c0]
// CHECK: %[[END:.*]] = tile.scalar %{{.*}}[%arg0, %c1]
// CHECK: %[[FIRST:.*]] = tile.scalar %{{.*}}[%arg0, %c4]
// CHECK: %[[SLOT:.*]] = tile.scalar %{{.*}}[%arg0, %c7]
// CHECK: arith.remui %[[FIRST]], %[[RING:.*]] : index
// CHECK: arith.muli %[[SLOT]], %[[RING]]
// CHECK: arith.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<4xi1>, tensor<4xi32>
// CHECK: tile.scatter
// CHECK: tile.scatter
// CHECK: arith.remui %[[FIRST]], %c256
// CHECK: tile.scatter
// CHECK: tile.scatter
// CHECK-LABEL: func.func @append
// CHECK: %[[LIST:.*]] = tile.work_list %{{.*}} rows = 4
// CHECK: tile.launch @cache_append_memory_append
func.func @append(%k: tensor<?x2x32xf32>, %v: tensor<?x2x32xf32>, %segments: tensor<?x8xi32> {lm.input = "segments"},
                  %cache: !lm.cache<2x32xbf16> {lm.input = "cache", lm.layer = 0 : i64},
                  %memory: !lm.memory<2x32xf32> {lm.input = "memory", lm.layer = 0 : i64}) -> (!lm.cache<2x32xbf16>, !lm.memory<2x32xf32>) {
  %g:2 = lm.group -> (!lm.cache<2x32xbf16>, !lm.memory<2x32xf32>) {
    %c = lm.cache_append %cache, %k, %v, %segments : (!lm.cache<2x32xbf16>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x8xi32>) -> !lm.cache<2x32xbf16>
    %m = lm.memory_append %memory, %k, %v, %segments : (!lm.memory<2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x8xi32>) -> !lm.memory<2x32xf32>
    lm.yield %c, %m : !lm.cache<2x32xbf16>, !lm.memory<2x32xf32>
  }
  return %g#0, %g#1 : !lm.cache<2x32xbf16>, !lm.memory<2x32xf32>
}
}
