// RUN: longc-opt %s --longc-cpu-overlap-rows --longc-cpu-choose-products=variant=avx512_bf16 --longc-cpu-relax-floats --longc-cpu-read-ahead --longc-cpu-place-tiles --longc-cpu-pack-operands --longc-cpu-order-rows --longc-cpu-bound-rows --longc-cpu-plan-scratch --longc-cpu-lower-kernels | FileCheck %s --check-prefixes=CHECK,DOTS
// RUN: longc-opt %s --longc-cpu-kernels=variant=avx512 | FileCheck %s --check-prefixes=CHECK,WIDE
// RUN: longc-opt %s --longc-cpu-kernels=variant=avx2 | FileCheck %s --check-prefix=NARROW
// RUN: longc-opt %s --longc-cpu-kernels=variant=amx | FileCheck %s --check-prefix=UNIT
// RUN: longc-opt %s --longc-cpu-kernels=variant=avx2 --longc-cpu-to-llvm | FileCheck %s --check-prefix=LLVM

// The function of the kernel ABI, its features, its scratch.
// DOTS-LABEL: func.func @longc_scale_avx512_bf16(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: !llvm.ptr)
// DOTS-SAME: longc.scratch_bytes = {{[0-9]+}} : i64
// DOTS-SAME: prefer_vector_width = "512"
// DOTS-SAME: "+avx512bf16"
// Eight columns of two chunks: the rows that the view has, whole vectors, no memory between load and store.
// CHECK: scf.for
// CHECK: llvm.load {{.*}} -> vector<16xf32>
// CHECK: arith.addf {{.*}} : vector<16xf32>
// CHECK: llvm.store {{.*}} : vector<16xf32>
// LLVM: llvm.func @longc_scale_avx2
// LLVM-SAME: target_features
// LLVM-NOT: scf.
// LLVM-NOT: unrealized_conversion_cast
tile.kernel @scale grid(%i) (%x: !tile.view<?x32xf32>, %y: !tile.view<?x32xf32>) {
  %c8 = arith.constant 8 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c8 : index
  %t = tile.load %x[%row, %c0] : !tile.view<?x32xf32> -> tensor<8x32xf32>
  %s = arith.addf %t, %t : tensor<8x32xf32>
  tile.store %s, %y[%row, %c0] : tensor<8x32xf32>, !tile.view<?x32xf32>
  tile.return
}

// A head of a joined product lies inside its row: nothing of it is masked.
// WIDE-LABEL: func.func @longc_head_of_joined_avx512
// WIDE-NOT: masked
// WIDE: llvm.load {{.*}} -> vector<16xf32>
// WIDE-NOT: masked
// WIDE: return
tile.kernel @head_of_joined grid(%i, %head) (%x: !tile.view<?x128xf32>, %y: !tile.view<?x64xf32>) {
  %c8 = arith.constant 8 : index
  %c32 = arith.constant 32 : index
  %c64 = arith.constant 64 : index
  %row = arith.muli %i, %c8 : index
  %first = arith.muli %head, %c32 : index
  %column = arith.addi %first, %c64 : index
  %t = tile.load %x[%row, %column] : !tile.view<?x128xf32> -> tensor<8x32xf32>
  %s = arith.addf %t, %t : tensor<8x32xf32>
  tile.store %s, %y[%row, %first] : tensor<8x32xf32>, !tile.view<?x64xf32>
  tile.return
}

// Of the sum of two places nobody knows that it ends inside: it is masked.
// WIDE-LABEL: func.func @longc_sum_of_places_avx512
// WIDE: masked
// WIDE: return
tile.kernel @sum_of_places grid(%i, %j) (%x: !tile.view<?x96xf32>, %y: !tile.view<?x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
  %c64 = arith.constant 64 : index
  %row = arith.muli %i, %c8 : index
  %first = arith.muli %j, %c64 : index
  %zero = arith.constant dense<0.0> : tensor<8x16xf32>
  %sum = scf.for %s = %c0 to %c4 step %c1 iter_args(%all = %zero) -> tensor<8x16xf32> {
    %part = arith.muli %s, %c16 : index
    %column = arith.addi %first, %part : index
    %t = tile.load %x[%row, %column] : !tile.view<?x96xf32> -> tensor<8x16xf32>
    %next = arith.addf %all, %t : tensor<8x16xf32>
    scf.yield %next : tensor<8x16xf32>
  }
  tile.store %sum, %y[%row, %c0] : tensor<8x16xf32>, !tile.view<?x16xf32>
  tile.return
}

// A register block of 8 rows and 3 panels is one loop with 24 dots; each broadcast stands beside its own.
// DOTS-LABEL: func.func @longc_product_avx512_bf16
// DOTS: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// DOTS-COUNT-3: llvm.load {{.*}} -> vector<16xf32>
// DOTS: vector.broadcast
// DOTS-COUNT-3: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// DOTS: vector.broadcast
// DOTS-COUNT-21: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// DOTS-NOT: llvm.call_intrinsic
// DOTS: scf.yield
// A matrix unit multiplies rows 0 to 15 in tile 4, then 16 to 31 in tile 5, by the panel in tile 6.
// UNIT-LABEL: func.func @longc_product_amx
// UNIT: "llvm.x86.tdpbf16ps"(%c0_i8{{[_0-9]*}}, %c4_i8{{[_0-9]*}}, %c6_i8{{[_0-9]*}})
// UNIT: "llvm.x86.tdpbf16ps"(%c1_i8{{[_0-9]*}}, %c5_i8{{[_0-9]*}}, %c6_i8{{[_0-9]*}})
// Without the instruction: two products of the halves.
// WIDE-LABEL: func.func @longc_product_avx512
// WIDE-NOT: dpbf16ps
// WIDE: arith.shli {{.*}} : vector<16xi32>
// WIDE: vector.fma {{.*}} : vector<16xf32>
tile.kernel @product grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<48x64xbf16, panels>, %y: !tile.view<?x48xf32>) {
  %c32 = arith.constant 32 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c32 : index
  %zero = arith.constant dense<0.0> : tensor<32x48xf32>
  %a = tile.load %x[%row, %c0] : !tile.view<?x64xbf16> -> tensor<32x64xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<48x64xbf16, panels> -> tensor<48x64xbf16>
  %s = tile.mma %a, %b, %zero transpose_b : tensor<32x64xbf16>, tensor<48x64xbf16> -> tensor<32x48xf32>
  tile.store %s, %y[%row, %c0] : tensor<32x48xf32>, !tile.view<?x48xf32>
  tile.return
}

// Few rows stream the weights; many share unpacked ones: 4 rows x 3 panels x 8 groups of four columns a block.
// DOTS-LABEL: func.func @longc_scaled_avx512_bf16
// DOTS: scf.if
// DOTS-COUNT-8: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
// DOTS-NOT: vpdpbusd
// DOTS: } else {
// DOTS-COUNT-96: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
// WIDE-LABEL: func.func @longc_scaled_avx512
// WIDE: llvm.call_intrinsic "llvm.x86.avx512.pmaddubs.w.512"
// NARROW-LABEL: func.func @longc_scaled_avx2
// NARROW: llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"
tile.kernel @scaled grid(%i) (%x: !tile.view<?x64xi8>, %s: !tile.view<?x2xf32>, %m: !tile.view<?x2xf32>,
    %w: !tile.view<48x64x!tile.quantized<q4_1>>, %y: !tile.view<?x48xf32>) {
  %c32 = arith.constant 32 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c32 : index
  %zero = arith.constant dense<0.0> : tensor<32x48xf32>
  %a = tile.load %x[%row, %c0] : !tile.view<?x64xi8> -> tensor<32x64xi8>
  %as = tile.load %s[%row, %c0] : !tile.view<?x2xf32> -> tensor<32x2xf32>
  %am = tile.load %m[%row, %c0] : !tile.view<?x2xf32> -> tensor<32x2xf32>
  %b = tile.load %w[%c0, %c0] : !tile.view<48x64x!tile.quantized<q4_1>> -> tensor<48x64x!tile.quantized<q4_1>>
  %p = tile.scaled_mma %a scaled(%as, %am), %b, %zero
    : tensor<32x64xi8>, tensor<48x64x!tile.quantized<q4_1>> -> tensor<32x48xf32>(tensor<32x2xf32>, tensor<32x2xf32>)
  tile.store %p, %y[%row, %c0] : tensor<32x48xf32>, !tile.view<?x48xf32>
  tile.return
}

// Three rows read the other operand where it lies: nothing is packed. A group of 16 columns is 16 rows of 2 x 64 bytes,
// each loaded once for all three; sums go across lanes at the end.
// DOTS-LABEL: func.func @longc_few_columns_avx512_bf16
// DOTS-NOT: llvm.store
// DOTS-COUNT-96: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// DOTS-NOT: dpbf16ps
// DOTS: llvm.store {{.*}} : vector<16xf32>
// WIDE-LABEL: func.func @longc_few_columns_avx512
// WIDE-NOT: llvm.store
// WIDE: vector.fma {{.*}} : vector<16xf32>
tile.kernel @few_columns grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<32x64xbf16>, %y: !tile.view<?x32xf32>) {
  %c3 = arith.constant 3 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c3 : index
  %zero = arith.constant dense<0.0> : tensor<3x32xf32>
  %a = tile.load %x[%row, %c0] : !tile.view<?x64xbf16> -> tensor<3x64xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<32x64xbf16> -> tensor<32x64xbf16>
  %s = tile.mma %a, %b, %zero transpose_b : tensor<3x64xbf16>, tensor<32x64xbf16> -> tensor<3x32xf32>
  tile.store %s, %y[%row, %c0] : tensor<3x32xf32>, !tile.view<?x32xf32>
  tile.return
}

// Along k, two rows of the other operand at a time are joined to pairs: 3 x 4 accumulators.
// DOTS-LABEL: func.func @longc_few_along_k_avx512_bf16
// DOTS-NOT: llvm.store
// DOTS-COUNT-4: vector.shuffle
// DOTS-COUNT-12: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// DOTS-NOT: llvm.store
// DOTS: scf.yield
tile.kernel @few_along_k grid(%i) (%x: !tile.view<?x32xbf16>, %w: !tile.view<32x64xbf16>, %y: !tile.view<?x64xf32>) {
  %c3 = arith.constant 3 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c3 : index
  %zero = arith.constant dense<0.0> : tensor<3x64xf32>
  %a = tile.load %x[%row, %c0] : !tile.view<?x32xbf16> -> tensor<3x32xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<32x64xbf16> -> tensor<32x64xbf16>
  %s = tile.mma %a, %b, %zero : tensor<3x32xbf16>, tensor<32x64xbf16> -> tensor<3x64xf32>
  tile.store %s, %y[%row, %c0] : tensor<3x64xf32>, !tile.view<?x64xf32>
  tile.return
}

// Where the load may run ahead, rows of the next iteration's tile are asked for: 2 x 64 bytes each; the last iteration
// asks for its own again, so that no scalar is read from where nothing is.
// DOTS-LABEL: func.func @longc_few_ahead_avx512_bf16
// DOTS: scf.for
// DOTS: scf.for %[[KEY:.*]] = %{{.*}} to %[[END:.*]] step %{{.*}} {
// DOTS: %[[NEXT:.*]] = arith.addi %[[KEY]], %{{.*}} : index
// DOTS: %[[MORE:.*]] = arith.cmpi slt, %[[NEXT]], %[[END]] : index
// DOTS: arith.select %[[MORE]], %[[NEXT]], %[[KEY]] : index
// DOTS-COUNT-32: llvm.intr.prefetch
// DOTS: dpbf16ps
tile.kernel @few_ahead grid(%i) (%n: index, %x: !tile.view<3x64xbf16>, %w: !tile.view<?x64xbf16>, %y: !tile.view<3x?xf32>) {
  %c16 = arith.constant 16 : index
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<3x16xf32>
  %a = tile.load %x[%c0, %c0] : !tile.view<3x64xbf16> -> tensor<3x64xbf16>
  scf.for %k = %c0 to %n step %c16 {
    %b = tile.load %w[%k, %c0] asynchronous : !tile.view<?x64xbf16> -> tensor<16x64xbf16>
    %s = tile.mma %a, %b, %zero transpose_b : tensor<3x64xbf16>, tensor<16x64xbf16> -> tensor<3x16xf32>
    tile.store %s, %y[%c0, %k] : tensor<3x16xf32>, !tile.view<3x?xf32>
  } {tile.stages = 2}
  tile.return
}

// An operand that is packed is asked for as well, two rows (pairs along k) at a time, in the second-level cache: the
// first holds what the products of this iteration read.
// DOTS-LABEL: func.func @longc_packed_ahead_avx512_bf16
// DOTS: %[[MORE:.*]] = arith.cmpi slt
// DOTS: arith.select %[[MORE]]
// DOTS-COUNT-4: "llvm.intr.prefetch"(%{{.*}}) <{{{.*}}hint = 2
// DOTS: vector.shuffle
// DOTS-NOT: prefetch
// DOTS: dpbf16ps
tile.kernel @packed_ahead grid(%i) (%n: index, %x: !tile.view<8x?xbf16>, %w: !tile.view<?x64xbf16>, %y: !tile.view<8x64xf32>) {
  %c16 = arith.constant 16 : index
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<8x64xf32>
  %sum = scf.for %k = %c0 to %n step %c16 iter_args(%acc = %zero) -> (tensor<8x64xf32>) {
    %a = tile.load %x[%c0, %k] : !tile.view<8x?xbf16> -> tensor<8x16xbf16>
    %b = tile.load %w[%k, %c0] asynchronous : !tile.view<?x64xbf16> -> tensor<16x64xbf16>
    %s = tile.mma %a, %b, %acc : tensor<8x16xbf16>, tensor<16x64xbf16> -> tensor<8x64xf32>
    scf.yield %s : tensor<8x64xf32>
  } {tile.stages = 2}
  tile.store %sum, %y[%c0, %c0] : tensor<8x64xf32>, !tile.view<8x64xf32>
  tile.return
}
