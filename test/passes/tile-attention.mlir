// Attention becomes kernels of one online softmax over all sources.
// RUN: split-file %s %t
// RUN: longc-opt %t/folded.mlir --pass-pipeline="builtin.module(longc-tile-attention,canonicalize,tile.kernel(cse))" | FileCheck %t/folded.mlir
// RUN: longc-opt %t/heads.mlir --pass-pipeline="builtin.module(longc-tile-attention,canonicalize,tile.kernel(cse))" | FileCheck %t/heads.mlir
// RUN: longc-opt %t/one.mlir --pass-pipeline="builtin.module(longc-tile-attention,canonicalize,tile.kernel(cse))" --remarks-filter="longc.*" 2>&1 | FileCheck %t/one.mlir
// RUN: longc-interpret %t/folded.mlir --function joint --tokens 45 --compare-after longc-tile-streaming,longc-tile-attention,longc-lower-state --tolerance 1e-6
// RUN: longc-interpret %t/folded.mlir --function joint --tokens 45 --seed 2 --sequences 1 --compare-after longc-tile-streaming,longc-tile-attention,longc-lower-state --tolerance 1e-6
// RUN: longc-interpret %t/folded.mlir --function selected --tokens 45 --compare-after longc-tile-streaming,longc-tile-attention,longc-lower-state --tolerance 1e-6
// RUN: longc-interpret %t/folded.mlir --function capped --tokens 45 --compare-after longc-tile-streaming,longc-tile-attention,longc-lower-state --tolerance 1e-6
// RUN: longc-interpret %t/heads.mlir --function causal --tokens 45 --compare-after longc-tile-attention --tolerance 1e-6
// RUN: longc-interpret %t/heads.mlir --function causal --tokens 45 --seed 3 --sequences 5 --compare-after longc-tile-attention --tolerance 1e-6
// RUN: longc-interpret %t/heads.mlir --function window --tokens 45 --compare-after longc-tile-attention --tolerance 1e-6
// RUN: longc-interpret %t/heads.mlir --function full --tokens 45 --compare-after longc-tile-attention --tolerance 1e-6
// RUN: longc-interpret %t/one.mlir --function joint --tokens 1 --compare-after longc-tile-streaming,longc-tile-attention,longc-lower-state --tolerance 1e-6
// RUN: longc-interpret %t/one.mlir --function joint --tokens 1 --seed 2 --compare-after longc-tile-streaming,longc-tile-attention,longc-lower-state --tolerance 1e-6
// RUN: longc-interpret %t/one.mlir --function joint --tokens 1 --seed 3 --compare-after longc-tile-streaming,longc-tile-attention,longc-lower-state --tolerance 1e-6
// A GPU's splits hold the heads of a key head, its merges one, or some columns of one where nothing is asked for that is the whole head's;
// they join many splits of a token at a time.
// RUN: sed 's/module attributes.*/module {/' %t/one.mlir > %t/plain.mlir
// RUN: longc-opt %t/plain.mlir --longc-set-target=target=cuda:sm_90a -o %t/gpu.mlir
// RUN: longc-interpret %t/gpu.mlir --function joint --tokens 1 --compare-after longc-tile-streaming,longc-tile-attention,longc-lower-state --tolerance 1e-6
// RUN: longc-interpret %t/gpu.mlir --function joint --tokens 1 --seed 2 --compare-after longc-tile-streaming,longc-tile-attention,longc-lower-state --tolerance 1e-6
// RUN: longc-interpret %t/gpu.mlir --function newest --tokens 1 --compare-after longc-tile-attention --tolerance 1e-6
// RUN: longc-opt %t/gpu.mlir --pass-pipeline="builtin.module(longc-tile-attention,canonicalize,tile.kernel(cse))" | FileCheck %t/one.mlir --check-prefix=TOGETHER
// RUN: longc-interpret %t/one.mlir --function selected --tokens 1 --compare-after longc-tile-streaming,longc-tile-attention,longc-lower-state --tolerance 1e-6

//--- folded.mlir
module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {

// Two query heads share a key head: they are rows of one block, 8 tokens are 16 rows.
// CHECK-LABEL: tile.kernel @window_attention_knn_attention_merge_attention_quantize_4x32 grid(%arg0, %arg1)
// CHECK-DAG: %[[HEAD:.*]] = arith.muli %arg1, %c2
// CHECK-DAG: %[[Q0:.*]] = tile.scalar %[[LIST:.*]][%arg0, %c0]
// CHECK-DAG: %[[Q1:.*]] = tile.scalar %[[LIST]][%arg0, %c1]
// CHECK: %[[QS:.*]] = tile.load %{{.*}}[%[[Q0]], %[[HEAD]], %c0] rows(%[[Q0]] to %[[Q1]]) : <?x4x32xf32> -> tensor<8x2x32xf32>
// CHECK: %[[Q:.*]] = tile.reshape %[[QS]] : tensor<8x2x32xf32> -> tensor<16x32xf32>
// The window: the ring wraps between tiles, never inside one.
// CHECK: %[[LOCAL:.*]]:3 = scf.for %[[KEY:.*]] = %{{.*}} to %{{.*}} step %c16 iter_args
// CHECK: arith.remui %[[KEY]], %[[RING:.*]] : index
// CHECK: %[[S:.*]] = tile.mma %[[Q]], %{{.*}} transpose_b
// CHECK: scf.if
// CHECK: arith.cmpi sle
// CHECK: arith.cmpi sge
// CHECK: %[[HIGH:.*]] = tile.reduce max
// CHECK: math.exp2
// CHECK: tile.mma
// The memory goes on with what the window left: one softmax. Its pages hold 256 rows.
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[LOCAL]]#0, %{{.*}} = %[[LOCAL]]#1, %{{.*}} = %[[LOCAL]]#2)
// CHECK: arith.divui %{{.*}}, %c256
// CHECK: tile.scalar
// CHECK: arith.divf
// CHECK: tile.encode %{{.*}} : tensor<8x64xf32> -> tensor<8x64xi8>, tensor<8x2xf32>, tensor<8x2xf32>
// CHECK-LABEL: func.func @joint
// CHECK: %[[ITEMS:.*]] = tile.work_list %{{.*}} rows = 8
// CHECK: tile.launch @window_attention_knn_attention_merge_attention_quantize_4x32 grid(%{{.*}}, %c2) ins(%[[ITEMS]]
func.func @joint(%q: tensor<?x4x32xf32>, %m: tensor<?x4x32xf32>, %k: tensor<?x2x32xf32>, %v: tensor<?x2x32xf32>,
                 %segments: tensor<?x8xi32> {lm.input = "segments"}, %t: tensor<1xf32> {lm.input = "temperature"},
                 %old: !lm.cache<2x32xf32> {lm.input = "cache", lm.layer = 0 : i64},
                 %memory: !lm.memory<2x32xf32> {lm.input = "memory", lm.layer = 0 : i64}) -> (tensor<?x128xi8>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %cache = lm.cache_append %old, %k, %v, %segments : (!lm.cache<2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x8xi32>) -> !lm.cache<2x32xf32>
  %g:3 = lm.group -> (tensor<?x128xi8>, tensor<?x4xf32>, tensor<?x4xf32>) {
    %o:2 = lm.window_attention %q, %cache, %segments {scale = 0.25 : f64}
      : (tensor<?x4x32xf32>, !lm.cache<2x32xf32>, tensor<?x8xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
    %p:2 = lm.knn_attention %m, %memory, %segments temperature %t {scale = 0.25 : f64}
      : (tensor<?x4x32xf32>, !lm.memory<2x32xf32>, tensor<?x8xi32>, tensor<1xf32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
    %j:2 = lm.merge_attention (%o#0, %p#0), (%o#1, %p#1)
      : (tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<4x?xf32>, tensor<4x?xf32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
    %h = lm.merge_heads %j#0 : (tensor<?x4x32xf32>) -> tensor<?x128xf32>
    %e:3 = lm.quantize %h : (tensor<?x128xf32>) -> (tensor<?x128xi8>, tensor<?x4xf32>, tensor<?x4xf32>)
    lm.yield %e#0, %e#1, %e#2 : tensor<?x128xi8>, tensor<?x4xf32>, tensor<?x4xf32>
  }
  return %g#0, %g#1, %g#2 : tensor<?x128xi8>, tensor<?x4xf32>, tensor<?x4xf32>
}

// A first loop finds the last selected entry of each row, a second keeps what is not behind it.
// CHECK-LABEL: tile.kernel @knn_attention_4x32
// CHECK: %[[STATE:.*]] = scf.for {{.*}} -> (!tile.topk<16, 5>)
// CHECK: tile.topk_update
// CHECK: %[[SCORES:.*]], %[[INDICES:.*]] = tile.topk_threshold %[[STATE]]
// CHECK: scf.for
// CHECK: math.rsqrt
// CHECK: tile.expand %[[SCORES]] dim 1
// CHECK: arith.cmpf ugt
// CHECK: arith.cmpf oeq
func.func @selected(%q: tensor<?x4x32xf32>, %segments: tensor<?x8xi32> {lm.input = "segments"},
                    %memory: !lm.memory<2x32xf32> {lm.input = "memory", lm.layer = 0 : i64}) -> (tensor<?x4x32xf32>, tensor<4x?xf32>) {
  %p:2 = lm.knn_attention %q, %memory, %segments similarity cosine {scale = 4.0 : f64, topk = 5 : i64}
    : (tensor<?x4x32xf32>, !lm.memory<2x32xf32>, tensor<?x8xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
  return %p#0, %p#1 : tensor<?x4x32xf32>, tensor<4x?xf32>
}

// CHECK-LABEL: tile.kernel @window_attention_4x32
// CHECK: math.tanh
func.func @capped(%q: tensor<?x4x32xf32>, %k: tensor<?x2x32xf32>, %segments: tensor<?x8xi32> {lm.input = "segments"},
                  %old: !lm.cache<2x32xf32> {lm.input = "cache", lm.layer = 0 : i64}) -> tensor<?x4x32xf32> {
  %cache = lm.cache_append %old, %k, %k, %segments : (!lm.cache<2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x8xi32>) -> !lm.cache<2x32xf32>
  %o:2 = lm.window_attention %q, %cache, %segments {scale = 0.5 : f64, soft_cap = 2.0 : f64}
    : (tensor<?x4x32xf32>, !lm.cache<2x32xf32>, tensor<?x8xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
  return %o#0 : tensor<?x4x32xf32>
}
}

//--- heads.mlir
module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 64, attention_rows = 16, attention_cols = 16, stream_rows = 4, fold_heads = false>} {
// A block a query head; keys right of the diagonal are not visited, and only tiles on it are masked.
// CHECK-LABEL: tile.kernel @packed_attention_4x32 grid(%arg0, %arg1)
// CHECK-DAG: %[[KEY_HEAD:.*]] = arith.divui %arg1, %c2
// CHECK-DAG: %[[Q0:.*]] = tile.scalar %[[LIST:.*]][%arg0, %c0]
// CHECK-DAG: %[[Q1:.*]] = tile.scalar %[[LIST]][%arg0, %c1]
// CHECK: %[[BEGIN:.*]] = tile.scalar %[[LIST]][%arg0, %c2]
// CHECK: %[[END:.*]] = tile.scalar %[[LIST]][%arg0, %c3]
// CHECK: %[[DIAGONAL:.*]] = tile.scalar %[[LIST]][%arg0, %c4]
// CHECK: %[[COUNT:.*]] = arith.subi %[[Q1]], %[[Q0]]
// CHECK: %[[LAST:.*]] = arith.addi %[[DIAGONAL]], %[[COUNT]]
// CHECK: %[[STOP:.*]] = arith.minsi %[[END]], %[[LAST]]
// CHECK: tile.load %{{.*}}[%[[Q0]], %arg1, %c0] rows(%[[Q0]] to %[[Q1]]) dropped [1] : <?x4x32xf32> -> tensor<16x32xf32>
// CHECK: scf.for %[[KEY:.*]] = %[[BEGIN]] to %[[STOP]] step %c16
// CHECK: tile.load %{{.*}}[%[[KEY]], %[[KEY_HEAD]], %c0] rows(%[[BEGIN]] to %[[STOP]]) dropped [1]
// CHECK: %[[NEXT:.*]] = arith.addi %[[KEY]], %c16
// CHECK: %[[DIAGONAL_NEXT:.*]] = arith.addi %[[DIAGONAL]], %c1
// CHECK: %[[EDGE:.*]] = arith.cmpi sgt, %[[NEXT]], %[[DIAGONAL_NEXT]]
// CHECK: scf.if %[[EDGE]]
// CHECK: math.log2
// CHECK-LABEL: tile.kernel @transpose_4
// CHECK: tile.transpose
// CHECK-LABEL: func.func @causal
// CHECK: tile.work_list %{{.*}} keys %{{.*}} rows = 16
func.func @causal(%q: tensor<?x4x32xf32>, %k: tensor<?x2x32xf32>, %v: tensor<?x2x32xf32>,
                  %cu_q: tensor<?xi32> {lm.input = "cu_seqlens"}, %cu_k: tensor<?xi32> {lm.input = "cu_seqlens"}) -> (tensor<?x4x32xf32>, tensor<4x?xf32>) {
  %o:2 = lm.packed_attention %q, %k, %v, %cu_q, %cu_k causal {scale = 0.25 : f64}
    : (tensor<?x4x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
  return %o#0, %o#1 : tensor<?x4x32xf32>, tensor<4x?xf32>
}

// CHECK-LABEL: tile.kernel @packed_attention_4x32_1
// CHECK: arith.maxsi
// CHECK: arith.cmpi sle
// CHECK: arith.cmpi sgt
// CHECK: arith.truncf {{.*}} to tensor<16x32xbf16>
func.func @window(%q: tensor<?x4x32xf32>, %k: tensor<?x2x32xf32>, %v: tensor<?x2x32xf32>,
                  %cu_q: tensor<?xi32> {lm.input = "cu_seqlens"}, %cu_k: tensor<?xi32> {lm.input = "cu_seqlens"}) -> tensor<?x4x32xbf16> {
  %r = lm.group -> (tensor<?x4x32xbf16>) {
    %o:2 = lm.packed_attention %q, %k, %v, %cu_q, %cu_k causal {scale = 0.25 : f64, window = 5 : i64}
      : (tensor<?x4x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
    %b = lm.round %o#0 : (tensor<?x4x32xf32>) -> tensor<?x4x32xbf16>
    lm.yield %b : tensor<?x4x32xbf16>
  }
  return %r : tensor<?x4x32xbf16>
}

// CHECK-LABEL: tile.kernel @packed_attention_4x32_2
// CHECK-NOT: arith.cmpi sle
// CHECK: arith.cmpi slt
func.func @full(%q: tensor<?x4x32xf32>, %k: tensor<?x4x32xf32>, %v: tensor<?x4x32xf32>,
                %cu: tensor<?xi32> {lm.input = "cu_seqlens"}) -> tensor<?x4x32xf32> {
  %o:2 = lm.packed_attention %q, %k, %v, %cu, %cu {scale = 0.25 : f64}
    : (tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?x4x32xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
  return %o#0 : tensor<?x4x32xf32>
}
}

//--- one.mlir
module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {

// CHECK: remark: {{.*}}keys not split: the best of all cannot be told from a part of them

// One query token: keys are split over a third dimension of the grid. A split takes whole tiles of each source, at
// least two; one that no source has keys for does nothing.
// CHECK-LABEL: tile.kernel @window_attention_knn_attention_merge_attention_quantize_4x32_rows1_split grid(%arg0, %arg1, %arg2)
// CHECK: %[[TILES:.*]] = arith.divui %{{.*}}, %c256
// CHECK: %[[ENOUGH:.*]] = arith.maxsi %[[TILES]], %c1
// CHECK: %[[SHARE:.*]] = arith.muli %[[ENOUGH]], %c16
// CHECK: %[[USED:.*]] = arith.ceildivui %{{.*}}, %[[SHARE]]
// CHECK: %[[FROM:.*]] = arith.muli %arg2, %[[SHARE]]
// CHECK: %[[FIRST:.*]] = arith.maxsi %[[USED]], %c0
// CHECK: %[[OTHERS:.*]] = arith.ceildivui
// CHECK: %[[ALL:.*]] = arith.maxsi %[[FIRST]], %[[OTHERS]]
// CHECK: %[[WORKS:.*]] = arith.cmpi slt, %arg2, %[[ALL]]
// CHECK: scf.if %[[WORKS]]
// CHECK: scf.for
// CHECK: %[[PART:.*]]:3 = scf.for
// CHECK: tile.reshape %[[PART]]#0
// CHECK: tile.store {{.*}} : tensor<1x2x32xf32>, <1x16x4x32xf32>
// CHECK: tile.store {{.*}} : tensor<1x2xf32>, <1x16x4xf32>
// CHECK: tile.store {{.*}} : tensor<1x2xf32>, <1x16x4xf32>
// Parts are joined in the order of their index, and how many there are follows from the work list, as in a split; what follows the softmax is here.
// CHECK-LABEL: tile.kernel @window_attention_knn_attention_merge_attention_quantize_4x32_rows1_merge grid(%arg0, %arg1)
// CHECK: arith.divui %{{.*}}, %c256
// CHECK: %[[OF_WINDOW:.*]] = arith.ceildivui
// CHECK: %[[ONE:.*]] = arith.maxsi %[[OF_WINDOW]], %c0
// CHECK: arith.divui %{{.*}}, %c256
// CHECK: %[[OF_MEMORY:.*]] = arith.ceildivui
// CHECK: %[[COUNT:.*]] = arith.maxsi %[[ONE]], %[[OF_MEMORY]]
// CHECK: scf.for %{{.*}} = %c0 to %[[COUNT]] step %c1
// CHECK-NOT: tile.mma
// CHECK: arith.divf
// CHECK: tile.encode
// TOGETHER-LABEL: _rows1_split grid(
// TOGETHER: tile.mma {{.*}} transpose_b : tensor<2x32xf32>, tensor<16x32xf32> -> tensor<2x16xf32>
// TOGETHER-LABEL: _rows1_merge grid(%arg0, %arg1)
// TOGETHER: arith.muli %arg{{.*}}, %c16
// TOGETHER: arith.ceildivui
// TOGETHER: arith.ceildivui
// TOGETHER: %[[COUNT:.*]] = arith.maxsi
// TOGETHER: scf.for %[[FIRST:.*]] = %c0 to %[[COUNT]] step %c32 iter_args
// TOGETHER: tile.load {{.*}} dropped [2] : {{.*}} -> tensor<1x32xf32>
// TOGETHER: tile.reduce max
// TOGETHER: tile.load {{.*}} dropped [0, 2] : {{.*}} -> tensor<32x32xf32>
// TOGETHER: tile.mma
// TOGETHER: scf.yield
// TOGETHER: tile.store
// As many splits as there can be pairs of tiles: those of a ring, or of a row of the page table.
// TOGETHER: %[[PAGES:.*]] = arith.muli %{{.*}}, %c256
// TOGETHER: %[[MOST:.*]] = arith.maxsi %{{.*}}, %[[PAGES]]
// TOGETHER: %[[PAIRS:.*]] = arith.ceildivsi %[[MOST]], %c32
// TOGETHER: %[[SPLITS:.*]] = arith.minsi %[[PAIRS]], %c512
// TOGETHER: tile.launch @{{.*}}_split grid(%{{.*}}, %c2, %[[SPLITS]])
// TOGETHER: tile.launch @{{.*}}_merge grid(%{{.*}}, %c4)

// CHECK-LABEL: func.func @joint
// CHECK: %[[ITEMS:.*]] = tile.work_list %{{.*}} rows = 1
// CHECK: tile.launch @{{.*}}_split grid(%{{.*}}, %c2, %c16) ins(%[[ITEMS]]
// CHECK: tile.launch @{{.*}}_merge grid(%{{.*}}, %c2) ins(%[[ITEMS]]
func.func @joint(%q: tensor<1x4x32xf32>, %m: tensor<1x4x32xf32>, %k: tensor<1x2x32xf32>, %v: tensor<1x2x32xf32>,
                 %segments: tensor<?x8xi32> {lm.input = "segments"}, %t: tensor<1xf32> {lm.input = "temperature"},
                 %old: !lm.cache<2x32xf32> {lm.input = "cache", lm.layer = 0 : i64},
                 %memory: !lm.memory<2x32xf32> {lm.input = "memory", lm.layer = 0 : i64}) -> (tensor<1x128xi8>, tensor<1x4xf32>, tensor<1x4xf32>, tensor<4x1xf32>) {
  %cache = lm.cache_append %old, %k, %v, %segments : (!lm.cache<2x32xf32>, tensor<1x2x32xf32>, tensor<1x2x32xf32>, tensor<?x8xi32>) -> !lm.cache<2x32xf32>
  %g:4 = lm.group -> (tensor<1x128xi8>, tensor<1x4xf32>, tensor<1x4xf32>, tensor<4x1xf32>) {
    %o:2 = lm.window_attention %q, %cache, %segments {scale = 0.25 : f64}
      : (tensor<1x4x32xf32>, !lm.cache<2x32xf32>, tensor<?x8xi32>) -> (tensor<1x4x32xf32>, tensor<4x1xf32>)
    %p:2 = lm.knn_attention %m, %memory, %segments temperature %t {scale = 0.25 : f64}
      : (tensor<1x4x32xf32>, !lm.memory<2x32xf32>, tensor<?x8xi32>, tensor<1xf32>) -> (tensor<1x4x32xf32>, tensor<4x1xf32>)
    %j:2 = lm.merge_attention (%o#0, %p#0), (%o#1, %p#1)
      : (tensor<1x4x32xf32>, tensor<1x4x32xf32>, tensor<4x1xf32>, tensor<4x1xf32>) -> (tensor<1x4x32xf32>, tensor<4x1xf32>)
    %h = lm.merge_heads %j#0 : (tensor<1x4x32xf32>) -> tensor<1x128xf32>
    %e:3 = lm.quantize %h : (tensor<1x128xf32>) -> (tensor<1x128xi8>, tensor<1x4xf32>, tensor<1x4xf32>)
    lm.yield %e#0, %e#1, %e#2, %j#1 : tensor<1x128xi8>, tensor<1x4xf32>, tensor<1x4xf32>, tensor<4x1xf32>
  }
  return %g#0, %g#1, %g#2, %g#3 : tensor<1x128xi8>, tensor<1x4xf32>, tensor<1x4xf32>, tensor<4x1xf32>
}

// A window narrower than the keys, every head a block of its own: masking looks at the query, not at the split's end.
// CHECK-LABEL: tile.kernel @packed_attention_4x32_rows1_split
// CHECK: %[[LAST:.*]] = arith.minsi
// CHECK: arith.subi %{{.*}}, %c149
// CHECK: %[[STOP:.*]] = arith.minsi %[[LAST]], %{{.*}}
// CHECK: scf.for %[[KEY:.*]] = %{{.*}} to %[[STOP]] step %c16
// CHECK: %[[OLDEST:.*]] = arith.subi %[[LAST]], %c150
// CHECK: arith.cmpi slt, %[[KEY]], %[[OLDEST]]
// CHECK: tile.store {{.*}} dropped [1, 2] : tensor<1x32xf32>, <1x16x4x32xf32>
// TOGETHER-LABEL: packed_attention_4x32_rows1_merge grid(%arg0, %arg1, %arg2)
// TOGETHER: %[[COLUMN:.*]] = arith.muli %arg2, %c16
// TOGETHER: tile.load {{.*}}, %[[COLUMN]]] dropped [0, 2] : {{.*}} -> tensor<64x16xf32>
// TOGETHER: tile.store
// TOGETHER: tile.launch @{{.*}}_merge grid(%{{.*}}, %c4, %c2)
func.func @newest(%q: tensor<1x4x32xf32>, %k: tensor<300x4x32xf32>, %v: tensor<300x4x32xf32>,
                  %cu_q: tensor<2xi32> {lm.input = "cu_seqlens"}, %cu_k: tensor<2xi32> {lm.input = "cu_seqlens"}) -> tensor<1x4x32xf32> {
  %o:2 = lm.packed_attention %q, %k, %v, %cu_q, %cu_k causal {scale = 0.25 : f64, window = 150 : i64}
    : (tensor<1x4x32xf32>, tensor<300x4x32xf32>, tensor<300x4x32xf32>, tensor<2xi32>, tensor<2xi32>) -> (tensor<1x4x32xf32>, tensor<4x1xf32>)
  return %o#0 : tensor<1x4x32xf32>
}

// Queries of f32 over a cache of bf16: the product is one of f32.
// CHECK-LABEL: tile.kernel @window_attention_4x32_rows1_split
// CHECK: %[[KEYS:.*]] = arith.extf %{{.*}} : tensor<16x32xbf16> to tensor<16x32xf32>
// CHECK: tile.mma %{{.*}}, %[[KEYS]], %{{.*}} transpose_b
func.func @mixed(%q: tensor<1x4x32xf32>, %segments: tensor<?x8xi32> {lm.input = "segments"},
                 %cache: !lm.cache<2x32xbf16> {lm.input = "cache", lm.layer = 0 : i64}) -> tensor<1x4x32xf32> {
  %p:2 = lm.window_attention %q, %cache, %segments {scale = 0.25 : f64}
    : (tensor<1x4x32xf32>, !lm.cache<2x32xbf16>, tensor<?x8xi32>) -> (tensor<1x4x32xf32>, tensor<4x1xf32>)
  return %p#0 : tensor<1x4x32xf32>
}

// The best of all keys cannot be told from a part of them: no split.
// CHECK-LABEL: tile.kernel @knn_attention_4x32_rows1 grid(%arg0, %arg1)
// CHECK: tile.topk_threshold
// CHECK-NOT: _split
func.func @selected(%q: tensor<1x4x32xf32>, %segments: tensor<?x8xi32> {lm.input = "segments"},
                    %memory: !lm.memory<2x32xf32> {lm.input = "memory", lm.layer = 0 : i64}) -> tensor<1x4x32xf32> {
  %p:2 = lm.knn_attention %q, %memory, %segments {scale = 0.25 : f64, topk = 5 : i64}
    : (tensor<1x4x32xf32>, !lm.memory<2x32xf32>, tensor<?x8xi32>) -> (tensor<1x4x32xf32>, tensor<4x1xf32>)
  return %p#0 : tensor<1x4x32xf32>
}
}
