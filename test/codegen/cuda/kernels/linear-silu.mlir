// y = x w^T + bias, SiLU, in bf16.
module attributes {tile.target = #tile.target<mma_rows = 128, mma_cols = 256, mma_depth = 64, attention_rows = 192, attention_cols = 128, stream_rows = 64, fold_heads = false, stages = 4, staging_bytes = 206848>} {
tile.kernel @linear_silu grid(%i, %j) (%x: !tile.view<?x8192xbf16>, %w: !tile.view<8192x8192xbf16>, %bias: !tile.view<8192xf32>, %y: !tile.view<?x8192xbf16>) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c128 = arith.constant 128 : index
  %c256 = arith.constant 256 : index
  %c8192 = arith.constant 8192 : index
  %row = arith.muli %i, %c128 : index
  %col = arith.muli %j, %c256 : index
  %zero = arith.constant dense<0.0> : tensor<128x256xf32>
  %acc = scf.for %k = %c0 to %c8192 step %c64 iter_args(%a = %zero) -> (tensor<128x256xf32>) {
    %at = tile.load %x[%row, %k] : !tile.view<?x8192xbf16> -> tensor<128x64xbf16>
    %bt = tile.load %w[%col, %k] : !tile.view<8192x8192xbf16> -> tensor<256x64xbf16>
    %s = tile.mma %at, %bt, %a transpose_b : tensor<128x64xbf16>, tensor<256x64xbf16> -> tensor<128x256xf32>
    scf.yield %s : tensor<128x256xf32>
  }
  %b = tile.load %bias[%col] : !tile.view<8192xf32> -> tensor<256xf32>
  %b2 = tile.expand %b dim 0 : tensor<256xf32> -> tensor<128x256xf32>
  %t = arith.addf %acc, %b2 : tensor<128x256xf32>
  %log2e = arith.constant dense<-1.44269504> : tensor<128x256xf32>
  %one = arith.constant dense<1.0> : tensor<128x256xf32>
  %n = arith.mulf %t, %log2e : tensor<128x256xf32>
  %e = math.exp2 %n : tensor<128x256xf32>
  %d = arith.addf %e, %one : tensor<128x256xf32>
  %r = arith.divf %t, %d : tensor<128x256xf32>
  %o = arith.truncf %r : tensor<128x256xf32> to tensor<128x256xbf16>
  tile.store %o, %y[%row, %col] : tensor<128x256xbf16>, !tile.view<?x8192xbf16> loc("model.layers.0.mlp.gate_proj")
  tile.return
}
}
