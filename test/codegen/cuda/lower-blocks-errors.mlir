// What the block form refuses of selections: they are made over in their place.
// RUN: longc-opt %s --split-input-file --verify-diagnostics --longc-cuda-lower-blocks

tile.kernel @twice grid(%i) (%x: !tile.view<?x32xf32>, %y: !tile.view<?xf32>, %z: !tile.view<?xi32>) {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%i, %c0] : !tile.view<?x32xf32> -> tensor<8x32xf32>
  %k0 = tile.topk_init : !tile.topk<8, 5>
  // expected-error@+1 {{'tile.topk_update' op reads a selection that something else reads too: cannot be compiled for CUDA yet}}
  %k1 = tile.topk_update %k0, %t at %c0 : tensor<8x32xf32> -> !tile.topk<8, 5>
  %p, %q = tile.topk_threshold %k0 : !tile.topk<8, 5> -> tensor<8xf32>, tensor<8xi32>
  %r, %s = tile.topk_threshold %k1 : !tile.topk<8, 5> -> tensor<8xf32>, tensor<8xi32>
  %sum = arith.addf %p, %r : tensor<8xf32>
  tile.store %sum, %y[%i] : tensor<8xf32>, !tile.view<?xf32>
  tile.return
}

// -----

tile.kernel @either grid(%i) (%x: !tile.view<?x32xf32>, %y: !tile.view<?xf32>) {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%i, %c0] : !tile.view<?x32xf32> -> tensor<8x32xf32>
  %k0 = tile.topk_init : !tile.topk<8, 5>
  %first = arith.cmpi eq, %i, %c0 : index
  // expected-error@+1 {{'scf.if' op chooses between selections: cannot be compiled for CUDA yet}}
  %k1 = scf.if %first -> (!tile.topk<8, 5>) {
    %k2 = tile.topk_update %k0, %t at %c0 : tensor<8x32xf32> -> !tile.topk<8, 5>
    scf.yield %k2 : !tile.topk<8, 5>
  } else {
    %k3 = tile.topk_init : !tile.topk<8, 5>
    scf.yield %k3 : !tile.topk<8, 5>
  }
  %p, %q = tile.topk_threshold %k1 : !tile.topk<8, 5> -> tensor<8xf32>, tensor<8xi32>
  tile.store %p, %y[%i] : tensor<8xf32>, !tile.view<?xf32>
  tile.return
}
