// Which tiles lie in memory.
//
// RUN: longc-opt %s --longc-cpu-choose-products --longc-cpu-place-tiles --split-input-file --verify-diagnostics | FileCheck %s

// A product broadcasts from the rows of its first operand: a load that has them as they are needs no copy, a computed tile
// or one whose columns end within the view does. The second operand is evaluated where it is read.
// CHECK-LABEL: tile.kernel @rows
// CHECK: %[[WHOLE:.*]] = tile.load
// CHECK-NOT: cpu.keep
// CHECK: %[[B:.*]] = arith.truncf
// CHECK-NEXT: tile.mma %[[WHOLE]], %[[B]],
// CHECK: %[[SUM:.*]] = arith.addf
// CHECK-NEXT: %[[KEPT:.*]] = cpu.keep %[[SUM]]
// CHECK-NEXT: %[[PART:.*]] = tile.load
// CHECK-NEXT: %[[COPY:.*]] = cpu.keep %[[PART]]
// CHECK: tile.mma %[[KEPT]],
// CHECK: tile.mma %[[COPY]],
tile.kernel @rows grid(%i) (%x: !tile.view<?x64xbf16>, %z: !tile.view<?x?xbf16>, %w: !tile.view<48x64xf32>, %y: !tile.view<?x48xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<32x48xf32>
  %a = tile.load %x[%i, %c0] : !tile.view<?x64xbf16> -> tensor<32x64xbf16>
  %w0 = tile.load %w[%c0, %c0] : !tile.view<48x64xf32> -> tensor<48x64xf32>
  %b = arith.truncf %w0 : tensor<48x64xf32> to tensor<48x64xbf16>
  %0 = tile.mma %a, %b, %zero transpose_b : tensor<32x64xbf16>, tensor<48x64xbf16> -> tensor<32x48xf32>
  %twice = arith.addf %a, %a : tensor<32x64xbf16>
  %part = tile.load %z[%i, %c0] : !tile.view<?x?xbf16> -> tensor<32x64xbf16>
  %1 = tile.mma %twice, %b, %0 transpose_b : tensor<32x64xbf16>, tensor<48x64xbf16> -> tensor<32x48xf32>
  %2 = tile.mma %part, %b, %1 transpose_b : tensor<32x64xbf16>, tensor<48x64xbf16> -> tensor<32x48xf32>
  tile.store %2, %y[%i, %c0] : tensor<32x48xf32>, !tile.view<?x48xf32>
  tile.return
}

// -----

// Transposed rows of a product are turned by squares.
// CHECK-LABEL: tile.kernel @transposed
// CHECK: %[[T:.*]] = cpu.turn %{{.*}} : tensor<64x32xbf16> -> tensor<32x64xbf16>
// CHECK-NOT: tile.transpose
// CHECK: tile.mma %[[T]],
tile.kernel @transposed grid(%i) (%x: !tile.view<64x32xbf16>, %w: !tile.view<48x64xbf16>, %y: !tile.view<?x48xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<32x48xf32>
  %x0 = tile.load %x[%c0, %c0] : !tile.view<64x32xbf16> -> tensor<64x32xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<48x64xbf16> -> tensor<48x64xbf16>
  %a = tile.transpose %x0 : tensor<64x32xbf16> -> tensor<32x64xbf16>
  %0 = tile.mma %a, %b, %zero transpose_b : tensor<32x64xbf16>, tensor<48x64xbf16> -> tensor<32x48xf32>
  tile.store %0, %y[%i, %c0] : tensor<32x48xf32>, !tile.view<?x48xf32>
  tile.return
}

// -----

// The scalars of rows that a product's accumulator needs are evaluated once; what a loop carries of them too. A product
// whose accumulator only it reads writes over it.
// CHECK-LABEL: tile.kernel @carried
// CHECK: scf.for {{.*}} iter_args(%[[ACC:.*]] = %{{.*}}, %[[OLD:.*]] = %{{.*}})
// CHECK: %[[MAX:.*]] = arith.maximumf %[[OLD]],
// CHECK-NEXT: %[[KEPT:.*]] = cpu.keep %[[MAX]] : tensor<8xf32>
// CHECK: %[[SHRINK:.*]] = arith.subf %[[OLD]], %[[KEPT]]
// CHECK-NEXT: %[[ONCE:.*]] = cpu.keep %[[SHRINK]] : tensor<8xf32>
// CHECK: tile.expand %[[ONCE]]
// CHECK: %[[NEXT:.*]] = tile.mma {{.*}}cpu.in_place
// CHECK-NEXT: %[[HOME:.*]] = cpu.keep %[[KEPT]] home
// CHECK-NEXT: scf.yield %[[NEXT]], %[[HOME]]
tile.kernel @carried grid(%i) (%x: !tile.view<8x16xf32>, %w: !tile.view<?x16xf32>, %n: index, %y: !tile.view<8x16xf32>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant dense<0.0> : tensor<8x16xf32>
  %none = arith.constant dense<0.0> : tensor<8xf32>
  %a = tile.load %x[%c0, %c0] : !tile.view<8x16xf32> -> tensor<8x16xf32>
  %all:2 = scf.for %k = %c0 to %n step %c16 iter_args(%acc = %zero, %old = %none) -> (tensor<8x16xf32>, tensor<8xf32>) {
    %b = tile.load %w[%k, %c0] : !tile.view<?x16xf32> -> tensor<16x16xf32>
    %s = tile.mma %a, %b, %zero : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
    %top = tile.reduce max %s dim 1 : tensor<8x16xf32> -> tensor<8xf32>
    %max = arith.maximumf %old, %top : tensor<8xf32>
    %shrink = arith.subf %old, %max : tensor<8xf32>
    %wide = tile.expand %shrink dim 1 : tensor<8xf32> -> tensor<8x16xf32>
    %less = arith.mulf %acc, %wide : tensor<8x16xf32>
    %next = tile.mma %a, %b, %less : tensor<8x16xf32>, tensor<16x16xf32> -> tensor<8x16xf32>
    scf.yield %next, %max : tensor<8x16xf32>, tensor<8xf32>
  }
  tile.store %all#0, %y[%c0, %c0] : tensor<8x16xf32>, !tile.view<8x16xf32>
  tile.return
}

// -----

// Two tiles that are carried: one made at home might overwrite what the other reads, so they are made in memory of their own
// first, after all else. One that is alone, or at rest, is made at home straight; what a loop before left there stays.
// CHECK-LABEL: tile.kernel @two
// CHECK-NOT: late
// CHECK: scf.for {{.*}} iter_args(%[[A:.*]] = %{{.*}}, %[[B:.*]] = %{{.*}})
// CHECK: %[[SUM:.*]] = arith.addf %[[A]], %[[B]]
// CHECK: %[[DIFFERENCE:.*]] = arith.subf %[[A]], %[[B]]
// CHECK: %[[X:.*]] = cpu.keep %[[SUM]] late
// CHECK: %[[Y:.*]] = cpu.keep %[[DIFFERENCE]] late
// CHECK: %[[HOME_X:.*]] = cpu.keep %[[X]] home
// CHECK: %[[HOME_Y:.*]] = cpu.keep %[[Y]] home
// CHECK: scf.yield %[[HOME_X]], %[[HOME_Y]]
// CHECK-NOT: cpu.keep
// CHECK: scf.for
// CHECK: %[[ALONE:.*]] = arith.addf
// CHECK-NEXT: %[[STRAIGHT:.*]] = cpu.keep %[[ALONE]] home
// CHECK-NEXT: scf.yield %[[STRAIGHT]]
tile.kernel @two grid(%i) (%n: index, %y: !tile.view<8x16xf32>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant dense<0.0> : tensor<8x16xf32>
  %one = arith.constant dense<1.0> : tensor<8x16xf32>
  %all:2 = scf.for %k = %c0 to %n step %c16 iter_args(%a = %zero, %b = %one) -> (tensor<8x16xf32>, tensor<8x16xf32>) {
    %sum = arith.addf %a, %b : tensor<8x16xf32>
    %difference = arith.subf %a, %b : tensor<8x16xf32>
    scf.yield %sum, %difference : tensor<8x16xf32>, tensor<8x16xf32>
  }
  %alone = scf.for %k = %c0 to %n step %c16 iter_args(%a = %all#0) -> (tensor<8x16xf32>) {
    %sum = arith.addf %a, %all#1 : tensor<8x16xf32>
    scf.yield %sum : tensor<8x16xf32>
  }
  tile.store %alone, %y[%c0, %c0] : tensor<8x16xf32>, !tile.view<8x16xf32>
  tile.return
}

// -----

// expected-error @+1 {{cannot be compiled for a CPU: tiles that change places between iterations}}
tile.kernel @change_places grid(%i) (%n: index, %y: !tile.view<8x16xf32>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant dense<0.0> : tensor<8x16xf32>
  %one = arith.constant dense<1.0> : tensor<8x16xf32>
  %all:2 = scf.for %k = %c0 to %n step %c16 iter_args(%a = %zero, %b = %one) -> (tensor<8x16xf32>, tensor<8x16xf32>) {
    scf.yield %b, %a : tensor<8x16xf32>, tensor<8x16xf32>
  }
  tile.store %all#0, %y[%c0, %c0] : tensor<8x16xf32>, !tile.view<8x16xf32>
  tile.return
}
