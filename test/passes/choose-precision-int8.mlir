// Weights that are not quantised become blocks of q8_0 that int8 activations multiply, where their rows are whole blocks; other
// products are those of the fast mode. Products of one input are joined all the same. Three neighbouring blocks, else two, share a scale: not
// before attention, nor behind it where heads have fewer columns.
// RUN: longc-opt %s '--longc-choose-precision=precision=int8 narrow-weights' --cse --longc-fuse-qkv | FileCheck %s

// CHECK-DAG: lm.parameter @"a+b.weight:q8_0" parts ["a.weight", "b.weight"] : !lm.quantized<96x96, q8_0>
// CHECK-DAG: lm.parameter @"c.weight:bf16" parts ["c.weight"] : tensor<32x40xbf16>
// CHECK-NOT: lm.parameter @"a.weight:q8_0"
lm.parameter @a.weight : tensor<64x96xf32>
lm.parameter @b.weight : tensor<32x96xf32>
lm.parameter @c.weight : tensor<32x40xf32>
lm.parameter @d.weight : tensor<32x64xbf16>
lm.parameter @e.weight : tensor<32x64xf32>

// CHECK-LABEL: func.func @blocks
// CHECK: %[[VALUES:.*]], %[[SCALES:.*]], %[[SUMS:.*]] = lm.quantize %arg0 {scale_blocks = 3 : i64} : (tensor<?x96xf32>) -> (tensor<?x96xi8>, tensor<?x3xf32>, tensor<?x3xf32>)
// CHECK-NOT: lm.quantize %arg0
// CHECK: %[[W:.*]] = lm.parameter_ref @"a+b.weight:q8_0"
// CHECK: lm.quantized_linear %[[VALUES]], %[[SCALES]], %[[SUMS]], %[[W]] {scale_blocks = 3 : i64}
func.func @blocks(%x: tensor<?x96xf32>) -> (tensor<?x64xf32>, tensor<?x32xf32>) {
  %a = lm.parameter_ref @a.weight : tensor<64x96xf32>
  %b = lm.parameter_ref @b.weight : tensor<32x96xf32>
  %y = lm.linear %x, %a : (tensor<?x96xf32>, tensor<64x96xf32>) -> tensor<?x64xf32>
  %z = lm.linear %x, %b : (tensor<?x96xf32>, tensor<32x96xf32>) -> tensor<?x32xf32>
  return %y, %z : tensor<?x64xf32>, tensor<?x32xf32>
}

// CHECK-LABEL: func.func @others
// CHECK: lm.linear {{.*}} : (tensor<?x40xbf16>, tensor<32x40xbf16>) -> tensor<?x32xf32>
func.func @others(%x: tensor<?x40xf32>) -> tensor<?x32xf32> {
  %c = lm.parameter_ref @c.weight : tensor<32x40xf32>
  %y = lm.linear %x, %c : (tensor<?x40xf32>, tensor<32x40xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// A widened weight of bf16 too.
// CHECK-LABEL: func.func @widened
// CHECK: lm.parameter_ref @"d.weight:q8_0"
// CHECK: lm.quantized_linear
func.func @widened(%x: tensor<?x64xf32>) -> tensor<?x32xf32> {
  %d = lm.parameter_ref @d.weight : tensor<32x64xbf16>
  %w = lm.round %d : (tensor<32x64xbf16>) -> tensor<32x64xf32>
  %y = lm.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// CHECK-LABEL: func.func @heads
// CHECK: lm.quantize %arg0 : (tensor<?x96xf32>)
// CHECK: lm.quantized_linear {{[^{]*}} : (tensor<?x96xi8>
// CHECK: lm.quantize {{.*}}%{{.*}} : (tensor<?x64xf32>)
func.func @heads(%x: tensor<?x96xf32>, %cu: tensor<?xi32>) -> tensor<?x32xf32> {
  %a = lm.parameter_ref @a.weight : tensor<64x96xf32>
  %y = lm.linear %x, %a : (tensor<?x96xf32>, tensor<64x96xf32>) -> tensor<?x64xf32>
  %q = lm.split_heads %y : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %out, %lse = lm.packed_attention %q, %q, %q, %cu, %cu {scale = 1.0 : f64} : (tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x32xf32>, tensor<2x?xf32>)
  %m = lm.merge_heads %out : (tensor<?x2x32xf32>) -> tensor<?x64xf32>
  %e = lm.parameter_ref @e.weight : tensor<32x64xf32>
  %z = lm.linear %m, %e : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %z : tensor<?x32xf32>
}
