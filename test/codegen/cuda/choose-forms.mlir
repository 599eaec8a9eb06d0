// A kernel that the fast form cannot hold takes the block form, and a remark says why; one that it can is left alone.
// RUN: longc-opt %s --longc-cuda-choose-forms | FileCheck %s
// RUN: longc-opt %s --longc-cuda-choose-forms=block-form=product | FileCheck %s --check-prefix=ASKED
// RUN: longc-opt %s --longc-cuda-choose-forms --remarks-filter="longc-cuda-forms" -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// CHECK: tile.kernel @product grid(%{{.*}}) ({{[^{]*}}) {
// CHECK: tile.kernel @norm {{.*}} attributes {cuda.block_form}
// CHECK: tile.kernel @narrow {{.*}} attributes {cuda.block_form}
// ASKED: tile.kernel @product {{.*}} attributes {cuda.block_form}
// REMARK: @norm takes the block form: 'tile.kernel' op cannot be compiled for CUDA yet: a kernel without tile.mma has no row owner
// REMARK: @narrow takes the block form: 'tile.load' op cannot be compiled for CUDA: the copy engine needs rows of a multiple of 16 bytes
tile.kernel @product grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<64x64xbf16>, %y: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %row = arith.muli %i, %c64 : index
  %a = tile.load %x[%row, %c0] : !tile.view<?x64xbf16> -> tensor<64x64xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<64x64xbf16> -> tensor<64x64xbf16>
  %p = tile.mma %a, %b, %zero transpose_b : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
  tile.store %p, %y[%row, %c0] : tensor<64x64xf32>, !tile.view<?x64xf32>
  tile.return
}
tile.kernel @norm grid(%i) (%x: !tile.view<?x64xf32>, %y: !tile.view<?xf32>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %row = arith.muli %i, %c8 : index
  %t = tile.load %x[%row, %c0] : !tile.view<?x64xf32> -> tensor<8x64xf32>
  %s = tile.reduce add %t dim 1 : tensor<8x64xf32> -> tensor<8xf32>
  tile.store %s, %y[%row] : tensor<8xf32>, !tile.view<?xf32>
  tile.return
}
tile.kernel @narrow grid(%i) (%x: !tile.view<?x60xbf16>, %w: !tile.view<64x60xbf16>, %y: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %row = arith.muli %i, %c64 : index
  %a = tile.load %x[%row, %c0] : !tile.view<?x60xbf16> -> tensor<64x64xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<64x60xbf16> -> tensor<64x64xbf16>
  %p = tile.mma %a, %b, %zero transpose_b : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
  tile.store %p, %y[%row, %c0] : tensor<64x64xf32>, !tile.view<?x64xf32>
  tile.return
}
