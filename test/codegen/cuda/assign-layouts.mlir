// RUN: longc-opt %s --longc-cuda-assign-layouts | FileCheck %s

// Operands from memory are shared, accumulators are fragments, what a reduction leaves goes by row and what is
// expanded along rows goes by column.
// CHECK-LABEL: tile.kernel @layouts_follow_the_product
// CHECK: tile.load %{{.*}} -> tensor<64x64xbf16, #cuda.layout<shared>>
// CHECK: tile.mma {{.*}} -> tensor<64x128xf32, #cuda.layout<fragment>>
// CHECK: tile.load %{{.*}} : <128xf32> -> tensor<128xf32, #cuda.layout<column>>
// CHECK: tile.reduce max {{.*}} -> tensor<64xf32, #cuda.layout<row>>
// CHECK: arith.negf %{{.*}} : tensor<64xf32, #cuda.layout<row>>
tile.kernel @layouts_follow_the_product grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<128x64xbf16>, %b: !tile.view<128xf32>, %y: !tile.view<?xf32>) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %row = arith.muli %i, %c64 : index
  %zero = arith.constant dense<0.0> : tensor<64x128xf32>
  %a = tile.load %x[%row, %c0] : !tile.view<?x64xbf16> -> tensor<64x64xbf16>
  %k = tile.load %w[%c0, %c0] : !tile.view<128x64xbf16> -> tensor<128x64xbf16>
  %s = tile.mma %a, %k, %zero transpose_b : tensor<64x64xbf16>, tensor<128x64xbf16> -> tensor<64x128xf32>
  %v = tile.load %b[%c0] : !tile.view<128xf32> -> tensor<128xf32>
  %e = tile.expand %v dim 0 : tensor<128xf32> -> tensor<64x128xf32>
  %t = arith.addf %s, %e : tensor<64x128xf32>
  %m = tile.reduce max %t dim 1 : tensor<64x128xf32> -> tensor<64xf32>
  %n = arith.negf %m : tensor<64xf32>
  tile.store %n, %y[%row] : tensor<64xf32>, !tile.view<?xf32>
  tile.return
}

// A tile that a product and element-wise work both use is loaded twice: shared and as a fragment.
// CHECK-LABEL: tile.kernel @tile_with_two_uses
// CHECK-DAG: tile.load %{{.*}} -> tensor<64x64xbf16, #cuda.layout<shared>>
// CHECK-DAG: tile.load %{{.*}} -> tensor<64x64xbf16, #cuda.layout<fragment>>
tile.kernel @tile_with_two_uses grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<64x64xbf16>, %y: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %row = arith.muli %i, %c64 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = tile.load %x[%row, %c0] : !tile.view<?x64xbf16> -> tensor<64x64xbf16>
  %k = tile.load %w[%c0, %c0] : !tile.view<64x64xbf16> -> tensor<64x64xbf16>
  %s = tile.mma %a, %k, %zero transpose_b : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
  %wide = arith.extf %a : tensor<64x64xbf16> to tensor<64x64xf32>
  %t = arith.addf %s, %wide : tensor<64x64xf32>
  tile.store %t, %y[%row, %c0] : tensor<64x64xf32>, !tile.view<?x64xf32>
  tile.return
}
