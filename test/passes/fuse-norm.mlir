// A norm takes with it the gather or the sum of its rows and the rounding of its result, which other users may want as it is.
// RUN: longc-opt %s --longc-fuse-norm --remarks-filter="longc.*" 2>&1 | FileCheck %s
// RUN: longc-interpret %s --function gathered --compare-after longc-fuse-norm
// RUN: longc-interpret %s --function shared --compare-after longc-fuse-norm
// RUN: longc-interpret %s --function summed --tokens 9 --compare-after 'longc-fuse-norm,longc-set-target{target=cuda:sm_90a},longc-tile-streaming'
// RUN: longc-interpret %s --function several --tokens 9 --compare-after 'longc-fuse-norm,longc-set-target{target=cpu},longc-tile-streaming'
// RUN: longc-interpret %s --function shared --tokens 9 --compare-after 'longc-fuse-norm,longc-set-target{target=cpu},longc-tile-streaming'

// CHECK-DAG: remark: {{.*}}not fused: second user of the gathered rows

// CHECK-LABEL: func.func @gathered
// CHECK: %[[GROUP:.*]]:3 = lm.group -> (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>) {
// CHECK-NEXT: %[[ROWS:.*]] = lm.gather_rows %arg0, %arg1
// CHECK-NEXT: %[[NORM:.*]] = lm.rms_norm %[[ROWS]], %arg2
// CHECK-NEXT: %[[VALUES:.*]], %[[SCALES:.*]], %[[SUMS:.*]] = lm.quantize %[[NORM]]
// CHECK-NEXT: lm.yield %[[VALUES]], %[[SCALES]], %[[SUMS]]
// CHECK: return %[[GROUP]]#0, %[[GROUP]]#1, %[[GROUP]]#2
func.func @gathered(%x: tensor<?x64xf32>, %rows: tensor<?xi32> {lm.input = "rows"}, %w: tensor<64xf32>)
    -> (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %p = lm.gather_rows %x, %rows : (tensor<?x64xf32>, tensor<?xi32>) -> tensor<?x64xf32>
  %n = lm.rms_norm %p, %w {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %q:3 = lm.quantize %n : (tensor<?x64xf32>) -> (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>)
  return %q#0, %q#1, %q#2 : tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>
}

// CHECK-LABEL: func.func @shared
// CHECK: %[[ROWS:.*]] = lm.gather_rows
// CHECK: %[[GROUP:.*]]:2 = lm.group -> (tensor<?x64xf32>, tensor<?x64xbf16>) {
// CHECK-NEXT: %[[NORM:.*]] = lm.layer_norm %[[ROWS]]
// CHECK-NEXT: %[[ROUNDED:.*]] = lm.round %[[NORM]]
// CHECK-NEXT: lm.yield %[[NORM]], %[[ROUNDED]]
// CHECK: return %[[ROWS]], %[[GROUP]]#0, %[[GROUP]]#1
func.func @shared(%x: tensor<?x64xf32>, %rows: tensor<?xi32> {lm.input = "rows"}, %w: tensor<64xf32>)
    -> (tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xbf16>) {
  %p = lm.gather_rows %x, %rows : (tensor<?x64xf32>, tensor<?xi32>) -> tensor<?x64xf32>
  %n = lm.layer_norm %p, %w {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %r = lm.round %n : (tensor<?x64xf32>) -> tensor<?x64xbf16>
  return %p, %n, %r : tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xbf16>
}

// A sum goes with the norm of it, whoever else reads it, unless it is a product's epilogue.
// CHECK-LABEL: func.func @summed
// CHECK: %[[GROUP:.*]]:2 = lm.group -> (tensor<?x64xf32>, tensor<?x64xf32>) {
// CHECK-NEXT: %[[SUM:.*]] = lm.add %arg0, %arg1
// CHECK-NEXT: %[[NORM:.*]] = lm.rms_norm %[[SUM]], %arg2
// CHECK-NEXT: lm.yield %[[SUM]], %[[NORM]]
// CHECK: return %[[GROUP]]#0, %[[GROUP]]#1
func.func @summed(%x: tensor<?x64xf32>, %y: tensor<?x64xf32>, %w: tensor<64xf32>) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %s = lm.add %x, %y : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %n = lm.rms_norm %s, %w {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return %s, %n : tensor<?x64xf32>, tensor<?x64xf32>
}

// CHECK-LABEL: func.func @of_a_product
// CHECK-NOT: lm.group
// CHECK: return
func.func @of_a_product(%x: tensor<?x64xf32>, %m: tensor<64x64xf32>, %w: tensor<64xf32>) -> tensor<?x64xf32> {
  %p = lm.linear %x, %m : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %s = lm.add %x, %p : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %n = lm.rms_norm %s, %w {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return %n : tensor<?x64xf32>
}

// What is computed again stays where it is needed: what is kept until then would be its result.
// CHECK-LABEL: func.func @again
// CHECK: lm.silu
// CHECK: lm.group
// CHECK: lm.multiply
func.func @again(%x: tensor<?x64xf32>, %w: tensor<64xf32>) -> (tensor<?x64xf32>, tensor<?x64xbf16>) {
  %s = lm.silu %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %n = lm.rms_norm %x, %w {epsilon = 1.0e-5 : f64, lm.again} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %r = lm.round %n : (tensor<?x64xf32>) -> tensor<?x64xbf16>
  %m = lm.multiply %s, %n : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %m, %r : tensor<?x64xf32>, tensor<?x64xbf16>
}

// Some users want bf16 and some integers: both come out of one kernel.
// CHECK-LABEL: func.func @several
// CHECK: lm.group -> (tensor<?x64xbf16>, tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>) {
// CHECK-NEXT: %[[NORM:.*]] = lm.rms_norm
// CHECK-NEXT: lm.round %[[NORM]]
// CHECK-NEXT: lm.quantize %[[NORM]]
// CHECK-NEXT: lm.yield
func.func @several(%x: tensor<?x64xf32>, %w: tensor<64xf32>) -> (tensor<?x64xbf16>, tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %n = lm.rms_norm %x, %w {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %r = lm.round %n : (tensor<?x64xf32>) -> tensor<?x64xbf16>
  %q:3 = lm.quantize %n : (tensor<?x64xf32>) -> (tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>)
  return %r, %q#0, %q#1, %q#2 : tensor<?x64xbf16>, tensor<?x64xi8>, tensor<?x2xf32>, tensor<?x2xf32>
}

// CHECK-LABEL: func.func @rounded
// CHECK: lm.group -> (tensor<?x64xbf16>) {
// CHECK-NEXT: lm.rms_norm
// CHECK-NEXT: lm.round
// CHECK-NEXT: lm.yield
func.func @rounded(%x: tensor<?x64xf32>, %w: tensor<64xf32>) -> tensor<?x64xbf16> {
  %n = lm.rms_norm %x, %w {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %r = lm.round %n : (tensor<?x64xf32>) -> tensor<?x64xbf16>
  return %r : tensor<?x64xbf16>
}
