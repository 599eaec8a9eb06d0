// A share of x^T y: the left operand is read turned round where it lies.
module attributes {tile.target = #tile.target<mma_rows = 128, mma_cols = 256, mma_depth = 64, attention_rows = 192, attention_cols = 128, stream_rows = 64, fold_heads = false, stages = 4, staging_bytes = 206848>} {
tile.kernel @row_product grid(%i, %j, %share) (%x: !tile.view<?x192xbf16>, %y: !tile.view<?x64xbf16>, %length: index, %out: !tile.view<32x192x64xf32>) {
  %c64 = arith.constant 64 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant dense<0.0> : tensor<128x64xf32>
  %row = arith.muli %i, %c128 : index
  %col = arith.muli %j, %c64 : index
  %begin = arith.muli %share, %length : index
  %end = arith.addi %begin, %length : index
  %sum = scf.for %k = %begin to %end step %c64 iter_args(%acc = %zero) -> (tensor<128x64xf32>) {
    %a = tile.load %x[%k, %row] : !tile.view<?x192xbf16> -> tensor<64x128xbf16>
    %turned = tile.transpose %a : tensor<64x128xbf16> -> tensor<128x64xbf16>
    %b = tile.load %y[%k, %col] : !tile.view<?x64xbf16> -> tensor<64x64xbf16>
    %next = tile.mma %turned, %b, %acc : tensor<128x64xbf16>, tensor<64x64xbf16> -> tensor<128x64xf32>
    scf.yield %next : tensor<128x64xf32>
  }
  tile.store %sum, %out[%share, %row, %col] dropped [0] : tensor<128x64xf32>, !tile.view<32x192x64xf32>
  tile.return
}
}
