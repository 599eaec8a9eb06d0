// A bf16 product of 512 x 2048 x 2048 with weights in panels: the figure to hold against oneDNN in torch.
//   longc-bench-cpu bench/kernels/cpu_gemm.mlir --pass-pipeline= --variants avx512_bf16 --cores 2
module {
  tile.kernel @gemm_bf16 grid(%i, %j) (%x: !tile.view<?x2048xbf16>, %w: !tile.view<2048x2048xbf16, panels>, %y: !tile.view<?x2048xf32>) {
    %c256 = arith.constant 256 : index
    %c64 = arith.constant 64 : index
    %c0 = arith.constant 0 : index
    %row = arith.muli %i, %c256 : index
    %col = arith.muli %j, %c64 : index
    %zero = arith.constant dense<0.0> : tensor<256x64xf32>
    %a = tile.load %x[%row, %c0] : !tile.view<?x2048xbf16> -> tensor<256x2048xbf16>
    %b = tile.load %w[%col, %c0] : !tile.view<2048x2048xbf16, panels> -> tensor<64x2048xbf16>
    %s = tile.mma %a, %b, %zero transpose_b : tensor<256x2048xbf16>, tensor<64x2048xbf16> -> tensor<256x64xf32>
    tile.store %s, %y[%row, %col] : tensor<256x64xf32>, !tile.view<?x2048xf32>
    tile.return
  }
}
