// Stages of block-form kernels: what is kept lies in shared memory, the rest is computed where it is read, and a barrier
// stands where one stage needs what another left.
// RUN: longc-opt %s --split-input-file --longc-cuda --longc-cuda-emit -o /dev/null | FileCheck %s
// RUN: not longc-opt %s --split-input-file --longc-cuda-choose-forms --longc-cuda-lower-blocks=shared-bytes=1000 2>&1 | FileCheck %s --check-prefix=FULL

// FULL: error: 'tile.kernel' op @norm needs {{[0-9]+}} bytes of shared memory, the target has 1000

// Rows are copied 16 bytes at a time, then a warp sums one; nothing but the row and its factor is kept.
// CHECK-LABEL: norm(
// CHECK: copy_rows<8, 64, 68>
// CHECK: __syncthreads();
// CHECK: warp_sum(
// CHECK: __syncthreads();
// CHECK: rsqrtf(
// CHECK: __syncthreads();
// CHECK: cvt_bf16_f32(
// CHECK-NOT: __syncthreads
tile.kernel @norm grid(%i) (%x: !tile.view<?x64xf32>, %y: !tile.view<?x64xbf16>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %epsilon = arith.constant dense<1.0e-5> : tensor<8xf32>
  %row = arith.muli %i, %c8 : index
  %t = tile.load %x[%row, %c0] : !tile.view<?x64xf32> -> tensor<8x64xf32>
  %squares = arith.mulf %t, %t : tensor<8x64xf32>
  %sum = tile.reduce add %squares dim 1 : tensor<8x64xf32> -> tensor<8xf32>
  %more = arith.addf %sum, %epsilon : tensor<8xf32>
  %factor = math.rsqrt %more : tensor<8xf32>
  %wide = tile.expand %factor dim 1 : tensor<8xf32> -> tensor<8x64xf32>
  %z = arith.mulf %t, %wide : tensor<8x64xf32>
  %r = arith.truncf %z : tensor<8x64xf32> to tensor<8x64xbf16>
  tile.store %r, %y[%row, %c0] : tensor<8x64xbf16>, !tile.view<?x64xbf16>
  tile.return
}

// -----

// The weights of a product with one row, which is too long for a warp's registers, go past shared memory; they are asked for before the kernel waits for the one before it.
// CHECK-LABEL: one_row(
// CHECK: griddepcontrol_launch_dependents();
// CHECK-NEXT: prefetch_rows(view1, grid1);
// CHECK-NEXT: griddepcontrol_wait();
// CHECK: copy_rows<1, 8192, 8200>
// CHECK: wait_for_copies();
// CHECK-NEXT: __syncthreads();
// CHECK: multiply_few_rows<1, 8, 8192, 8, 8200>
// CHECK-NOT: copy_rows
tile.kernel @one_row grid(%row, %i) (%x: !tile.view<1x8192xbf16>, %w: !tile.view<50x8192xbf16>, %y: !tile.view<1x50xf32>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<1x8xf32>
  %column = arith.muli %i, %c8 : index
  %a = tile.load %x[%c0, %c0] : !tile.view<1x8192xbf16> -> tensor<1x8192xbf16>
  %b = tile.load %w[%column, %c0] : !tile.view<50x8192xbf16> -> tensor<8x8192xbf16>
  %p = tile.mma %a, %b, %zero transpose_b : tensor<1x8192xbf16>, tensor<8x8192xbf16> -> tensor<1x8xf32>
  tile.store %p, %y[%c0, %column] : tensor<1x8xf32>, !tile.view<1x50xf32>
  tile.return
}

// -----

// A sum that a loop carries is added to where it lies: no copy follows the product.
// CHECK-LABEL: depth(
// CHECK: for (int j0
// CHECK: copy_rows<16, 32, 40>
// CHECK: copy_rows<24, 32, 40>
// CHECK: multiply_fragments<16, 24, 32, 1, 24, 40, 40>
// CHECK-NEXT: }
tile.kernel @depth grid(%i) (%x: !tile.view<?x96xbf16>, %w: !tile.view<24x96xbf16>, %y: !tile.view<?x24xf32>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %c32 = arith.constant 32 : index
  %c96 = arith.constant 96 : index
  %zero = arith.constant dense<0.0> : tensor<16x24xf32>
  %row = arith.muli %i, %c16 : index
  %p = scf.for %k = %c0 to %c96 step %c32 iter_args(%sum = %zero) -> tensor<16x24xf32> {
    %a = tile.load %x[%row, %k] : !tile.view<?x96xbf16> -> tensor<16x32xbf16>
    %b = tile.load %w[%c0, %k] : !tile.view<24x96xbf16> -> tensor<24x32xbf16>
    %next = tile.mma %a, %b, %sum transpose_b : tensor<16x32xbf16>, tensor<24x32xbf16> -> tensor<16x24xf32>
    scf.yield %next : tensor<16x24xf32>
  }
  tile.store %p, %y[%row, %c0] : tensor<16x24xf32>, !tile.view<?x24xf32>
  tile.return
}

// -----

// Two tiles that a loop exchanges are not made one over the other.
// CHECK-LABEL: exchange(
// CHECK: for (int j0
// CHECK: __syncthreads();
// CHECK: __syncthreads();
// CHECK: __syncthreads();
tile.kernel @exchange grid(%i) (%x: !tile.view<64xf32>, %y: !tile.view<64xf32>, %z: !tile.view<64xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = tile.load %x[%c0] : !tile.view<64xf32> -> tensor<64xf32>
  %b = tile.load %y[%c0] : !tile.view<64xf32> -> tensor<64xf32>
  %p:2 = scf.for %k = %c0 to %n step %c1 iter_args(%u = %a, %v = %b) -> (tensor<64xf32>, tensor<64xf32>) {
    %s = arith.addf %u, %v : tensor<64xf32>
    %d = arith.subf %u, %v : tensor<64xf32>
    scf.yield %s, %d : tensor<64xf32>, tensor<64xf32>
  }
  %m = arith.mulf %p#0, %p#1 : tensor<64xf32>
  tile.store %m, %z[%c0] : tensor<64xf32>, !tile.view<64xf32>
  tile.return
}

// -----

// Branches that hold expressions alone choose an element; numbers that differ lie in a table.
// CHECK-LABEL: masked(
// CHECK: static const float table0[4] = {1.0f, 2.0f, 4.0f, 8.0f};
// CHECK-NOT: } else {
// CHECK: ? {{.*}} : 
tile.kernel @masked grid(%i) (%x: !tile.view<4xi32>, %y: !tile.view<4xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %powers = arith.constant dense<[1.0, 2.0, 4.0, 8.0]> : tensor<4xf32>
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %hides = arith.cmpi sgt, %n, %c0 : index
  %r = scf.if %hides -> tensor<4xf32> {
    %place = tile.iota dim 0 : tensor<4xi32>
    %limit = arith.index_cast %n : index to i32
    %limits = tile.splat %limit : i32 -> tensor<4xi32>
    %seen = arith.cmpi slt, %place, %limits : tensor<4xi32>
    %m = arith.select %seen, %powers, %zero : tensor<4xi1>, tensor<4xf32>
    scf.yield %m : tensor<4xf32>
  } else {
    scf.yield %powers : tensor<4xf32>
  }
  tile.store %r, %y[%c0] : tensor<4xf32>, !tile.view<4xf32>
  tile.return
}

// -----

// Where a store adds, the thread that writes an element reads it first.
// CHECK-LABEL: adds(
// CHECK: auto *const [[AT:v[0-9]+]] = (float *)view1.data
// CHECK: const float [[THERE:v[0-9]+]] = *([[AT]]);
// CHECK: *([[AT]]) = [[THERE]] + {{v[0-9]+}};
tile.kernel @adds grid(%i) (%x: !tile.view<?x64xf32>, %y: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%i, %c0] : !tile.view<?x64xf32> -> tensor<1x64xf32>
  tile.store %t, %y[%i, %c0] accumulate : tensor<1x64xf32>, !tile.view<?x64xf32>
  tile.return
}

// -----

// A selection is one piece of memory from its beginning to its threshold; a warp offers a row 32 scores at a time, which nobody keeps.
// CHECK-LABEL: best(
// CHECK: auto *const [[STATE:v[0-9]+]] = (float *)(shared +
// CHECK-NEXT: select_nothing<8, 5, 64>([[STATE]]);
// CHECK: for (int [[J:j[0-9]+]] =
// CHECK: copy_rows<8, 32, 36>
// CHECK: __syncthreads();
// CHECK: for (int [[ROW:j[0-9]+]] = thread_of_block() / 32; [[ROW]] < 8; [[ROW]] += 8) {
// CHECK: [[SCORE:r[0-9]+]] = -v
// CHECK: select_offer<8, 5, 64>([[STATE]], [[ROW]], [[SCORE]], [[J]] +
// CHECK: __syncthreads();
// CHECK: select_threshold<8, 5, 64>([[STATE]],
tile.kernel @best grid(%i) (%x: !tile.view<?x640xf32>, %y: !tile.view<?xf32>, %z: !tile.view<?xi32>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c32 = arith.constant 32 : index
  %c640 = arith.constant 640 : index
  %row = arith.muli %i, %c8 : index
  %nothing = tile.topk_init : !tile.topk<8, 5>
  %all = scf.for %j = %c0 to %c640 step %c32 iter_args(%state = %nothing) -> (!tile.topk<8, 5>) {
    %t = tile.load %x[%row, %j] : !tile.view<?x640xf32> -> tensor<8x32xf32>
    %s = arith.negf %t : tensor<8x32xf32>
    %next = tile.topk_update %state, %s at %j : tensor<8x32xf32> -> !tile.topk<8, 5>
    scf.yield %next : !tile.topk<8, 5>
  }
  %p, %q = tile.topk_threshold %all : !tile.topk<8, 5> -> tensor<8xf32>, tensor<8xi32>
  tile.store %p, %y[%row] : tensor<8xf32>, !tile.view<?xf32>
  tile.store %q, %z[%row] : tensor<8xi32>, !tile.view<?xi32>
  tile.return
}
