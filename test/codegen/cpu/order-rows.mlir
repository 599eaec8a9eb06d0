// What runs together, and in which blocks of rows.
//
// RUN: longc-opt %s --longc-cpu-overlap-rows --longc-cpu-choose-products --longc-cpu-place-tiles --longc-cpu-pack-operands --longc-cpu-order-rows | FileCheck %s --check-prefixes=CHECK,DOTS
// RUN: longc-opt %s --longc-cpu-overlap-rows --longc-cpu-choose-products=variant=amx --longc-cpu-place-tiles --longc-cpu-pack-operands --longc-cpu-order-rows | FileCheck %s --check-prefixes=CHECK,UNIT

// A softmax between two products of 96 rows: blocks of 24 rows (64 with a matrix unit) go through all of it, what is packed
// is packed before, and scores need memory for one block. The second product runs beside the exponentials of its next rows,
// unless a unit multiplies: weights have memory for the block that is multiplied and the one that is made.
// CHECK-LABEL: tile.kernel @weights
// CHECK: cpu.pack
// CHECK: cpu.pack
// DOTS: cpu.rows in 24 {
// UNIT: cpu.rows in 64 {
// CHECK: tile.mma {{.*}}cpu.local = 1
// CHECK: tile.reduce max
// DOTS: cpu.keep {{.*}} : tensor<96xf32>
// DOTS: cpu.keep {{.*}}cpu.local = 2 : i64, cpu.stage = #cpu.stage<beside>} : tensor<96x64xbf16>
// DOTS: tile.mma {{.*}}cpu.overlaps_rows
// UNIT-NOT: cpu.stage
// UNIT-NOT: cpu.overlaps_rows
// CHECK: tile.store
// CHECK: cpu.yield
// CHECK-NOT: cpu.rows
tile.kernel @weights grid(%i) (%q: !tile.view<?x64xbf16>, %k: !tile.view<64x64xbf16>, %v: !tile.view<64x64xbf16>,
    %o: !tile.view<?x64xf32>) {
  %c96 = arith.constant 96 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c96 : index
  %zero = arith.constant dense<0.0> : tensor<96x64xf32>
  %none = arith.constant dense<0.0> : tensor<96x64xf32>
  %qt = tile.load %q[%row, %c0] : !tile.view<?x64xbf16> -> tensor<96x64xbf16>
  %kt = tile.load %k[%c0, %c0] : !tile.view<64x64xbf16> -> tensor<64x64xbf16>
  %s = tile.mma %qt, %kt, %zero transpose_b : tensor<96x64xbf16>, tensor<64x64xbf16> -> tensor<96x64xf32>
  %m = tile.reduce max %s dim 1 : tensor<96x64xf32> -> tensor<96xf32>
  %finite = arith.addf %m, %m : tensor<96xf32>
  %me = tile.expand %finite dim 1 : tensor<96xf32> -> tensor<96x64xf32>
  %d = arith.subf %s, %me : tensor<96x64xf32>
  %p = math.exp2 %d : tensor<96x64xf32>
  %pb = arith.truncf %p : tensor<96x64xf32> to tensor<96x64xbf16>
  %vt = tile.load %v[%c0, %c0] : !tile.view<64x64xbf16> -> tensor<64x64xbf16>
  %acc = tile.mma %pb, %vt, %none : tensor<96x64xbf16>, tensor<64x64xbf16> -> tensor<96x64xf32>
  tile.store %acc, %o[%row, %c0] : tensor<96x64xf32>, !tile.view<?x64xf32>
  tile.return
}

// Work over other rows, and a product whose packed operand is made of these rows, begins anew; what follows from it
// goes with it. Nothing here makes rows for a product: all rows in one go.
// CHECK-LABEL: tile.kernel @apart
// CHECK: %[[KEYS:.*]] = cpu.rows {
// CHECK: tile.mma
// CHECK: cpu.yield
// CHECK: %[[PANELS:.*]] = cpu.pack %[[KEYS]]
// CHECK-NEXT: cpu.rows {
// CHECK-NEXT: tile.mma %{{.*}}, %[[PANELS]],
// CHECK-NEXT: tile.store
// CHECK-NEXT: tile.store
// CHECK: cpu.rows {
// CHECK: tile.reduce add %{{.*}} : tensor<8x64xf32>
tile.kernel @apart grid(%i) (%x: !tile.view<?x64xf32>, %w: !tile.view<64x64xf32>, %y: !tile.view<?x64xf32>, %z: !tile.view<?xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = tile.load %x[%i, %c0] : !tile.view<?x64xf32> -> tensor<64x64xf32>
  %b = tile.load %w[%c0, %c0] : !tile.view<64x64xf32> -> tensor<64x64xf32>
  %few = tile.load %x[%i, %c0] : !tile.view<?x64xf32> -> tensor<8x64xf32>
  %keys = tile.mma %a, %b, %zero transpose_b : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32>
  %scores = tile.mma %a, %keys, %zero transpose_b : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32>
  tile.store %scores, %y[%i, %c0] : tensor<64x64xf32>, !tile.view<?x64xf32>
  tile.store %scores, %y[%i, %c0] : tensor<64x64xf32>, !tile.view<?x64xf32>
  %sums = tile.reduce add %few dim 1 : tensor<8x64xf32> -> tensor<8xf32>
  tile.store %sums, %z[%i] : tensor<8xf32>, !tile.view<?xf32>
  tile.return
}

// A bias of some blocks alone: no product overlaps rows where they have it, and nobody asks for it where it does.
// DOTS-LABEL: tile.kernel @branch
// DOTS: %[[HAS:.*]] = arith.cmpi
// DOTS: cpu.rows in 24 unless %[[HAS]] {
// DOTS: tile.mma {{.*}}cpu.overlaps_rows
// UNIT: cpu.rows in 64 {
tile.kernel @branch grid(%i) (%q: !tile.view<?x64xbf16>, %k: !tile.view<64x64xbf16>, %v: !tile.view<64x64xbf16>,
    %b: !tile.view<96x64xf32>, %o: !tile.view<?x64xf32>) {
  %c96 = arith.constant 96 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c96 : index
  %zero = arith.constant dense<0.0> : tensor<96x64xf32>
  %qt = tile.load %q[%row, %c0] : !tile.view<?x64xbf16> -> tensor<96x64xbf16>
  %kt = tile.load %k[%c0, %c0] : !tile.view<64x64xbf16> -> tensor<64x64xbf16>
  %s = tile.mma %qt, %kt, %zero transpose_b : tensor<96x64xbf16>, tensor<64x64xbf16> -> tensor<96x64xf32>
  %has = arith.cmpi eq, %i, %c0 : index
  %t = scf.if %has -> tensor<96x64xf32> {
    %bt = tile.load %b[%c0, %c0] : !tile.view<96x64xf32> -> tensor<96x64xf32>
    %sum = arith.addf %s, %bt : tensor<96x64xf32>
    scf.yield %sum : tensor<96x64xf32>
  } else {
    scf.yield %s : tensor<96x64xf32>
  }
  %m = tile.reduce max %t dim 1 : tensor<96x64xf32> -> tensor<96xf32>
  %me = tile.expand %m dim 1 : tensor<96xf32> -> tensor<96x64xf32>
  %d = arith.subf %t, %me : tensor<96x64xf32>
  %p = math.exp2 %d : tensor<96x64xf32>
  %pb = arith.truncf %p : tensor<96x64xf32> to tensor<96x64xbf16>
  %vt = tile.load %v[%c0, %c0] : !tile.view<64x64xbf16> -> tensor<64x64xbf16>
  %acc = tile.mma %pb, %vt, %zero : tensor<96x64xbf16>, tensor<64x64xbf16> -> tensor<96x64xf32>
  tile.store %acc, %o[%row, %c0] : tensor<96x64xf32>, !tile.view<?x64xf32>
  tile.return
}
