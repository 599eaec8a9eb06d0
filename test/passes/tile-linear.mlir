// Groups with products become kernels of one tile of the result a block.
// RUN: split-file %s %t
// RUN: longc-opt %t/whole.mlir --pass-pipeline="builtin.module(longc-tile-linear,canonicalize,tile.kernel(cse))" | FileCheck %t/whole.mlir
// RUN: longc-opt %t/loop.mlir --pass-pipeline="builtin.module(longc-tile-linear,canonicalize,tile.kernel(cse))" | FileCheck %t/loop.mlir
// RUN: longc-interpret %t/whole.mlir --function decoded --tokens 37 --compare-after longc-tile-linear
// RUN: longc-interpret %t/whole.mlir --function integers --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %t/whole.mlir --function unit --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %t/whole.mlir --function token --compare-after longc-tile-linear
// RUN: longc-interpret %t/loop.mlir --function looped --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %t/loop.mlir --function integers --tokens 37 --compare-after longc-tile-linear
// RUN: longc-interpret %t/loop.mlir --function ragged --tokens 37 --compare-after longc-tile-linear

//--- whole.mlir
module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 96, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
lm.parameter @w : !lm.quantized<192x64, q4_1>
lm.parameter @u : !lm.quantized<192x64, q4_0>
lm.parameter @h : tensor<40x64xbf16>

// The weight is decoded tile by tile; 192 columns are two tiles of 96.
// CHECK-LABEL: tile.kernel @linear_192x64 grid(%arg0, %arg1)
// CHECK-SAME: (%[[X:.*]]: !tile.view<?x64xf32>, %[[W:.*]]: !tile.view<192x64x!tile.quantized<q4_1>>, %[[Y:.*]]: !tile.view<?x192xf32>)
// CHECK-DAG: %[[ROW:.*]] = arith.muli %arg0, %c16
// CHECK-DAG: %[[COL:.*]] = arith.muli %arg1, %c96
// CHECK: %[[A:.*]] = tile.load %[[X]][%[[ROW]], %c0] : <?x64xf32> -> tensor<16x64xf32>
// CHECK: %[[Q:.*]] = tile.load %[[W]][%[[COL]], %c0]
// CHECK: %[[B:.*]] = tile.decode %[[Q]] : tensor<96x64x!tile.quantized<q4_1>> -> tensor<96x64xf32>
// CHECK: %[[SUM:.*]] = tile.mma %[[A]], %[[B]], %{{.*}} transpose_b
// CHECK: tile.store %[[SUM]], %[[Y]][%[[ROW]], %[[COL]]]
// CHECK-LABEL: func.func @decoded
// CHECK-NOT: lm.dequantize
// CHECK: %[[BLOCKS:.*]] = arith.ceildivui %{{.*}}, %c16
// CHECK: tile.launch @linear_192x64 grid(%[[BLOCKS]], %c2)
func.func @decoded(%x: tensor<?x64xf32>) -> tensor<?x192xf32> {
  %w = lm.parameter_ref @w : !lm.quantized<192x64, q4_1>
  %d = lm.dequantize %w : (!lm.quantized<192x64, q4_1>) -> tensor<192x64xf32>
  %y = lm.linear %x, %d : (tensor<?x64xf32>, tensor<192x64xf32>) -> tensor<?x192xf32>
  return %y : tensor<?x192xf32>
}

// CHECK-LABEL: tile.kernel @quantized_linear_add_192x64
// CHECK: tile.scaled_mma %{{.*}} scaled(%{{.*}}, %{{.*}}), %{{.*}}, %{{.*}} : tensor<16x64xi8>, tensor<96x64x!tile.quantized<q4_1>> -> tensor<16x96xf32>(tensor<16x2xf32>, tensor<16x2xf32>)
// CHECK: %[[OLD:.*]] = tile.load
// CHECK: arith.addf %[[OLD]]
func.func @integers(%x: tensor<?x64xf32>, %r: tensor<?x192xf32>) -> tensor<?x192xf32> {
  %e:3 = lm.quantize %x : (tensor<?x64xf32>) -> (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>)
  %w = lm.parameter_ref @w : !lm.quantized<192x64, q4_1>
  %z = lm.group -> (tensor<?x192xf32>) {
    %y = lm.quantized_linear %e#0, %e#1, %e#2, %w : (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>, !lm.quantized<192x64, q4_1>) -> tensor<?x192xf32>
    %s = lm.add %r, %y : (tensor<?x192xf32>, tensor<?x192xf32>) -> tensor<?x192xf32>
    lm.yield %s : tensor<?x192xf32>
  }
  return %z : tensor<?x192xf32>
}

// Two products on one load of x; the encoded result's scales lie at a 32nd of the column.
// CHECK-LABEL: tile.kernel @linear_swiglu_quantize_192x64
// CHECK: %[[X:.*]] = tile.load {{.*}} -> tensor<16x64xf32>
// CHECK: tile.mma %[[X]]
// CHECK: tile.mma %[[X]]
// CHECK: math.exp2
// CHECK: %[[VALUES:.*]], %[[SCALES:.*]], %[[SUMS:.*]] = tile.encode {{.*}} -> tensor<16x96xi8>, tensor<16x3xf32>, tensor<16x3xf32>
// CHECK: tile.store %[[VALUES]]
// CHECK: %[[BLOCK:.*]] = arith.divui %{{.*}}, %c32
// CHECK: tile.store %[[SCALES]], %{{.*}}[%{{.*}}, %[[BLOCK]]]
func.func @unit(%x: tensor<?x64xf32>) -> (tensor<?x192xi8>, tensor<?x6xf32>, tensor<?x6xf32>) {
  %w = lm.parameter_ref @w : !lm.quantized<192x64, q4_1>
  %u = lm.parameter_ref @u : !lm.quantized<192x64, q4_0>
  %dw = lm.dequantize %w : (!lm.quantized<192x64, q4_1>) -> tensor<192x64xf32>
  %du = lm.dequantize %u : (!lm.quantized<192x64, q4_0>) -> tensor<192x64xf32>
  %q:3 = lm.group -> (tensor<?x192xi8>, tensor<?x6xf32>, tensor<?x6xf32>) {
    %a = lm.linear %x, %dw : (tensor<?x64xf32>, tensor<192x64xf32>) -> tensor<?x192xf32>
    %b = lm.linear %x, %du : (tensor<?x64xf32>, tensor<192x64xf32>) -> tensor<?x192xf32>
    %s = lm.swiglu %a, %b : (tensor<?x192xf32>, tensor<?x192xf32>) -> tensor<?x192xf32>
    %e:3 = lm.quantize %s : (tensor<?x192xf32>) -> (tensor<?x192xi8>, tensor<?x6xf32>, tensor<?x6xf32>)
    lm.yield %e#0, %e#1, %e#2 : tensor<?x192xi8>, tensor<?x6xf32>, tensor<?x6xf32>
  }
  return %q#0, %q#1, %q#2 : tensor<?x192xi8>, tensor<?x6xf32>, tensor<?x6xf32>
}

// One token: tiles of one row; a width below the limit is one tile. A stored bf16 weight is widened on the tile.
// CHECK-LABEL: tile.kernel @linear_40x64_rows1
// CHECK: tile.load {{.*}} -> tensor<1x64xf32>
// CHECK: %[[H:.*]] = tile.load {{.*}} -> tensor<40x64xbf16>
// CHECK: arith.extf %[[H]]
// CHECK: grid(%c1, %c1)
func.func @token(%x: tensor<1x64xf32>) -> tensor<1x40xf32> {
  %h = lm.parameter_ref @h : tensor<40x64xbf16>
  %w = lm.round %h : (tensor<40x64xbf16>) -> tensor<40x64xf32>
  %y = lm.linear %x, %w : (tensor<1x64xf32>, tensor<40x64xf32>) -> tensor<1x40xf32>
  return %y : tensor<1x40xf32>
}
}

//--- loop.mlir
module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 64, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = false>} {
lm.parameter @w : !lm.quantized<64x128, q8_0>

// CHECK-LABEL: tile.kernel @linear_gelu_add_64x128
// CHECK: %[[SUM:.*]] = scf.for %[[K:.*]] = %c0 to %c128 step %c64 iter_args(%[[ACC:.*]] = %{{.*}}) -> (tensor<16x32xf32>) {
// CHECK: %[[A:.*]] = tile.load %{{.*}}[%{{.*}}, %[[K]]] : <?x128xbf16> -> tensor<16x64xbf16>
// CHECK: %[[B:.*]] = tile.load %{{.*}}[%{{.*}}, %[[K]]] : <64x128xbf16> -> tensor<32x64xbf16>
// CHECK: tile.mma %[[A]], %[[B]], %[[ACC]] transpose_b
// CHECK: %[[BIAS:.*]] = tile.load {{.*}} -> tensor<32xf32>
// CHECK: tile.expand %[[BIAS]] dim 0
// CHECK: math.erf
// CHECK: arith.truncf
func.func @looped(%x: tensor<?x128xbf16>, %w: tensor<64x128xbf16>, %b: tensor<64xf32>, %r: tensor<?x64xf32>) -> tensor<?x64xbf16> {
  %y = lm.group -> (tensor<?x64xbf16>) {
    %l = lm.linear %x, %w bias %b : (tensor<?x128xbf16>, tensor<64x128xbf16>, tensor<64xf32>) -> tensor<?x64xf32>
    %g = lm.gelu %l : (tensor<?x64xf32>) -> tensor<?x64xf32>
    %s = lm.add %g, %r : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    %h = lm.round %s : (tensor<?x64xf32>) -> tensor<?x64xbf16>
    lm.yield %h : tensor<?x64xbf16>
  }
  return %y : tensor<?x64xbf16>
}

// CHECK-LABEL: tile.kernel @quantized_linear_64x128
// CHECK: scf.for
// CHECK: arith.divui %{{.*}}, %c32
// CHECK: tile.scaled_mma
// The bias comes last.
// CHECK: %[[BIAS:.*]] = tile.load %{{.*}} : <64xf32> -> tensor<32xf32>
// CHECK: %[[SPREAD:.*]] = tile.expand %[[BIAS]] dim 0
// CHECK: arith.addf %{{.*}}, %[[SPREAD]]
func.func @integers(%x: tensor<?x128xf32>, %b: tensor<64xf32>) -> tensor<?x64xf32> {
  %e:3 = lm.quantize %x : (tensor<?x128xf32>) -> (tensor<?x128xi8>, tensor<?x4xf32>, tensor<?x4xf32>)
  %w = lm.parameter_ref @w : !lm.quantized<64x128, q8_0>
  %y = lm.quantized_linear %e#0, %e#1, %e#2, %w bias %b : (tensor<?x128xi8>, tensor<?x4xf32>, tensor<?x4xf32>, !lm.quantized<64x128, q8_0>, tensor<64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// The last step of a depth that no loop of 64 divides is a part: what is behind the end reads as zero.
// CHECK-LABEL: tile.kernel @linear_48x96
// CHECK: scf.for %{{.*}} = %c0 to %c96 step %c64
// CHECK: tile.mma
func.func @ragged(%x: tensor<?x96xf32>, %w: tensor<48x96xf32>) -> tensor<?x48xf32> {
  %y = lm.linear %x, %w : (tensor<?x96xf32>, tensor<48x96xf32>) -> tensor<?x48xf32>
  return %y : tensor<?x48xf32>
}
}
