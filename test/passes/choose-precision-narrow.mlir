// Weights stored in float32 are rounded to bf16 where they are asked for: another parameter, whose part they are. Products of
// one input are joined all the same, and what is joined are the checkpoint's parameters.
// RUN: longc-opt %s --longc-choose-precision=narrow-weights | FileCheck %s
// RUN: longc-opt %s '--longc-choose-precision=precision=exact narrow-weights' | FileCheck %s --check-prefix=EXACT
// RUN: longc-opt %s --longc-choose-precision=narrow-weights --cse --longc-fuse-qkv | FileCheck %s --check-prefix=JOINED
// RUN: longc-interpret %s --function two --tokens 33 --compare-after 'longc-choose-precision{narrow-weights},cse,longc-fuse-qkv' --round --tolerance 0.02

// CHECK-DAG: lm.parameter @"a.weight:bf16" parts ["a.weight"] : tensor<64x96xbf16>
// CHECK-DAG: lm.parameter @"b.weight:bf16" parts ["b.weight"] : tensor<32x96xbf16>
// JOINED: lm.parameter @"a+b.weight:bf16" parts ["a.weight", "b.weight"] : tensor<96x96xbf16>
// JOINED-NOT: lm.parameter @"a.weight:bf16"
lm.parameter @a.weight : tensor<64x96xf32>
lm.parameter @b.weight : tensor<32x96xf32>

// CHECK: %[[A:.*]] = lm.parameter_ref @"a.weight:bf16"
// CHECK: %[[X:.*]] = lm.round %arg0
// CHECK: lm.linear %[[X]], %[[A]] : (tensor<?x96xbf16>, tensor<64x96xbf16>) -> tensor<?x64xf32>
// EXACT-NOT: lm.round
// EXACT: lm.linear %arg0, %{{.*}} : (tensor<?x96xf32>, tensor<64x96xf32>) -> tensor<?x64xf32>
// JOINED: lm.parameter_ref @"a+b.weight:bf16"
// JOINED: lm.linear {{.*}} : (tensor<?x96xbf16>, tensor<96x96xbf16>) -> tensor<?x96xf32>
func.func @two(%x: tensor<?x96xf32>) -> (tensor<?x64xf32>, tensor<?x32xf32>) {
  %a = lm.parameter_ref @a.weight : tensor<64x96xf32>
  %b = lm.parameter_ref @b.weight : tensor<32x96xf32>
  %y = lm.linear %x, %a : (tensor<?x96xf32>, tensor<64x96xf32>) -> tensor<?x64xf32>
  %z = lm.linear %x, %b : (tensor<?x96xf32>, tensor<32x96xf32>) -> tensor<?x32xf32>
  return %y, %z : tensor<?x64xf32>, tensor<?x32xf32>
}
