// Where tiles lie in scratch: one over another that is read no more.
//
// RUN: longc-opt %s --longc-cpu-choose-products=variant=avx2 --longc-cpu-place-tiles --longc-cpu-order-rows --longc-cpu-plan-scratch | FileCheck %s
// RUN: not longc-opt %s --longc-cpu-choose-products --longc-cpu-order-rows --longc-cpu-lower-kernels 2>&1 | FileCheck %s --check-prefix=ORDER

// ORDER: expected its place in scratch: longc-cpu-plan-scratch comes first

// Sums of 64 rows, of 32 and of 8, each of (rows + 16) * 4 + 128 bytes in lines of 64, largest first. The second is made of the
// first, through a value that is evaluated there; the third reads the second alone and lies where the first was. Between them
// lies the row of 64 floats, and 64 bytes more, that takes what is outside of a view.
// CHECK-LABEL: tile.kernel @over
// CHECK-SAME: cpu.scratch = array<i64: 448>, cpu.scratch_bytes = 1088 : i64
// CHECK: tile.reduce add {{.*}}cpu.scratch = array<i64: 0>} : tensor<64x64xf32>
// CHECK: tile.reduce add {{.*}}cpu.scratch = array<i64: 768>} : tensor<32x64xf32>
// CHECK: tile.reduce add {{.*}}cpu.scratch = array<i64: 0>} : tensor<8x32xf32>
tile.kernel @over grid(%i) (%x: !tile.view<64x64xf32>, %y: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %a = tile.load %x[%c0, %c0] : !tile.view<64x64xf32> -> tensor<64x64xf32>
  %first = tile.reduce add %a dim 1 : tensor<64x64xf32> -> tensor<64xf32>
  %wide = tile.expand %first dim 0 : tensor<64xf32> -> tensor<32x64xf32>
  %second = tile.reduce add %wide dim 1 : tensor<32x64xf32> -> tensor<32xf32>
  %narrow = tile.expand %second dim 0 : tensor<32xf32> -> tensor<8x32xf32>
  %third = tile.reduce add %narrow dim 1 : tensor<8x32xf32> -> tensor<8xf32>
  %rows = tile.expand %third dim 1 : tensor<8xf32> -> tensor<8x64xf32>
  tile.store %rows, %y[%i, %c0] : tensor<8x64xf32>, !tile.view<?x64xf32>
  tile.return
}

// What a loop carries lives until it is read behind the loop, past sums of 256 rows (1216 bytes) and what is outside (1088);
// what is made before the loop until its end, since the loop comes to it again.
// CHECK-LABEL: tile.kernel @carried
// CHECK: tile.reduce add {{.*}}cpu.scratch = array<i64: 0>} : tensor<8x64xf32>
// CHECK: scf.for
// CHECK: tile.reduce max {{.*}}cpu.scratch = array<i64: 256>} : tensor<8x64xf32>
// CHECK: } {cpu.scratch = array<i64: 2304>}
// CHECK: tile.reduce add {{.*}}cpu.scratch = array<i64: 0>} : tensor<256x64xf32>
tile.kernel @carried grid(%i) (%x: !tile.view<64x64xf32>, %y: !tile.view<?xf32>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %none = arith.constant dense<0.0> : tensor<8xf32>
  %a = tile.load %x[%c0, %c0] : !tile.view<64x64xf32> -> tensor<8x64xf32>
  %before = tile.reduce add %a dim 1 : tensor<8x64xf32> -> tensor<8xf32>
  %all = scf.for %k = %c0 to %c64 step %c8 iter_args(%so = %none) -> (tensor<8xf32>) {
    %b = tile.load %x[%k, %c0] : !tile.view<64x64xf32> -> tensor<8x64xf32>
    %most = tile.reduce max %b dim 1 : tensor<8x64xf32> -> tensor<8xf32>
    %scaled = arith.mulf %most, %before : tensor<8xf32>
    %next = arith.addf %so, %scaled : tensor<8xf32>
    scf.yield %next : tensor<8xf32>
  }
  %many = tile.load %x[%c0, %c0] : !tile.view<64x64xf32> -> tensor<256x64xf32>
  %behind = tile.reduce add %many dim 1 : tensor<256x64xf32> -> tensor<256xf32>
  tile.store %behind, %y[%i] : tensor<256xf32>, !tile.view<?xf32>
  tile.store %all, %y[%i] : tensor<8xf32>, !tile.view<?xf32>
  tile.return
}
