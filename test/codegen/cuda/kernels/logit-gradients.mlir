// Gradients of a block of logits, made in registers, masked by token and stored as bf16: the first word of the chunk is the launch's.
module attributes {tile.target = #tile.target<mma_rows = 128, mma_cols = 256, mma_depth = 64, attention_rows = 192, attention_cols = 128, stream_rows = 64, fold_heads = false, stages = 4, staging_bytes = 206848>} {
tile.kernel @logit_gradients grid(%arg0, %arg1) (%arg2: index, %arg3: !tile.view<?x576xbf16>, %arg4: !tile.view<49152x576xbf16>, %arg5: !tile.view<?xi32>, %arg6: !tile.view<1xf32>, %arg7: !tile.view<?xf32>, %arg8: !tile.view<?xf32>, %arg9: !tile.view<?x5632xbf16>) {
  %cst = arith.constant dense<1.44269502> : tensor<128x256xf32>
  %cst_0 = arith.constant dense<1.44269502> : tensor<128xf32>
  %cst_1 = arith.constant dense<0.000000e+00> : tensor<128xf32>
  %cst_2 = arith.constant dense<-100> : tensor<128xi32>
  %c64 = arith.constant 64 : index
  %c0 = arith.constant 0 : index
  %c576 = arith.constant 576 : index
  %cst_3 = arith.constant dense<0.000000e+00> : tensor<128x256xf32>
  %c128 = arith.constant 128 : index
  %c256 = arith.constant 256 : index
  %0 = arith.muli %arg1, %c256 : index
  %1 = arith.muli %arg0, %c128 : index
  %2 = arith.addi %arg2, %0 : index
  %3 = scf.for %arg10 = %c0 to %c576 step %c64 iter_args(%arg11 = %cst_3) -> (tensor<128x256xf32>) {
    %28 = tile.load %arg3[%1, %arg10] : <?x576xbf16> -> tensor<128x64xbf16>
    %29 = tile.load %arg4[%2, %arg10] : <49152x576xbf16> -> tensor<256x64xbf16>
    %30 = tile.mma %28, %29, %arg11 transpose_b : tensor<128x64xbf16>, tensor<256x64xbf16> -> tensor<128x256xf32>
    scf.yield %30 : tensor<128x256xf32>
  }
  %4 = tile.load %arg5[%1] : <?xi32> -> tensor<128xi32>
  %5 = arith.cmpi eq, %4, %cst_2 : tensor<128xi32>
  %6 = tile.scalar %arg6[%c0] : <1xf32> -> f32
  %7 = tile.load %arg7[%1] : <?xf32> -> tensor<128xf32>
  %8 = tile.splat %6 : f32 -> tensor<128xf32>
  %9 = arith.mulf %7, %8 : tensor<128xf32>
  %10 = arith.select %5, %cst_1, %9 : tensor<128xi1>, tensor<128xf32>
  %11 = tile.load %arg8[%1] : <?xf32> -> tensor<128xf32>
  %12 = arith.mulf %11, %cst_0 : tensor<128xf32>
  %13 = arith.mulf %3, %cst : tensor<128x256xf32>
  %14 = tile.expand %12 dim 1 : tensor<128xf32> -> tensor<128x256xf32>
  %15 = arith.subf %13, %14 : tensor<128x256xf32>
  %16 = math.exp2 %15 : tensor<128x256xf32>
  %17 = tile.expand %10 dim 1 : tensor<128xf32> -> tensor<128x256xf32>
  %18 = arith.mulf %16, %17 : tensor<128x256xf32>
  %19 = arith.index_cast %2 : index to i32
  %20 = tile.splat %19 : i32 -> tensor<128x256xi32>
  %21 = tile.iota dim 1 : tensor<128x256xi32>
  %22 = arith.addi %21, %20 : tensor<128x256xi32>
  %23 = tile.expand %4 dim 1 : tensor<128xi32> -> tensor<128x256xi32>
  %24 = arith.cmpi eq, %22, %23 : tensor<128x256xi32>
  %25 = arith.select %24, %17, %cst_3 : tensor<128x256xi1>, tensor<128x256xf32>
  %26 = arith.subf %18, %25 : tensor<128x256xf32>
  %27 = arith.truncf %26 : tensor<128x256xf32> to tensor<128x256xbf16>
  tile.store %27, %arg9[%1, %0] : tensor<128x256xbf16>, <?x5632xbf16>
  tile.return
}
}
