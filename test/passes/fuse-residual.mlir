// The residual sum joins the product whose result it adds.
// RUN: longc-opt %s --longc-fuse-residual --remarks-filter="longc.*" 2>&1 | FileCheck %s
// RUN: longc-interpret %s --function residual --compare-after longc-fuse-residual
// RUN: longc-interpret %s --function refused --compare-after longc-fuse-residual

// CHECK-DAG: remark: {{.*}}not fused: second user of the product
// CHECK-DAG: remark: {{.*}}not fused: no operand is a product of its own

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

// CHECK-LABEL: func.func @refused
// CHECK-NOT: lm.group
// CHECK: return
func.func @refused(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %r: tensor<?x32xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>) {
  %y = lm.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %z = lm.add %r, %y : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  %s = lm.add %r, %r : (tensor<?x32xf32>, tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y, %z, %s : tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>
}
