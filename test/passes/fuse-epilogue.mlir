// Element-wise ops become the epilogue of the product before them, with what follows and is theirs alone.
// RUN: longc-opt %s --longc-fuse-epilogue --remarks-filter="longc.*" 2>&1 | FileCheck %s
// RUN: longc-interpret %s --function unit --compare-after longc-fuse-epilogue
// RUN: longc-interpret %s --function geglu --compare-after longc-fuse-epilogue
// RUN: longc-interpret %s --function residual --compare-after longc-fuse-epilogue
// RUN: longc-interpret %s --function activation --compare-after longc-fuse-epilogue
// RUN: longc-interpret %s --function chain --compare-after longc-fuse-epilogue
// RUN: longc-interpret %s --function rounding --compare-after longc-fuse-epilogue
// RUN: longc-interpret %s --function half_a_unit --compare-after longc-fuse-epilogue
// RUN: longc-interpret %s --function refused --compare-after longc-fuse-epilogue
// RUN: longc-interpret %s --function chain --tokens 37 --compare-after longc-fuse-epilogue,longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %s --function half_a_unit --tokens 37 --compare-after longc-fuse-epilogue,longc-tile-linear,longc-tile-streaming --tolerance 1e-6

// CHECK-DAG: remark: {{.*}}not fused: second user of the product
// CHECK-DAG: remark: {{.*}}not fused: no operand is a product
// CHECK-DAG: remark: {{.*}}not fused: its result is rounded for one user and not for another
// CHECK-DAG: remark: {{.*}}not fused: what it would be fused with is in another block

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
// CHECK-LABEL: func.func @unit
// CHECK: %[[UNIT:.*]]:3 = lm.group
// CHECK-NEXT: %[[GATE:.*]] = lm.linear %arg0, %arg1
// CHECK-NEXT: %[[UP:.*]] = lm.linear %arg0, %arg2
// CHECK-NEXT: %[[GATED:.*]] = lm.swiglu %[[GATE]], %[[UP]]
// CHECK-NEXT: lm.quantize %[[GATED]]
// CHECK-NEXT: lm.yield
func.func @unit(%x: tensor<?x64xf32>, %g: tensor<32x64xf32>, %u: tensor<32x64xf32>) -> (tensor<?x32xi8>, tensor<?x1xf32>, tensor<?x1xf32>) {
  %a = lm.linear %x, %g : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %b = lm.linear %x, %u : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %s = lm.swiglu %a, %b : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %q:3 = lm.quantize %s : (tensor<?x32xf32>) -> (tensor<?x32xi8>, tensor<?x1xf32>, tensor<?x1xf32>)
  return %q#0, %q#1, %q#2 : tensor<?x32xi8>, tensor<?x1xf32>, tensor<?x1xf32>
}

// CHECK-LABEL: func.func @geglu
// CHECK: lm.group
// CHECK-NEXT: lm.linear
// CHECK-NEXT: lm.linear
// CHECK-NEXT: lm.geglu
// CHECK-NEXT: lm.yield
func.func @geglu(%x: tensor<?x64xf32>, %g: tensor<32x64xf32>, %u: tensor<32x64xf32>) -> tensor<?x32xf32> {
  %a = lm.linear %x, %g : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %b = lm.linear %x, %u : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %s = lm.geglu %a, %b : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %s : tensor<?x32xf32>
}

// CHECK-LABEL: func.func @residual
// CHECK: %[[SUM:.*]] = lm.group -> (tensor<?x32xbf16>) {
// CHECK-NEXT: %[[PRODUCT:.*]] = lm.linear %arg0, %arg1
// CHECK-NEXT: %[[ADDED:.*]] = lm.add %arg2, %[[PRODUCT]]
// CHECK-NEXT: %[[ROUNDED:.*]] = lm.round %[[ADDED]]
// CHECK-NEXT: lm.yield %[[ROUNDED]]
// CHECK: return %[[SUM]]
func.func @residual(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %r: tensor<?x32xf32>) -> tensor<?x32xbf16> {
  %y = lm.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %z = lm.add %r, %y : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %b = lm.round %z : (tensor<?x32xf32>) -> tensor<?x32xbf16>
  return %b : tensor<?x32xbf16>
}

// CHECK-LABEL: func.func @activation
// CHECK: lm.group
// CHECK-NEXT: %[[HIDDEN:.*]] = lm.linear %arg0, %arg1 bias %arg2
// CHECK-NEXT: lm.gelu %[[HIDDEN]] {tanh}
// CHECK-NEXT: lm.yield
func.func @activation(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %bias: tensor<32xf32>) -> tensor<?x32xf32> {
  %y = lm.linear %x, %w bias %bias : (tensor<?x64xf32>, tensor<32x64xf32>, tensor<32xf32>) -> tensor<?x32xf32>
  %z = lm.gelu %y {tanh} : (tensor<?x32xf32>) -> tensor<?x32xf32>
  return %z : tensor<?x32xf32>
}

// The whole chain, in the place where its last value from outside is known; another product is such a value.
// CHECK-LABEL: func.func @chain
// CHECK: %[[OTHER:.*]] = lm.linear %arg0, %arg2
// CHECK-NEXT: lm.group
// CHECK-NEXT: lm.linear %arg0, %arg1
// CHECK-NEXT: lm.gelu
// CHECK-NEXT: lm.add %{{.*}}, %[[OTHER]]
// CHECK-NEXT: lm.gelu
// CHECK-NEXT: lm.round
// CHECK-NEXT: lm.yield
func.func @chain(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %v: tensor<32x64xf32>) -> tensor<?x32xbf16> {
  %y = lm.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %z = lm.gelu %y : (tensor<?x32xf32>) -> tensor<?x32xf32>
  %o = lm.linear %x, %v : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %s = lm.add %z, %o : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %g = lm.gelu %s : (tensor<?x32xf32>) -> tensor<?x32xf32>
  %b = lm.round %g : (tensor<?x32xf32>) -> tensor<?x32xbf16>
  return %b : tensor<?x32xbf16>
}

// CHECK-LABEL: func.func @rounding
// CHECK: lm.group
// CHECK-NEXT: lm.linear
// CHECK-NEXT: lm.round
// CHECK-NEXT: lm.yield
func.func @rounding(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>) -> tensor<?x32xbf16> {
  %y = lm.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %b = lm.round %y : (tensor<?x32xf32>) -> tensor<?x32xbf16>
  return %b : tensor<?x32xbf16>
}

// One operand is a product, the other is not; what is rounded for one user alone is rounded outside.
// CHECK-LABEL: func.func @half_a_unit
// CHECK: lm.group
// CHECK-NEXT: lm.linear
// CHECK-NEXT: lm.swiglu %{{.*}}, %arg2
// CHECK-NEXT: lm.yield
// CHECK: lm.round
func.func @half_a_unit(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %u: tensor<?x32xf32>) -> (tensor<?x32xf32>, tensor<?x32xbf16>) {
  %y = lm.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %s = lm.swiglu %y, %u : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %b = lm.round %s : (tensor<?x32xf32>) -> tensor<?x32xbf16>
  return %s, %b : tensor<?x32xf32>, tensor<?x32xbf16>
}

// CHECK-LABEL: func.func @refused
// CHECK-NOT: lm.group
// CHECK: return
func.func @refused(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %r: tensor<?x32xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>) {
  %y = lm.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %g = lm.gelu %y : (tensor<?x32xf32>) -> tensor<?x32xf32>
  %s = lm.add %r, %r : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %z = lm.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %t = lm.swiglu %z, %z : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y, %g, %s, %t : tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>
}

// CHECK-LABEL: func.func @elsewhere
// CHECK-NOT: lm.group
// CHECK: scf.if
// CHECK-NEXT: lm.gelu
// CHECK: return
func.func @elsewhere(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %r: tensor<?x32xf32>, %c: i1) -> tensor<?x32xf32> {
  %y = lm.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %s = scf.if %c -> (tensor<?x32xf32>) {
    %g = lm.gelu %y : (tensor<?x32xf32>) -> tensor<?x32xf32>
    scf.yield %g : tensor<?x32xf32>
  } else {
    scf.yield %r : tensor<?x32xf32>
  }
  return %s : tensor<?x32xf32>
}
}
