// Which operands are packed into panels.
//
// RUN: longc-opt %s --longc-cpu-choose-products --longc-cpu-place-tiles --longc-cpu-pack-operands | FileCheck %s

// What does not lie in panels is packed right before its product, whichever way it stands.
// CHECK-LABEL: tile.kernel @packed
// CHECK: %[[ROWS:.*]] = cpu.pack %{{.*}} transpose_b : tensor<48x64xbf16> -> tensor<48x64xbf16, #cpu.panels>
// CHECK-NEXT: tile.mma %{{.*}}, %[[ROWS]], %{{.*}} transpose_b
// CHECK-NEXT: %[[COLUMNS:.*]] = cpu.pack %{{.*}} : tensor<64x48xbf16> -> tensor<64x48xbf16, #cpu.panels>
// CHECK-NEXT: tile.mma %{{.*}}, %[[COLUMNS]],
tile.kernel @packed grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<64x64xbf16>, %y: !tile.view<?x48xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<32x48xf32>
  %a = tile.load %x[%i, %c0] : !tile.view<?x64xbf16> -> tensor<32x64xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<64x64xbf16> -> tensor<48x64xbf16>
  %c = tile.load %w[%c0, %c0] : !tile.view<64x64xbf16> -> tensor<64x48xbf16>
  %0 = tile.mma %a, %b, %zero transpose_b : tensor<32x64xbf16>, tensor<48x64xbf16> -> tensor<32x48xf32>
  %1 = tile.mma %a, %c, %0 : tensor<32x64xbf16>, tensor<64x48xbf16> -> tensor<32x48xf32>
  tile.store %1, %y[%i, %c0] : tensor<32x48xf32>, !tile.view<?x48xf32>
  tile.return
}

// Weights in panels are read where they are, bf16 ones by a product of f32 too; f32 ones are narrowed for a product of bf16,
// and those that multiply from the other side are turned.
// CHECK-LABEL: tile.kernel @stored
// CHECK: %[[WIDER:.*]] = arith.extf
// CHECK: %[[NARROWER:.*]] = arith.truncf
// CHECK-NOT: cpu.pack
// CHECK: tile.mma %{{.*}}, %[[WIDER]],
// CHECK-NEXT: cpu.pack %[[NARROWER]] transpose_b
// CHECK: tile.mma
// CHECK: cpu.pack %{{.*}} : tensor<64x48xbf16>
// CHECK: tile.mma
tile.kernel @stored grid(%i) (%x: !tile.view<?x64xbf16>, %f: !tile.view<?x64xf32>, %w: !tile.view<64x64xbf16, panels>, %p: !tile.view<48x64xf32, panels>,
    %y: !tile.view<?x48xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<32x48xf32>
  %a = tile.load %x[%i, %c0] : !tile.view<?x64xbf16> -> tensor<32x64xbf16>
  %a32 = tile.load %f[%i, %c0] : !tile.view<?x64xf32> -> tensor<32x64xf32>
  %b = tile.load %w[%c0, %c0] : !tile.view<64x64xbf16, panels> -> tensor<48x64xbf16>
  %wider = arith.extf %b : tensor<48x64xbf16> to tensor<48x64xf32>
  %b32 = tile.load %p[%c0, %c0] : !tile.view<48x64xf32, panels> -> tensor<48x64xf32>
  %narrower = arith.truncf %b32 : tensor<48x64xf32> to tensor<48x64xbf16>
  %c = tile.load %w[%c0, %c0] : !tile.view<64x64xbf16, panels> -> tensor<64x48xbf16>
  %0 = tile.mma %a, %b, %zero transpose_b : tensor<32x64xbf16>, tensor<48x64xbf16> -> tensor<32x48xf32>
  %1 = tile.mma %a32, %wider, %0 transpose_b : tensor<32x64xf32>, tensor<48x64xf32> -> tensor<32x48xf32>
  %2 = tile.mma %a, %narrower, %1 transpose_b : tensor<32x64xbf16>, tensor<48x64xbf16> -> tensor<32x48xf32>
  %3 = tile.mma %a, %c, %2 : tensor<32x64xbf16>, tensor<64x48xbf16> -> tensor<32x48xf32>
  tile.store %3, %y[%i, %c0] : tensor<32x48xf32>, !tile.view<?x48xf32>
  tile.return
}

// A few rows read the other operand once, as it lies.
// CHECK-LABEL: tile.kernel @few
// CHECK-NOT: cpu.pack
// CHECK: tile.return
tile.kernel @few grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<64x64xbf16>, %y: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<3x64xf32>
  %a = tile.load %x[%i, %c0] : !tile.view<?x64xbf16> -> tensor<3x64xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<64x64xbf16> -> tensor<64x64xbf16>
  %0 = tile.mma %a, %b, %zero transpose_b : tensor<3x64xbf16>, tensor<64x64xbf16> -> tensor<3x64xf32>
  %1 = tile.mma %a, %b, %0 : tensor<3x64xbf16>, tensor<64x64xbf16> -> tensor<3x64xf32>
  tile.store %1, %y[%i, %c0] : tensor<3x64xf32>, !tile.view<?x64xf32>
  tile.return
}
