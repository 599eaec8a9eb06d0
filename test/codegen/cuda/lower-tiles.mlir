// RUN: longc-opt %s --longc-cuda-assign-layouts --longc-cuda-split-roles --longc-cuda-lower-tiles --canonicalize --cse | FileCheck %s

// One branch a role; products of 16 columns at a time; a row's maximum over the thread's elements, then over the quad.
// CHECK-LABEL: cuda.kernel @row_maximum
// CHECK: cuda.tunable "kProducerRegisters" = 56
// CHECK: cuda.tunable "kConsumerRegisters" = 256
// CHECK: cuda.call "mbarrier_init"
// CHECK: cuda.call "__syncthreads"
// CHECK: scf.if
// CHECK: cuda.call "setmaxnreg_dec<kProducerRegisters>"
// CHECK: cuda.call "elect_sync"
// CHECK: cuda.call "mbarrier_wait"
// CHECK: cuda.call "mbarrier_arrive_expect_tx"
// CHECK: cuda.call "tma_load_2d"
// CHECK: } else {
// CHECK: cuda.call "setmaxnreg_inc<kConsumerRegisters>"
// CHECK: %[[PRODUCT:.*]] = cuda.registers "product" : <32, f32>
// CHECK: cuda.call "wgmma_fence"
// CHECK: cuda.unroll 4
// CHECK: cuda.call "wgmma_m64n64k16_ss<0, 0>"(%[[PRODUCT]]
// CHECK: cuda.call "wgmma_wait_group<0>"
// CHECK: cuda.call "register_fence"(%[[PRODUCT]])
// CHECK: %[[MAXIMUM:.*]] = cuda.registers "reduced" : <2, f32>
// CHECK: cuda.unroll 32
// CHECK: arith.maxnumf
// CHECK: cuda.call "shfl_xor"
// CHECK: cuda.call "shfl_xor"
// CHECK: cuda.store
// CHECK-NOT: tile.
tile.kernel @row_maximum grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<64x64xbf16>, %y: !tile.view<?xf32>) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %row = arith.muli %i, %c64 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = tile.load %x[%row, %c0] : !tile.view<?x64xbf16> -> tensor<64x64xbf16>
  %k = tile.load %w[%c0, %c0] : !tile.view<64x64xbf16> -> tensor<64x64xbf16>
  %s = tile.mma %a, %k, %zero transpose_b : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
  %m = tile.reduce max %s dim 1 : tensor<64x64xf32> -> tensor<64xf32>
  tile.store %m, %y[%row] : tensor<64xf32>, !tile.view<?xf32>
  tile.return
}

// What goes by column and is read in each pass of a loop: a warp reads it once, before its products, and hands it on; others' columns come from their lanes.
// CHECK-LABEL: cuda.kernel @column_factors
// CHECK: cuda.call "setmaxnreg_inc<kConsumerRegisters>"
// CHECK: scf.for
// CHECK: %[[HELD:.*]] = cuda.registers "held" : <2, f32>
// CHECK: cuda.unroll 2
// CHECK: cuda.set %{{.*}}, %[[HELD]]
// CHECK: cuda.call "mbarrier_wait"
// CHECK: cuda.call "wgmma_commit_group"
// CHECK: cuda.registers "operand"
// CHECK: cuda.unroll 8
// CHECK-COUNT-2: cuda.call "column_of"
// CHECK-NOT: cuda.call "column_of"
// CHECK: cuda.call "wgmma_commit_group"
// CHECK: cuda.call "st_shared_f32x2"
// CHECK: cuda.call "ld_shared_f32x4"
// CHECK: cuda.call "st_global_f32x4"
// CHECK-NOT: tile.load
tile.kernel @column_factors grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<?x64xbf16>, %f: !tile.view<?xf32>, %y: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %row = arith.muli %i, %c64 : index
  %a = tile.load %x[%row, %c0] : !tile.view<?x64xbf16> -> tensor<64x64xbf16>
  %end = tile.dim %w, 0 : !tile.view<?x64xbf16>
  %sum = scf.for %at = %c0 to %end step %c64 iter_args(%acc = %zero) -> (tensor<64x64xf32>) {
    %b = tile.load %w[%at, %c0] : !tile.view<?x64xbf16> -> tensor<64x64xbf16>
    %s = tile.mma %a, %b, %zero transpose_b : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
    %factors = tile.load %f[%at] : !tile.view<?xf32> -> tensor<64xf32>
    %spread = tile.expand %factors dim 0 : tensor<64xf32> -> tensor<64x64xf32>
    %scaled = arith.mulf %s, %spread : tensor<64x64xf32>
    %p = arith.truncf %scaled : tensor<64x64xf32> to tensor<64x64xbf16>
    %next = tile.mma %p, %b, %acc : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
    scf.yield %next : tensor<64x64xf32>
  }
  tile.store %sum, %y[%row, %c0] : tensor<64x64xf32>, !tile.view<?x64xf32>
  tile.return
}
