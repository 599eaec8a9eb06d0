// Kernels of the warp form: tiles in registers of one warp's lanes, sums by exchange between lanes, no barrier.
// RUN: longc-opt %s --split-input-file --longc-cuda --longc-cuda-emit -o /dev/null | FileCheck %s
// RUN: longc-opt %s --split-input-file --longc-cuda-choose-forms --longc-cuda-lower-warps | FileCheck %s --check-prefix=WARPS
// RUN: longc-opt %s --split-input-file --longc-cuda-choose-forms --remarks-filter="longc-cuda-forms" -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A row that each warp norms itself, then multiplies by two rows of weights, which it asks for before it waits for the kernel before.
// All that is read is asked for at once. 320 columns are 40 chunks: what lanes have past the end is left out of the sum.
// CHECK-LABEL: normed(
// CHECK: griddepcontrol_launch_dependents();
// CHECK-NEXT: if (warp_of_grid() >= grid0 * grid1) return;
// CHECK-NEXT: prefetch_rows_of_warp(view2, grid1);
// CHECK-NEXT: griddepcontrol_wait();
// CHECK: float t0[16];
// CHECK: load_chunk(t0, 
// CHECK: float t1[16];
// CHECK: load_chunk(t1, 
// CHECK: bf16 t2[32];
// CHECK: load_chunk(t2, 
// CHECK-NOT: __syncthreads
// CHECK: < 320) ? 
// CHECK: lanes_sum<1, 32>(
// CHECK: rsqrtf(
// CHECK: cvt_bf16_f32(
// CHECK: multiply_along_rows<1, 2, 16, 32>(
// CHECK: if (lane_of_warp() == 
// CHECK: *((float *)view3.data + 
// WARPS: cuda.kernel @normed attributes {{.*}}cuda.points = 8 : i64{{.*}}threads = 256
// REMARK: @normed takes the warp form: 
tile.kernel @normed grid(%row, %i) (%x: !tile.view<?x320xf32>, %n: !tile.view<320xf32>, %w: !tile.view<50x320xbf16>, %y: !tile.view<?x50xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant dense<0.0> : tensor<1x2xf32>
  %epsilon = arith.constant dense<1.0e-5> : tensor<1xf32>
  %column = arith.muli %i, %c2 : index
  %t = tile.load %x[%row, %c0] : !tile.view<?x320xf32> -> tensor<1x320xf32>
  %squares = arith.mulf %t, %t : tensor<1x320xf32>
  %sum = tile.reduce add %squares dim 1 : tensor<1x320xf32> -> tensor<1xf32>
  %more = arith.addf %sum, %epsilon : tensor<1xf32>
  %factor = math.rsqrt %more : tensor<1xf32>
  %wide = tile.expand %factor dim 1 : tensor<1xf32> -> tensor<1x320xf32>
  %z = arith.mulf %t, %wide : tensor<1x320xf32>
  %g = tile.load %n[%c0] : !tile.view<320xf32> -> tensor<320xf32>
  %gains = tile.expand %g dim 0 : tensor<320xf32> -> tensor<1x320xf32>
  %scaled = arith.mulf %z, %gains : tensor<1x320xf32>
  %a = arith.truncf %scaled : tensor<1x320xf32> to tensor<1x320xbf16>
  %b = tile.load %w[%column, %c0] : !tile.view<50x320xbf16> -> tensor<2x320xbf16>
  %p = tile.mma %a, %b, %zero transpose_b : tensor<1x320xbf16>, tensor<2x320xbf16> -> tensor<1x2xf32>
  tile.store %p, %y[%row, %column] : tensor<1x2xf32>, !tile.view<?x50xf32>
  tile.return
}

// -----

// Short rows: 8 lanes share one, four rows stand side by side. Scores lie as the rows that they are of; a maximum is over the groups.
// Values are read as soon as keys are; the masked branch is taken by the warp as a whole.
// CHECK-LABEL: few_queries(
// CHECK: bf16 t0[24];
// CHECK: float c0[24];
// CHECK: for (int j0
// CHECK: bf16 t1[64];
// CHECK: load_chunk_here(t1, 
// CHECK: bf16 t2[64];
// CHECK: load_chunk_here(t2, 
// CHECK-NOT: __syncthreads
// CHECK: multiply_along_rows<3, 8, 8, 8>(
// CHECK: lanes_max<8, 32>(
// CHECK: multiply_across_rows<3, 8, 8, 8>(
// CHECK-NOT: __syncthreads
// CHECK: lane_of_warp() / 8 == 0
// REMARK: @few_queries takes the warp form: 
tile.kernel @few_queries grid(%token, %head) (%q: !tile.view<?x3x64xbf16>, %k: !tile.view<?x1x64xbf16>, %v: !tile.view<?x1x64xbf16>,
                                              %y: !tile.view<?x3x64xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %zero = arith.constant dense<0.0> : tensor<3x64xf32>
  %none = arith.constant dense<0.0> : tensor<3x32xf32>
  %low = arith.constant dense<0xFF800000> : tensor<3x32xf32>
  %q3 = tile.load %q[%token, %c0, %c0] : !tile.view<?x3x64xbf16> -> tensor<1x3x64xbf16>
  %rows = tile.reshape %q3 : tensor<1x3x64xbf16> -> tensor<3x64xbf16>
  %sum = scf.for %key = %c0 to %n step %c32 iter_args(%before = %zero) -> tensor<3x64xf32> {
    %keys = tile.load %k[%key, %c0, %c0] rows(%c0 to %n) dropped [1] : !tile.view<?x1x64xbf16> -> tensor<32x64xbf16>
    %s = tile.mma %rows, %keys, %none transpose_b : tensor<3x64xbf16>, tensor<32x64xbf16> -> tensor<3x32xf32>
    %next = arith.addi %key, %c32 : index
    %edge = arith.cmpi sgt, %next, %n : index
    %masked = scf.if %edge -> tensor<3x32xf32> {
      %place = tile.iota dim 1 : tensor<3x32xi32>
      %left = arith.subi %n, %key : index
      %limit = arith.index_cast %left : index to i32
      %limits = tile.splat %limit : i32 -> tensor<3x32xi32>
      %seen = arith.cmpi slt, %place, %limits : tensor<3x32xi32>
      %hidden = arith.select %seen, %s, %low : tensor<3x32xi1>, tensor<3x32xf32>
      scf.yield %hidden : tensor<3x32xf32>
    } else {
      scf.yield %s : tensor<3x32xf32>
    }
    %most = tile.reduce max %masked dim 1 : tensor<3x32xf32> -> tensor<3xf32>
    %wide = tile.expand %most dim 1 : tensor<3xf32> -> tensor<3x32xf32>
    %less = arith.subf %masked, %wide : tensor<3x32xf32>
    %p = math.exp2 %less : tensor<3x32xf32>
    %narrow = arith.truncf %p : tensor<3x32xf32> to tensor<3x32xbf16>
    %values = tile.load %v[%key, %c0, %c0] rows(%c0 to %n) dropped [1] : !tile.view<?x1x64xbf16> -> tensor<32x64xbf16>
    %after = tile.mma %narrow, %values, %before : tensor<3x32xbf16>, tensor<32x64xbf16> -> tensor<3x64xf32>
    scf.yield %after : tensor<3x64xf32>
  }
  %out = tile.reshape %sum : tensor<3x64xf32> -> tensor<1x3x64xf32>
  tile.store %out, %y[%token, %c0, %c0] : tensor<1x3x64xf32>, !tile.view<?x3x64xf32>
  tile.return
}

// -----

// What a warp's registers do not hold stays a block's: a row of 8,192 columns.
// WARPS: tile.kernel @long_row {{.*}}cuda.block_form
// REMARK: @long_row takes the block form: 
tile.kernel @long_row grid(%row, %i) (%x: !tile.view<?x8192xbf16>, %w: !tile.view<64x8192xbf16>, %y: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant dense<0.0> : tensor<1x2xf32>
  %column = arith.muli %i, %c2 : index
  %a = tile.load %x[%row, %c0] : !tile.view<?x8192xbf16> -> tensor<1x8192xbf16>
  %b = tile.load %w[%column, %c0] : !tile.view<64x8192xbf16> -> tensor<2x8192xbf16>
  %p = tile.mma %a, %b, %zero transpose_b : tensor<1x8192xbf16>, tensor<2x8192xbf16> -> tensor<1x2xf32>
  tile.store %p, %y[%row, %column] : tensor<1x2xf32>, !tile.view<?x64xf32>
  tile.return
}

// -----

// A sum over rows, a product with ones, stays a block's: a warp would walk all rows alone.
// WARPS: tile.kernel @column_sums {{.*}}cuda.block_form
// REMARK: @column_sums takes the block form: 
tile.kernel @column_sums grid(%i) (%x: !tile.view<?x64xf32>, %y: !tile.view<1x64xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<1x64xf32>
  %ones = arith.constant dense<1.0> : tensor<1x32xf32>
  %rows = tile.load %x[%c0, %c0] : !tile.view<?x64xf32> -> tensor<32x64xf32>
  %sum = tile.mma %ones, %rows, %zero : tensor<1x32xf32>, tensor<32x64xf32> -> tensor<1x64xf32>
  tile.store %sum, %y[%c0, %c0] : tensor<1x64xf32>, !tile.view<1x64xf32>
  tile.return
}
