// Adapters go to what has their names: a product, an embedding, and a head that is the embedding's table.
// RUN: longc-opt %s --longc-insert-lora | FileCheck %s
// RUN: longc-opt %s "--longc-insert-lora=rank=3 alpha=6 targets=up" | FileCheck %s --check-prefix=TRAIN

// TRAIN-DAG: lm.parameter @m.up.lora_A trainable {lm.initializer = "kaiming_uniform", lm.lora_scale = 2.000000e+00 : f64} : tensor<3x32xf32>
// TRAIN-DAG: lm.parameter @m.up.lora_B trainable {lm.initializer = "zero"} : tensor<4x3xf32>

lm.parameter @table.weight : tensor<16x8xf32>
lm.parameter @table.lora_embedding_A {lm.lora_scale = 0.5 : f64} : tensor<16x2xf32>
lm.parameter @table.lora_embedding_B : tensor<8x2xf32>
lm.parameter @m.q.weight : tensor<8x8xf32>
lm.parameter @m.q.lora_A {lm.lora_scale = 4.0 : f64} : tensor<2x8xf32>
lm.parameter @m.q.lora_B : tensor<8x2xf32>
lm.parameter @m.up.weight : !lm.quantized<4x32, q8_0>
lm.parameter @m.wide.weight : tensor<32x8xf32>
lm.parameter @lm_head.lora_A : tensor<3x8xf32>
lm.parameter @lm_head.lora_B : tensor<16x3xf32>

// CHECK-LABEL: func.func @forward
// CHECK: %[[ROWS:.*]] = lm.embedding %{{.*}}, %{{.*}} : (tensor<?xi32>, tensor<16x8xf32>)
// CHECK: %[[SHORT:.*]] = lm.embedding %{{.*}}, %{{.*}} : (tensor<?xi32>, tensor<16x2xf32>)
// CHECK: %[[PRODUCT:.*]] = lm.linear %[[SHORT]]
// CHECK: %[[SCALED:.*]] = lm.scale %[[PRODUCT]] {{.*}}5.000000e-01
// CHECK: %[[X:.*]] = lm.add %[[ROWS]], %[[SCALED]]
// CHECK: lm.linear %[[X]], %{{.*}} lora(%{{.*}}, %{{.*}}) {lora_scale = 4.000000e+00 : f64} {{.*}}tensor<8x2xf32>) -> tensor<?x8xf32>
// CHECK: lm.linear %{{[^ ]*}}, %{{[^ ]*}} : (tensor<?x8xf32>, tensor<32x8xf32>)
// TRAIN-LABEL: func.func @forward
// CHECK: %[[D:.*]] = lm.dequantize
// CHECK: lm.linear %{{[^ ]*}}, %[[D]] :
// TRAIN: lm.linear %{{[^ ]*}}, %{{[^ ]*}} lora(%{{.*}}, %{{.*}}) {lora_scale = 2.000000e+00 : f64} {{.*}}tensor<4x3xf32>) -> tensor<?x4xf32>
// CHECK: lm.linear %{{[^ ]*}}, %{{[^ ]*}} lora(%{{.*}}, %{{.*}}) : {{.*}}tensor<16x3xf32>) -> tensor<?x16xf32>
func.func @forward(%t: tensor<?xi32>) -> (tensor<?x16xf32>, tensor<?x4xf32>) {
  %table = lm.parameter_ref @table.weight : tensor<16x8xf32>
  %x = lm.embedding %t, %table : (tensor<?xi32>, tensor<16x8xf32>) -> tensor<?x8xf32>
  %q = lm.parameter_ref @m.q.weight : tensor<8x8xf32>
  %y = lm.linear %x, %q : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %wide = lm.parameter_ref @m.wide.weight : tensor<32x8xf32>
  %w = lm.linear %y, %wide : (tensor<?x8xf32>, tensor<32x8xf32>) -> tensor<?x32xf32>
  %up = lm.parameter_ref @m.up.weight : !lm.quantized<4x32, q8_0>
  %d = lm.dequantize %up : (!lm.quantized<4x32, q8_0>) -> tensor<4x32xf32>
  %z = lm.linear %w, %d : (tensor<?x32xf32>, tensor<4x32xf32>) -> tensor<?x4xf32>
  %logits = lm.linear %y, %table : (tensor<?x8xf32>, tensor<16x8xf32>) -> tensor<?x16xf32>
  return %logits, %z : tensor<?x16xf32>, tensor<?x4xf32>
}
