// Which loads have their next tile asked for, and in which cache.
//
// RUN: longc-opt %s --longc-cpu-choose-products --longc-cpu-read-ahead | FileCheck %s

// Rows that a few rows of the other operand read as they lie: the first level. The first operand and what no loop loads
// are not asked for, nor is a load that may not run ahead.
// CHECK-LABEL: tile.kernel @as_they_lie
// CHECK: tile.load %arg2
// CHECK-NOT: cpu.read_ahead
// CHECK: scf.for
// CHECK: tile.load %arg3{{.*}} asynchronous {cpu.read_ahead = 1 : i64}
// CHECK: tile.load %arg3
// CHECK-NOT: cpu.read_ahead
tile.kernel @as_they_lie grid(%i) (%n: index, %x: !tile.view<3x64xbf16>, %w: !tile.view<?x64xbf16>, %y: !tile.view<3x?xf32>) {
  %c16 = arith.constant 16 : index
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<3x16xf32>
  %a = tile.load %x[%c0, %c0] asynchronous : !tile.view<3x64xbf16> -> tensor<3x64xbf16>
  scf.for %k = %c0 to %n step %c16 {
    %b = tile.load %w[%k, %c0] asynchronous : !tile.view<?x64xbf16> -> tensor<16x64xbf16>
    %late = tile.load %w[%k, %c0] : !tile.view<?x64xbf16> -> tensor<16x64xbf16>
    %s = tile.mma %a, %b, %zero transpose_b : tensor<3x64xbf16>, tensor<16x64xbf16> -> tensor<3x16xf32>
    %t = tile.mma %a, %late, %s transpose_b : tensor<3x64xbf16>, tensor<16x64xbf16> -> tensor<3x16xf32>
    tile.store %t, %y[%c0, %k] : tensor<3x16xf32>, !tile.view<3x?xf32>
  }
  tile.return
}

// What is packed: the second level. The first holds the panels meanwhile.
// CHECK-LABEL: tile.kernel @packed
// CHECK: tile.load %arg3{{.*}} asynchronous {cpu.read_ahead = 2 : i64}
tile.kernel @packed grid(%i) (%n: index, %x: !tile.view<8x64xbf16>, %w: !tile.view<?x64xbf16>, %y: !tile.view<8x?xf32>) {
  %c16 = arith.constant 16 : index
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<8x16xf32>
  %a = tile.load %x[%c0, %c0] : !tile.view<8x64xbf16> -> tensor<8x64xbf16>
  scf.for %k = %c0 to %n step %c16 {
    %b = tile.load %w[%k, %c0] asynchronous : !tile.view<?x64xbf16> -> tensor<16x64xbf16>
    %s = tile.mma %a, %b, %zero transpose_b : tensor<8x64xbf16>, tensor<16x64xbf16> -> tensor<8x16xf32>
    tile.store %s, %y[%c0, %k] : tensor<8x16xf32>, !tile.view<8x?xf32>
  }
  tile.return
}
