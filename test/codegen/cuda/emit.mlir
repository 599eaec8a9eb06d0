// RUN: longc-opt %S/kernels/packed-attention.mlir --longc-pipeline-loops --longc-cuda --longc-cuda-emit -o /dev/null | FileCheck %s
// RUN: longc-opt %S/kernels/packed-attention.mlir --longc-pipeline-loops --longc-cuda --longc-cuda-emit -o /dev/null | FileCheck %s --check-prefix=COUNT
// RUN: longc-opt %S/kernels/packed-attention-soft-cap.mlir --longc-pipeline-loops --longc-cuda --longc-cuda-emit -o /dev/null | FileCheck %s --check-prefix=CAP
// RUN: longc-opt %S/kernels/linear-silu.mlir --longc-pipeline-loops --longc-cuda --longc-cuda-emit -o /dev/null | FileCheck %s --check-prefix=GEMM
// RUN: longc-opt %S/kernels/row-product.mlir --longc-pipeline-loops --longc-cuda --longc-cuda-emit -o /dev/null | FileCheck %s --check-prefix=TURNED
// RUN: not longc-opt %s --longc-cuda --longc-cuda-emit -o /dev/null 2>&1 | FileCheck %s --check-prefix=REFUSED

// Tunables stand on top; each op's text follows the line of the op in the kernel's file, named once.
// CHECK: extern "C" __global__ void __launch_bounds__(512, 1)
// CHECK-NEXT: packed_attention(const __grid_constant__ TensorMap map0,
// CHECK: extern __shared__
// CHECK-NEXT: constexpr int kProducerRegisters = 32;
// CHECK-NEXT: constexpr int kConsumerRegisters = 160;
// CHECK-NEXT: constexpr int kTile1Stages = 2;
// CHECK-NEXT: constexpr int kTile2Stages = 2;
// CHECK-NEXT: #line 2 "{{.*}}/kernels/packed-attention.mlir"
// CHECK: if (v{{[0-9]+}} == 3) {
// CHECK-NEXT: setmaxnreg_dec<kProducerRegisters>();
// CHECK: elect_sync()
// CHECK: for (int pass0 = 0;; ++pass0) {
// CHECK-NEXT: const int block0 = draw_block(counters, {{.*}}, pass0);
// CHECK-NEXT: if (block0 >= {{.*}}) break;
// CHECK: #line 15{{$}}
// CHECK-NOT: #line
// CHECK: tma_load_3d({{.*}}, map0, {{.*}}, evict_first());
// CHECK: #line 23{{$}}
// CHECK-NEXT: for (int
// CHECK: #line 24{{$}}
// CHECK: % kTile1Stages;
// CHECK: / kTile1Stages;
// CHECK: tma_load_3d({{.*}}, map1, {{.*}}, evict_last());
// CHECK: tma_load_3d({{.*}}, map2,
// CHECK: } else {
// CHECK-NEXT: #line 2{{$}}
// CHECK-NEXT: setmaxnreg_inc<kConsumerRegisters>();
// CHECK: const int block1 = drawn_block({{.*}}, pass1);
// CHECK: wgmma_m64n128k16_ss<0, 0>(product0,
// CHECK: = fmaxf(
// CHECK: shfl_xor(
// CHECK: = ex2_approx(fmaf(product0[{{.*}}], 0.127517432f, -
// CHECK: = cvt_bf16x2(
// CHECK: st_shared_zero(
// CHECK: wgmma_m64n128k16_rs<1>(product1, operand0[
// CHECK: = quad_sum(
// CHECK: stmatrix_x4(
// CHECK: st_global_v4(

// COUNT-COUNT-2: wgmma_m64n
// COUNT-NOT: wgmma_m64n

// The soft cap is a hyperbolic tangent in the kernel's IR: no pass and no table of the target names it.
// CAP: = 1.0f - rcp_approx(ex2_approx({{.*}}) + 1.0f) * 2.0f;
// CAP: = ex2_approx(fmaf({{.*}}, 2.88539004f, -

// Rows of both operands lie along the contraction: 16 of them are 2048 bytes, and a warpgroup has a box of 64 columns of the left one.
// TURNED: const int [[STEP:v[0-9]+]] = e{{[0-9]+}} * 2048;
// TURNED: wgmma_m64n64k16_ss<1, 1>(product0, wgmma_descriptor({{v[0-9]+}} + v1 * 8192 + [[STEP]], 8192), wgmma_descriptor({{v[0-9]+}} + [[STEP]], 8192)

// GEMM: linear_silu(const __grid_constant__ TensorMap map0,
// GEMM: constexpr int kProducerRegisters = 24;
// GEMM-NEXT: constexpr int kConsumerRegisters = 240;
// GEMM-NEXT: constexpr int kTile0Stages = 4;
// GEMM: tma_load_2d({{.*}}, map0, {{.*}}, evict_normal());
// GEMM: wgmma_m64n256k16_ss<0, 0>(product0,
// GEMM: *((float *)view2.data +
// GEMM: // model.layers.0.mlp.gate_proj
// GEMM: stmatrix_x4(

// REFUSED: 'math.atan2' op has no printed form in CUDA C++
tile.kernel @no_printed_form grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<64x64xbf16>, %y: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = tile.load %x[%i, %c0] : !tile.view<?x64xbf16> -> tensor<64x64xbf16>
  %k = tile.load %w[%c0, %c0] : !tile.view<64x64xbf16> -> tensor<64x64xbf16>
  %s = tile.mma %a, %k, %zero transpose_b : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
  %t = math.atan2 %s, %s : tensor<64x64xf32>
  tile.store %t, %y[%i, %c0] : tensor<64x64xf32>, !tile.view<?x64xf32>
  tile.return
}
