module attributes {tile.target = #tile.target<mma_rows = 128, mma_cols = 256, mma_depth = 64, attention_rows = 192, attention_cols = 128, stream_rows = 64, fold_heads = false, stages = 4, staging_bytes = 206848>} {
tile.kernel @packed_attention grid(%item, %h) (%q: !tile.view<?x16x128xbf16>, %k: !tile.view<?x16x128xbf16>, %v: !tile.view<?x16x128xbf16>, %work: !tile.view<?x8xi32>, %o: !tile.view<?x16x128xbf16>, %lse: !tile.view<?x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %c128 = arith.constant 128 : index
  %c192 = arith.constant 192 : index
  %q0 = tile.scalar %work[%item, %c0] : !tile.view<?x8xi32> -> index
  %q1 = tile.scalar %work[%item, %c1] : !tile.view<?x8xi32> -> index
  %k0 = tile.scalar %work[%item, %c2] : !tile.view<?x8xi32> -> index
  %k1 = tile.scalar %work[%item, %c3] : !tile.view<?x8xi32> -> index
  %diagonal = tile.scalar %work[%item, %c4] : !tile.view<?x8xi32> -> index
  %qt = tile.load %q[%q0, %h, %c0] rows(%q0 to %q1) dropped [1] : !tile.view<?x16x128xbf16> -> tensor<192x128xbf16>
  %last = arith.addi %diagonal, %c192 : index
  %hi = arith.minsi %k1, %last : index
  %zero = arith.constant dense<0.0> : tensor<192x128xf32>
  %zerol = arith.constant dense<0.0> : tensor<192xf32>
  %minus = arith.constant dense<0xFF800000> : tensor<192xf32>
  %minus2 = arith.constant dense<0xFF800000> : tensor<192x128xf32>
  %scale = arith.constant dense<0.127517432> : tensor<192x128xf32>
  %acc, %m, %l = scf.for %j = %k0 to %hi step %c128 iter_args(%a0 = %zero, %m0 = %minus, %l0 = %zerol) -> (tensor<192x128xf32>, tensor<192xf32>, tensor<192xf32>) {
    %kt = tile.load %k[%j, %h, %c0] rows(%k0 to %k1) dropped [1] masked : !tile.view<?x16x128xbf16> -> tensor<128x128xbf16>
    %s0 = tile.mma %qt, %kt, %zero transpose_b : tensor<192x128xbf16>, tensor<128x128xbf16> -> tensor<192x128xf32>
    %s = arith.mulf %s0, %scale : tensor<192x128xf32>
    %end = arith.addi %j, %c128 : index
    %over = arith.cmpi sgt, %end, %k1 : index
    %past = arith.cmpi sgt, %end, %diagonal : index
    %edge = arith.ori %over, %past : i1
    %s1 = scf.if %edge -> tensor<192x128xf32> {
      %rows = tile.iota dim 0 : tensor<192x128xi32>
      %cols = tile.iota dim 1 : tensor<192x128xi32>
      %ji = arith.index_cast %j : index to i32
      %di = arith.index_cast %diagonal : index to i32
      %ki = arith.index_cast %k1 : index to i32
      %js = tile.splat %ji : i32 -> tensor<192x128xi32>
      %ds = tile.splat %di : i32 -> tensor<192x128xi32>
      %ks = tile.splat %ki : i32 -> tensor<192x128xi32>
      %key = arith.addi %cols, %js : tensor<192x128xi32>
      %bound = arith.addi %rows, %ds : tensor<192x128xi32>
      %causal = arith.cmpi sle, %key, %bound : tensor<192x128xi32>
      %inside = arith.cmpi slt, %key, %ks : tensor<192x128xi32>
      %seen = arith.andi %causal, %inside : tensor<192x128xi1>
      %masked = arith.select %seen, %s, %minus2 : tensor<192x128xi1>, tensor<192x128xf32>
      scf.yield %masked : tensor<192x128xf32>
    } else {
      scf.yield %s : tensor<192x128xf32>
    }
    %mx = tile.reduce max %s1 dim 1 : tensor<192x128xf32> -> tensor<192xf32>
    %m1 = arith.maximumf %m0, %mx : tensor<192xf32>
    %none = arith.cmpf oeq, %m1, %minus : tensor<192xf32>
    %ms = arith.select %none, %zerol, %m1 : tensor<192xi1>, tensor<192xf32>
    %me = tile.expand %ms dim 1 : tensor<192xf32> -> tensor<192x128xf32>
    %d = arith.subf %s1, %me : tensor<192x128xf32>
    %p = math.exp2 %d : tensor<192x128xf32>
    %da = arith.subf %m0, %ms : tensor<192xf32>
    %a = math.exp2 %da : tensor<192xf32>
    %sum = tile.reduce add %p dim 1 : tensor<192x128xf32> -> tensor<192xf32>
    %la = arith.mulf %l0, %a : tensor<192xf32>
    %l1 = arith.addf %la, %sum : tensor<192xf32>
    %vt = tile.load %v[%j, %h, %c0] rows(%k0 to %k1) dropped [1] : !tile.view<?x16x128xbf16> -> tensor<128x128xbf16>
    %ae = tile.expand %a dim 1 : tensor<192xf32> -> tensor<192x128xf32>
    %scaled = arith.mulf %a0, %ae : tensor<192x128xf32>
    %pb = arith.truncf %p : tensor<192x128xf32> to tensor<192x128xbf16>
    %acc1 = tile.mma %pb, %vt, %scaled : tensor<192x128xbf16>, tensor<128x128xbf16> -> tensor<192x128xf32>
    scf.yield %acc1, %m1, %l1 : tensor<192x128xf32>, tensor<192xf32>, tensor<192xf32>
  }
  %empty = arith.cmpf oeq, %l, %zerol : tensor<192xf32>
  %onel = arith.constant dense<1.0> : tensor<192xf32>
  %inv0 = arith.divf %onel, %l : tensor<192xf32>
  %inv = arith.select %empty, %zerol, %inv0 : tensor<192xi1>, tensor<192xf32>
  %inve = tile.expand %inv dim 1 : tensor<192xf32> -> tensor<192x128xf32>
  %of = arith.mulf %acc, %inve : tensor<192x128xf32>
  %ob = arith.truncf %of : tensor<192x128xf32> to tensor<192x128xbf16>
  tile.store %ob, %o[%q0, %h, %c0] rows(%q0 to %q1) dropped [1] : tensor<192x128xbf16>, !tile.view<?x16x128xbf16>
  %ln2 = arith.constant dense<0.693147181> : tensor<192xf32>
  %l2 = math.log2 %l : tensor<192xf32>
  %ml = arith.addf %m, %l2 : tensor<192xf32>
  %le = arith.mulf %ml, %ln2 : tensor<192xf32>
  tile.store %le, %lse[%q0, %h] rows(%q0 to %q1) dropped [1] : tensor<192xf32>, !tile.view<?x16xf32>
  tile.return
}
}
