// A lowered function as the list of steps that the runtime runs.
// RUN: longc inspect %s | FileCheck %s

lm.parameter @table : !lm.quantized<32x64, q4_1>
lm.parameter @weight : tensor<64x64xbf16>

tile.kernel @embed grid(%i) (%ids: !tile.view<?xi32>, %w: !tile.view<32x64x!tile.quantized<q4_1>>, %y: !tile.view<?x64xf32>) {
  tile.return
}
tile.kernel @append grid(%item) (%x: !tile.view<?x64xf32>, %list: !tile.view<?x8xi32>, %ring: index, %keys: !tile.view<?x2x32xbf16>) {
  tile.return
}
tile.kernel @product grid(%i, %j) (%x: !tile.view<?x64xf32>, %w: !tile.view<64x64xbf16>, %y: !tile.view<?x64xf32>) {
  tile.return
}

// Sizes are expressions of the inputs' sizes; the list of work has a row a started block of 16 rows at most, and one a
// sequence. The residual stream is one buffer: the product updates it in place, and it lives from step 0 to the end.
// No state is made of what the products give: they are left out where no row of the result is asked for.
// CHECK-LABEL: function prefill.fast for any target
// CHECK-NEXT:   symbol items1 <= floordiv(tokens, 16) + sequences
// CHECK-NEXT:   buffer 0: input tokens, i32[tokens]
// CHECK-NEXT:   buffer 1: input segments, i32[sequences, 8]
// CHECK-NEXT:   buffer 2: state cache_keys of layer 3 in rings, bf16[cache_keys.0, 2, 32]
// CHECK-NEXT:   buffer 3: page table, i32[page_table.0, page_table.1]
// CHECK-NEXT:   buffer 4: parameter table, q4_1[32, 64]
// CHECK-NEXT:   buffer 5: parameter weight, bf16[64, 64]
// CHECK-NEXT:   buffer 6: arena, steps 0 to 4, f32[tokens, 64]
// CHECK-NEXT:   buffer 7: arena, steps 1 to 2, i32[items1, 8]
// CHECK-NEXT:   buffer 8: arena, steps 3 to 4, f32[tokens, 64]
// CHECK-NEXT:   step 0: launch embed grid (ceildiv(tokens, 4)) on buffer 0, buffer 4 into buffer 6  // model.embed_tokens
// CHECK-NEXT:   step 1: list work of buffer 1 by 16 rows into buffer 7, items1 rows
// CHECK-NEXT:   step 2: launch append grid (items1) on buffer 6, buffer 7, floordiv(cache_keys.0, page_table.0) into buffer 2
// CHECK-NEXT:   step 3: launch product grid (ceildiv(tokens, 16), 2) on buffer 6, buffer 5 into buffer 8, for results alone
// CHECK-NEXT:   step 4: launch product grid (ceildiv(tokens, 16), 2) on buffer 8, buffer 5 into buffer 6, for results alone
// CHECK-NEXT:   results: buffer 6, buffer 2
func.func @prefill(%ids: tensor<?xi32> {lm.input = "tokens"}, %segments: tensor<?x8xi32> {lm.input = "segments"},
                   %keys: tensor<?x2x32xbf16> {lm.input = "cache_keys", lm.layer = 3 : i64, lm.state = "rings"},
                   %pages: tensor<?x?xi32> {lm.input = "page_table"}) -> (tensor<?x64xf32>, tensor<?x2x32xbf16>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : index
  %w = lm.parameter_ref @table : !lm.quantized<32x64, q4_1>
  %m = lm.parameter_ref @weight : tensor<64x64xbf16>
  %n = tensor.dim %ids, %c0 : tensor<?xi32>
  %e = tensor.empty(%n) {tile.live = array<i64: 0, 4>} : tensor<?x64xf32>
  %fours = arith.ceildivui %n, %c4 : index
  %x = tile.launch @embed grid(%fours) ins(%ids, %w : tensor<?xi32>, !lm.quantized<32x64, q4_1>) outs(%e : tensor<?x64xf32>) loc("model.embed_tokens")
  %list = tile.work_list %segments rows = 16 {tile.live = array<i64: 1, 2>} : tensor<?x8xi32> -> tensor<?x8xi32>
  %items = tensor.dim %list, %c0 : tensor<?x8xi32>
  %rows = tensor.dim %keys, %c0 : tensor<?x2x32xbf16>
  %slots = tensor.dim %pages, %c0 : tensor<?x?xi32>
  %ring = arith.divui %rows, %slots : index
  %kept = tile.launch @append grid(%items) ins(%x, %list, %ring : tensor<?x64xf32>, tensor<?x8xi32>, index) outs(%keys : tensor<?x2x32xbf16>)
  %m0 = tensor.dim %x, %c0 : tensor<?x64xf32>
  %e1 = tensor.empty(%m0) {tile.live = array<i64: 3, 4>} : tensor<?x64xf32>
  %blocks = arith.ceildivui %m0, %c16 : index
  %y = tile.launch @product grid(%blocks, %c2) ins(%x, %m : tensor<?x64xf32>, tensor<64x64xbf16>) outs(%e1 : tensor<?x64xf32>)
  %z = tile.launch @product grid(%blocks, %c2) ins(%y, %m : tensor<?x64xf32>, tensor<64x64xbf16>) outs(%x : tensor<?x64xf32>)
  return %z, %kept : tensor<?x64xf32>, tensor<?x2x32xbf16>
}

// Attention over plain boundaries of packed documents: two lists of boundaries make the list of work.
// CHECK-LABEL: function packed.fast for any target
// CHECK-NEXT:   symbol items0 <= floordiv(argument0.0, 16) + argument1.0
// CHECK:        step 0: list work of buffer 1 and buffer 2 by 16 rows into buffer 3, items0 rows
// CHECK-NEXT:   results: buffer 3
func.func @packed(%q: tensor<?x64xf32>, %starts: tensor<?xi32>, %keys: tensor<?xi32>) -> tensor<?x8xi32> {
  %list = tile.work_list %starts keys %keys rows = 16 {tile.live = array<i64: 0, 0>} : tensor<?xi32>, tensor<?xi32> -> tensor<?x8xi32>
  return %list : tensor<?x8xi32>
}

// What a kernel reads and stores is added to; rows that it adds are read. A number goes to it as it is.
// CHECK-LABEL: function accumulate.fast for any target
// CHECK:        step 0: launch embed grid (2) on buffer 0, buffer 1 into buffer 2
// CHECK-NEXT:   step 1: launch scale grid (2) on 0.5 adding to buffer 2
// CHECK-NEXT:   step 2: launch sum grid (2) on buffer 2 adding to buffer 2
func.func @accumulate(%ids: tensor<8xi32> {lm.input = "tokens"}) -> tensor<8x64xf32> {
  %c2 = arith.constant 2 : index
  %half = arith.constant 0.5 : f32
  %w = lm.parameter_ref @table : !lm.quantized<32x64, q4_1>
  %e = tensor.empty() {tile.live = array<i64: 0, 2>} : tensor<8x64xf32>
  %x = tile.launch @embed grid(%c2) ins(%ids, %w : tensor<8xi32>, !lm.quantized<32x64, q4_1>) outs(%e : tensor<8x64xf32>)
  %y = tile.launch @scale grid(%c2) ins(%half : f32) outs(%x : tensor<8x64xf32>)
  %z = tile.launch @sum grid(%c2) ins(%y : tensor<8x64xf32>) outs(%y : tensor<8x64xf32>)
  return %z : tensor<8x64xf32>
}
tile.kernel @scale grid(%i) (%factor: f32, %y: !tile.view<8x64xf32>) {
  %c0 = arith.constant 0 : index
  %t = tile.load %y[%i, %c0] : !tile.view<8x64xf32> -> tensor<4x64xf32>
  %f = tile.splat %factor : f32 -> tensor<4x64xf32>
  %s = arith.mulf %t, %f : tensor<4x64xf32>
  tile.store %s, %y[%i, %c0] : tensor<4x64xf32>, !tile.view<8x64xf32>
  tile.return
}
tile.kernel @sum grid(%i) (%x: !tile.view<8x64xf32>, %y: !tile.view<8x64xf32>) {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%i, %c0] : !tile.view<8x64xf32> -> tensor<4x64xf32>
  tile.store %t, %y[%i, %c0] accumulate : tensor<4x64xf32>, !tile.view<8x64xf32>
  tile.return
}

// Products in a loop over anything but rows (of kernels, which stand behind all functions): nobody knows how many.
// CHECK-LABEL: function unknown.fast for any target
func.func @unknown(%q: tensor<4x32xbf16>, %k: tensor<?x32xbf16>) -> tensor<4x16xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rank = tensor.dim %k, %c0 : tensor<?x32xbf16>
  %e = tensor.empty() {tile.live = array<i64: 0, 1>} : tensor<4x16xf32>
  %s = tile.launch @rank grid(%c1) ins(%q, %k, %rank : tensor<4x32xbf16>, tensor<?x32xbf16>, index) outs(%e : tensor<4x16xf32>)
  %t = tile.launch @tiles grid(%c1) ins(%q, %k : tensor<4x32xbf16>, tensor<?x32xbf16>) outs(%s : tensor<4x16xf32>)
  return %t : tensor<4x16xf32>
}
tile.kernel @rank grid(%i) (%q: !tile.view<4x32xbf16>, %k: !tile.view<?x32xbf16>, %rank: index, %y: !tile.view<4x16xf32>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant dense<0.0> : tensor<4x16xf32>
  %qt = tile.load %q[%c0, %c0] : !tile.view<4x32xbf16> -> tensor<4x32xbf16>
  %s = scf.for %j = %c0 to %rank step %c16 iter_args(%acc = %zero) -> (tensor<4x16xf32>) {
    %t = tile.load %k[%j, %c0] : !tile.view<?x32xbf16> -> tensor<16x32xbf16>
    %next = tile.mma %qt, %t, %acc transpose_b : tensor<4x32xbf16>, tensor<16x32xbf16> -> tensor<4x16xf32>
    scf.yield %next : tensor<4x16xf32>
  }
  tile.store %s, %y[%c0, %c0] : tensor<4x16xf32>, !tile.view<4x16xf32>
  tile.return
}
tile.kernel @tiles grid(%i) (%q: !tile.view<4x32xbf16>, %k: !tile.view<?x32xbf16>, %y: !tile.view<4x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant dense<0.0> : tensor<4x16xf32>
  %qt = tile.load %q[%c0, %c0] : !tile.view<4x32xbf16> -> tensor<4x32xbf16>
  %n = tile.dim %k, 0 : !tile.view<?x32xbf16>
  %end = arith.ceildivui %n, %c16 : index
  %s = scf.for %j = %c0 to %end step %c1 iter_args(%acc = %zero) -> (tensor<4x16xf32>) {
    %row = arith.muli %j, %c16 : index
    %t = tile.load %k[%row, %c0] : !tile.view<?x32xbf16> -> tensor<16x32xbf16>
    %next = tile.mma %qt, %t, %acc transpose_b : tensor<4x32xbf16>, tensor<16x32xbf16> -> tensor<4x16xf32>
    scf.yield %next : tensor<4x16xf32>
  }
  tile.store %s, %y[%c0, %c0] : tensor<4x16xf32>, !tile.view<4x16xf32>
  tile.return
}

// Products of a block: those in loops of known length, and those of one key where a call tells how many there are; the
// second dimension of the grid divides them.
// CHECK-LABEL: function multiply.fast for any target
// CHECK: kernel        embed{{$}}
// CHECK: kernel        rank{{$}}
// CHECK-NEXT: kernel        tiles{{$}}
// CHECK-NEXT: kernel        keys, a block multiplies bf16: 16384 flops, 1024 a key, keys divided by dimension 1
func.func @multiply(%q: tensor<4x32xbf16>, %k: tensor<?x32xbf16>) -> tensor<4x16xf32> {
  %c2 = arith.constant 2 : index
  %e = tensor.empty() {tile.live = array<i64: 0, 0>} : tensor<4x16xf32>
  %s = tile.launch @keys grid(%c2, %c2) ins(%q, %k : tensor<4x32xbf16>, tensor<?x32xbf16>) outs(%e : tensor<4x16xf32>)
  return %s : tensor<4x16xf32>
}
tile.kernel @keys grid(%i, %part) (%q: !tile.view<4x32xbf16>, %k: !tile.view<?x32xbf16>, %y: !tile.view<4x16xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant dense<0.0> : tensor<4x16xf32>
  %qt = tile.load %q[%c0, %c0] : !tile.view<4x32xbf16> -> tensor<4x32xbf16>
  %n = tile.dim %k, 0 : !tile.view<?x32xbf16>
  %first = arith.muli %part, %c16 : index
  %s = scf.for %j = %c0 to %c4 step %c2 iter_args(%acc = %zero) -> (tensor<4x16xf32>) {
    %t = tile.load %k[%j, %c0] : !tile.view<?x32xbf16> -> tensor<16x32xbf16>
    %next = tile.mma %qt, %t, %acc transpose_b : tensor<4x32xbf16>, tensor<16x32xbf16> -> tensor<4x16xf32>
    %twice = tile.mma %qt, %t, %next transpose_b : tensor<4x32xbf16>, tensor<16x32xbf16> -> tensor<4x16xf32>
    scf.yield %twice : tensor<4x16xf32>
  }
  %r = scf.for %j = %first to %n step %c4 iter_args(%acc = %s) -> (tensor<4x16xf32>) {
    %t = tile.load %k[%j, %c0] : !tile.view<?x32xbf16> -> tensor<16x32xbf16>
    %next = tile.mma %qt, %t, %acc transpose_b : tensor<4x32xbf16>, tensor<16x32xbf16> -> tensor<4x16xf32>
    scf.yield %next : tensor<4x16xf32>
  }
  tile.store %r, %y[%c0, %c0] : tensor<4x16xf32>, !tile.view<4x16xf32>
  tile.return
}
