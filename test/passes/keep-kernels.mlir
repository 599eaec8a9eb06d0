// Kernels stay as they are, and the module its target; what launches them goes, so that they can be lowered alone.
// RUN: longc-opt %s --longc-keep-kernels | FileCheck %s
// RUN: longc-opt %s --longc-lower=precision=exact --longc-keep-kernels --longc-cpu-kernels=variant=avx2 --longc-cpu-to-llvm | FileCheck %s --check-prefix=CODE

// CHECK: module attributes {tile.target
// CHECK-NEXT: tile.kernel @twice
// CHECK: tile.return
// CHECK-NOT: lm.parameter
// CHECK-NOT: func.func
// CODE: llvm.func @longc_linear_{{.*}}_avx2
module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
lm.parameter @w : tensor<32x64xf32>
tile.kernel @twice grid(%i) (%x: !tile.view<?x64xf32>, %y: !tile.view<?x64xf32>) {
  %t = tile.load %x[%i, %i] : !tile.view<?x64xf32> -> tensor<4x64xf32>
  tile.store %t, %y[%i, %i] : tensor<4x64xf32>, !tile.view<?x64xf32>
  tile.return
}
func.func @f(%x: tensor<?x64xf32>) -> tensor<?x32xf32> {
  %w = lm.parameter_ref @w : tensor<32x64xf32>
  %y = lm.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
}
