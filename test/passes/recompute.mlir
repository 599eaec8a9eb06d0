// Gradients read a second computation of a norm and a gated unit; the forward part keeps its own.
// RUN: longc-opt %s --longc-differentiate --longc-recompute | FileCheck %s
// RUN: longc-opt %s --longc-differentiate -o %t && longc-interpret %t --function loss_gradient --tokens 9 --compare-after longc-recompute --tolerance 1e-12

// With a budget of memory: cheap ops are computed again as without, then the products that keep most; what was computed again is computed from what was.
// RUN: longc-opt %s --longc-differentiate --longc-recompute='memory-budget=720000 tokens=9000' 2>&1 | FileCheck %s --check-prefix=ROOM
// RUN: longc-opt %s --longc-differentiate --longc-recompute='memory-budget=600000 tokens=9000' -o /dev/null 2>&1 | FileCheck %s --check-prefix=FIRST
// RUN: longc-opt %s --longc-differentiate --longc-recompute='memory-budget=400000 tokens=9000' 2>&1 | FileCheck %s --check-prefix=PRODUCTS
// RUN: longc-opt %s --longc-differentiate --longc-recompute='memory-budget=100000 tokens=9000' -o /dev/null 2>&1 | FileCheck %s --check-prefix=LEAST
// RUN: longc-interpret %t --function loss_gradient --tokens 9 --compare-after 'longc-recompute{memory-budget=400000 tokens=9000}' --tolerance 1e-12

// ROOM: remark: gradients of 9000 tokens keep 0.720 MB of values, the budget is 0.720 MB: no product is computed again
// ROOM: lm.cross_entropy
// ROOM: lm.swiglu {{.*}} {lm.again}
// ROOM: lm.rms_norm {{.*}} lm.again
// FIRST: remark: gradients of 9000 tokens keep 0.720 MB of values, the budget is 0.600 MB: computing 1 of 2 products again leaves 0.504 MB
// PRODUCTS: remark: {{.*}}: computing 2 of 2 products again leaves 0.288 MB
// PRODUCTS: lm.cross_entropy
// PRODUCTS: %[[X:.*]] = lm.rms_norm {{.*}} lm.again
// PRODUCTS: %[[GATE:.*]] = lm.linear %[[X]], {{.*}} {lm.again}
// PRODUCTS: %[[UP:.*]] = lm.linear %[[X]], {{.*}} {lm.again}
// PRODUCTS: lm.swiglu %[[GATE]], %[[UP]] {lm.again}
// LEAST: warning: {{.*}} leaves 0.288 MB, and none of these choices leaves less

// CHECK-LABEL: func.func @loss_gradient
// CHECK: lm.rms_norm
// CHECK: lm.swiglu
// CHECK: lm.cross_entropy
// CHECK: %[[AGAIN:.*]] = lm.swiglu {{.*}} {lm.again}
// CHECK: lm.row_product %{{.*}}, %[[AGAIN]]
// CHECK: %[[NORM:.*]] = lm.rms_norm {{.*}} lm.again
// CHECK: lm.row_product %{{.*}}, %[[NORM]]
func.func @loss(%x: tensor<?x8xf32> {lm.trained}, %n: tensor<8xf32>, %gate: tensor<6x8xf32> {lm.trained}, %up: tensor<6x8xf32> {lm.trained},
                %down: tensor<8x6xf32> {lm.trained}, %head: tensor<12x8xf32>, %targets: tensor<?xi32> {lm.input = "targets", lm.limit = 12 : i64},
                %weights: tensor<?xf32>) -> tensor<1xf32> {
  %0 = lm.rms_norm %x, %n {epsilon = 1.0e-5 : f64} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %1 = lm.linear %0, %gate : (tensor<?x8xf32>, tensor<6x8xf32>) -> tensor<?x6xf32>
  %2 = lm.linear %0, %up : (tensor<?x8xf32>, tensor<6x8xf32>) -> tensor<?x6xf32>
  %3 = lm.swiglu %1, %2 : (tensor<?x6xf32>, tensor<?x6xf32>) -> tensor<?x6xf32>
  %4 = lm.linear %3, %down : (tensor<?x6xf32>, tensor<8x6xf32>) -> tensor<?x8xf32>
  %5 = lm.add %x, %4 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %6, %7 = lm.cross_entropy %5, %head, %targets, %weights
    : (tensor<?x8xf32>, tensor<12x8xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  return %6 : tensor<1xf32>
}
