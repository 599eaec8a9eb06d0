// On a GPU a block of one row makes the norm that its products read, and the norm's kernel goes; one that others read too stays.
// Few columns a block become more where blocks would be many.
// RUN: longc-opt %s --longc-set-target=target=cuda:sm_90a --longc-fuse-norm --longc-fuse-epilogue -o %t.mlir
// RUN: longc-opt %t.mlir --longc-tile-linear | FileCheck %s
// RUN: longc-interpret %t.mlir --function one --tokens 3 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %t.mlir --function wide --tokens 2 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-opt %s --longc-set-target=target=cpu --longc-fuse-norm --longc-tile-linear | FileCheck %s --check-prefix=CPU

// CHECK-LABEL: tile.kernel @linear_50x64
// CHECK: tile.load {{.*}} -> tensor<1x64xf32>
// CHECK: math.rsqrt
// CHECK: tile.mma {{.*}} tensor<1x64xf32>, tensor<2x64xf32>
// CHECK-LABEL: func.func @one
// CHECK-NOT: lm.rms_norm
// CHECK: return
// CHECK-LABEL: tile.kernel @linear_20480x64
// CHECK: tensor<32x64xf32>
// CHECK-LABEL: func.func @wide
// CHECK: lm.rms_norm
// CHECK: return

// CPU-LABEL: func.func @one
// CPU: lm.rms_norm
func.func @one(%x: tensor<?x64xf32>, %n: tensor<64xf32>, %w: tensor<50x64xf32>) -> tensor<?x50xf32> attributes {lm.one_token} {
  %0 = lm.rms_norm %x, %n {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %1 = lm.linear %0, %w : (tensor<?x64xf32>, tensor<50x64xf32>) -> tensor<?x50xf32>
  return %1 : tensor<?x50xf32>
}

func.func @wide(%x: tensor<?x64xf32>, %n: tensor<64xf32>, %w: tensor<20480x64xf32>) -> (tensor<?x20480xf32>, tensor<?x64xf32>) attributes {lm.one_token} {
  %0 = lm.rms_norm %x, %n {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %1 = lm.linear %0, %w : (tensor<?x64xf32>, tensor<20480x64xf32>) -> tensor<?x20480xf32>
  return %1, %0 : tensor<?x20480xf32>, tensor<?x64xf32>
}
