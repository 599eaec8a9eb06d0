// Which products run beside the row work of their next rows, and how that is lowered.
//
// RUN: longc-opt %s --longc-cpu-overlap-rows | FileCheck %s --check-prefix=MARK
// RUN: longc-opt %s --longc-cpu-kernels=variant=avx512_bf16 | FileCheck %s --check-prefix=DOTS
// RUN: longc-opt %s --longc-cpu-kernels=variant=amx | FileCheck %s --check-prefix=UNIT

// The second product of a softmax waits for the maxima of the first: it is marked, the first is not.
// MARK-LABEL: tile.kernel @weights
// MARK: tile.mma {{.*}} transpose_b
// MARK-NOT: cpu.overlaps_rows
// MARK: tile.reduce max
// MARK: tile.mma {{.*}}cpu.overlaps_rows
//
// Blocks of 24 rows, one round more than there are. The first is evaluated alone; later ones between the dots of the
// block before, 6 x 4 dots a step: one exponential of 16 columns behind each of 6 of 8 steps. The last block is
// multiplied with nothing beside it.
// DOTS-LABEL: func.func @longc_weights_avx512_bf16
// DOTS: arith.maxsi
// DOTS: scf.if
// DOTS-COUNT-3: llvm.x86.avx512.mask.scalef.ps.512
// DOTS: } else {
// DOTS: scf.if
// DOTS: scf.for
// DOTS-COUNT-24: llvm.x86.avx512bf16.dpbf16ps.512
// DOTS: llvm.x86.avx512.mask.scalef.ps.512
// DOTS-COUNT-24: llvm.x86.avx512bf16.dpbf16ps.512
// DOTS: llvm.x86.avx512.mask.scalef.ps.512
// DOTS: } else {
// DOTS-NOT: scalef
// DOTS: llvm.x86.avx512bf16.dpbf16ps.512
//
// A matrix unit multiplies whole blocks of rows: nothing runs between its steps.
// UNIT-LABEL: func.func @longc_weights_amx
// UNIT: llvm.x86.tdpbf16ps
// UNIT: llvm.x86.avx512.mask.scalef.ps.512
// UNIT-NOT: arith.maxsi
// UNIT: return
tile.kernel @weights grid(%i) (%q: !tile.view<?x64xbf16>, %k: !tile.view<48x64xbf16>, %v: !tile.view<48x64xbf16>,
    %o: !tile.view<?x64xf32>) {
  %c96 = arith.constant 96 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c96 : index
  %zero = arith.constant dense<0.0> : tensor<96x48xf32>
  %none = arith.constant dense<0.0> : tensor<96x64xf32>
  %qt = tile.load %q[%row, %c0] : !tile.view<?x64xbf16> -> tensor<96x64xbf16>
  %kt = tile.load %k[%c0, %c0] : !tile.view<48x64xbf16> -> tensor<48x64xbf16>
  %vt = tile.load %v[%c0, %c0] : !tile.view<48x64xbf16> -> tensor<48x64xbf16>
  %s = tile.mma %qt, %kt, %zero transpose_b : tensor<96x64xbf16>, tensor<48x64xbf16> -> tensor<96x48xf32>
  %m = tile.reduce max %s dim 1 : tensor<96x48xf32> -> tensor<96xf32>
  %me = tile.expand %m dim 1 : tensor<96xf32> -> tensor<96x48xf32>
  %d = arith.subf %s, %me : tensor<96x48xf32>
  %p = math.exp2 %d : tensor<96x48xf32>
  %pb = arith.truncf %p : tensor<96x48xf32> to tensor<96x48xbf16>
  %acc = tile.mma %pb, %vt, %none : tensor<96x48xbf16>, tensor<48x64xbf16> -> tensor<96x64xf32>
  tile.store %acc, %o[%row, %c0] : tensor<96x64xf32>, !tile.view<?x64xf32>
  tile.return
}

// What waits for no reduction runs block by block, as do products of f32 and of few rows.
// MARK-LABEL: tile.kernel @activation
// MARK-NOT: cpu.overlaps_rows
// MARK-LABEL: tile.kernel @few
// MARK-NOT: cpu.overlaps_rows
// MARK-LABEL: tile.kernel @floats
// MARK-NOT: cpu.overlaps_rows
tile.kernel @activation grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<48x64xbf16>, %v: !tile.view<48x64xbf16>,
    %o: !tile.view<?x64xf32>) {
  %c96 = arith.constant 96 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c96 : index
  %zero = arith.constant dense<0.0> : tensor<96x48xf32>
  %none = arith.constant dense<0.0> : tensor<96x64xf32>
  %xt = tile.load %x[%row, %c0] : !tile.view<?x64xbf16> -> tensor<96x64xbf16>
  %wt = tile.load %w[%c0, %c0] : !tile.view<48x64xbf16> -> tensor<48x64xbf16>
  %vt = tile.load %v[%c0, %c0] : !tile.view<48x64xbf16> -> tensor<48x64xbf16>
  %s = tile.mma %xt, %wt, %zero transpose_b : tensor<96x64xbf16>, tensor<48x64xbf16> -> tensor<96x48xf32>
  %p = math.exp2 %s : tensor<96x48xf32>
  %pb = arith.truncf %p : tensor<96x48xf32> to tensor<96x48xbf16>
  %acc = tile.mma %pb, %vt, %none : tensor<96x48xbf16>, tensor<48x64xbf16> -> tensor<96x64xf32>
  tile.store %acc, %o[%row, %c0] : tensor<96x64xf32>, !tile.view<?x64xf32>
  tile.return
}
tile.kernel @few grid(%i) (%q: !tile.view<?x64xbf16>, %k: !tile.view<48x64xbf16>, %v: !tile.view<48x64xbf16>,
    %o: !tile.view<?x64xf32>) {
  %c8 = arith.constant 8 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c8 : index
  %zero = arith.constant dense<0.0> : tensor<8x48xf32>
  %none = arith.constant dense<0.0> : tensor<8x64xf32>
  %qt = tile.load %q[%row, %c0] : !tile.view<?x64xbf16> -> tensor<8x64xbf16>
  %kt = tile.load %k[%c0, %c0] : !tile.view<48x64xbf16> -> tensor<48x64xbf16>
  %vt = tile.load %v[%c0, %c0] : !tile.view<48x64xbf16> -> tensor<48x64xbf16>
  %s = tile.mma %qt, %kt, %zero transpose_b : tensor<8x64xbf16>, tensor<48x64xbf16> -> tensor<8x48xf32>
  %m = tile.reduce max %s dim 1 : tensor<8x48xf32> -> tensor<8xf32>
  %me = tile.expand %m dim 1 : tensor<8xf32> -> tensor<8x48xf32>
  %d = arith.subf %s, %me : tensor<8x48xf32>
  %p = math.exp2 %d : tensor<8x48xf32>
  %pb = arith.truncf %p : tensor<8x48xf32> to tensor<8x48xbf16>
  %acc = tile.mma %pb, %vt, %none : tensor<8x48xbf16>, tensor<48x64xbf16> -> tensor<8x64xf32>
  tile.store %acc, %o[%row, %c0] : tensor<8x64xf32>, !tile.view<?x64xf32>
  tile.return
}
tile.kernel @floats grid(%i) (%q: !tile.view<?x64xf32>, %k: !tile.view<48x64xf32>, %v: !tile.view<48x64xf32>,
    %o: !tile.view<?x64xf32>) {
  %c96 = arith.constant 96 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c96 : index
  %zero = arith.constant dense<0.0> : tensor<96x48xf32>
  %none = arith.constant dense<0.0> : tensor<96x64xf32>
  %qt = tile.load %q[%row, %c0] : !tile.view<?x64xf32> -> tensor<96x64xf32>
  %kt = tile.load %k[%c0, %c0] : !tile.view<48x64xf32> -> tensor<48x64xf32>
  %vt = tile.load %v[%c0, %c0] : !tile.view<48x64xf32> -> tensor<48x64xf32>
  %s = tile.mma %qt, %kt, %zero transpose_b : tensor<96x64xf32>, tensor<48x64xf32> -> tensor<96x48xf32>
  %m = tile.reduce max %s dim 1 : tensor<96x48xf32> -> tensor<96xf32>
  %me = tile.expand %m dim 1 : tensor<96xf32> -> tensor<96x48xf32>
  %d = arith.subf %s, %me : tensor<96x48xf32>
  %p = math.exp2 %d : tensor<96x48xf32>
  %acc = tile.mma %p, %vt, %none : tensor<96x48xf32>, tensor<48x64xf32> -> tensor<96x64xf32>
  tile.store %acc, %o[%row, %c0] : tensor<96x64xf32>, !tile.view<?x64xf32>
  tile.return
}
