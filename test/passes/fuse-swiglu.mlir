// Gate product, up product, gated unit and what rounds it become one kernel.
// RUN: longc-opt %s --longc-fuse-swiglu --remarks-filter="longc.*" 2>&1 | FileCheck %s
// RUN: longc-interpret %s --function unit --compare-after longc-fuse-swiglu
// RUN: longc-interpret %s --function geglu --compare-after longc-fuse-swiglu
// RUN: longc-interpret %s --function refused --compare-after longc-fuse-swiglu

// CHECK-DAG: remark: {{.*}}not fused: second user of a product
// CHECK-DAG: remark: {{.*}}not fused: an operand is not a product
// CHECK-DAG: remark: {{.*}}not fused: second user of the gated unit

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

// The third unit is fused without the rounding that a second user keeps out.
// CHECK-LABEL: func.func @refused
// CHECK: lm.group
// CHECK: lm.swiglu
// CHECK-NEXT: lm.yield
// CHECK-NOT: lm.group
func.func @refused(%x: tensor<?x64xf32>, %g: tensor<32x64xf32>, %u: tensor<32x64xf32>, %h: tensor<?x32xf32>)
    -> (tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xbf16>) {
  %a = lm.linear %x, %g : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %b = lm.linear %x, %u : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %s = lm.swiglu %a, %b : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %c = lm.linear %x, %g : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %t = lm.swiglu %c, %h : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %d = lm.linear %x, %u : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %e = lm.linear %x, %g : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %v = lm.swiglu %d, %e : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %r = lm.round %v : (tensor<?x32xf32>) -> tensor<?x32xbf16>
  return %a, %s, %t, %v, %r : tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xbf16>
}
