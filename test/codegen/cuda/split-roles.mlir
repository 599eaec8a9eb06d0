// RUN: longc-opt %s --longc-cuda-assign-layouts --longc-cuda-split-roles | FileCheck %s
// RUN: not longc-opt %s --longc-cuda-assign-layouts --longc-cuda-split-roles=shared-bytes=60000 2>&1 | FileCheck %s --check-prefix=SMALL

// SMALL: 'tile.kernel' op needs 114816 bytes of shared memory, the target has 60000

// Both operands get a ring of the loop's stages; the producer copies, the two consumers wait for a tile where they first
// use it and give it back after its last use.
// CHECK-LABEL: cuda.kernel @product_in_a_loop
// CHECK-SAME: consumers = 2
// CHECK-SAME: tensor_maps = [#cuda.tensor_map<operand = 0, box = [128, 64]>, #cuda.tensor_map<operand = 1, box = [64, 64]>]
// CHECK: %[[A:.*]] = cuda.ring "tile0" : <4, tensor<128x64xbf16
// CHECK: %[[B:.*]] = cuda.ring "tile1" : <4, tensor<64x64xbf16
// CHECK: cuda.roles producer
// CHECK: scf.for
// CHECK: scf.for
// CHECK-NEXT: cuda.produce %[[A]], {{.*}}cache = "evict_normal"
// CHECK-NEXT: cuda.produce %[[B]]
// CHECK: consumer
// CHECK: scf.for {{.*}} iter_args
// CHECK-DAG: %[[TA:.*]] = cuda.acquire %[[A]]
// CHECK-DAG: %[[TB:.*]] = cuda.acquire %[[B]]
// CHECK: tile.mma %[[TA]], %[[TB]]
// CHECK-NEXT: cuda.release %[[A]], %[[TA]]
// CHECK-NEXT: cuda.release %[[B]], %[[TB]]
tile.kernel @product_in_a_loop grid(%i, %j) (%x: !tile.view<?x256xbf16>, %w: !tile.view<512x256xbf16>, %y: !tile.view<?x512xf32>) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c128 = arith.constant 128 : index
  %c256 = arith.constant 256 : index
  %row = arith.muli %i, %c128 : index
  %col = arith.muli %j, %c64 : index
  %zero = arith.constant dense<0.0> : tensor<128x64xf32>
  %acc = scf.for %k = %c0 to %c256 step %c64 iter_args(%a = %zero) -> (tensor<128x64xf32>) {
    %at = tile.load %x[%row, %k] asynchronous : !tile.view<?x256xbf16> -> tensor<128x64xbf16>
    %bt = tile.load %w[%col, %k] asynchronous : !tile.view<512x256xbf16> -> tensor<64x64xbf16>
    %s = tile.mma %at, %bt, %a transpose_b : tensor<128x64xbf16>, tensor<64x64xbf16> -> tensor<128x64xf32>
    scf.yield %s : tensor<128x64xf32>
  } {tile.stages = 4}
  tile.store %acc, %y[%row, %col] : tensor<128x64xf32>, !tile.view<?x512xf32>
  tile.return
}

// A loop that says nothing has one tile in flight.
// CHECK-LABEL: cuda.kernel @one_stage
// CHECK-SAME: shared_bytes = 32800
// CHECK: cuda.ring "tile0" : <1, tensor<64x64xbf16
// CHECK: cuda.ring "tile1" : <1, tensor<128x64xbf16
tile.kernel @one_stage grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<512x64xbf16>, %y: !tile.view<?x128xf32>) {
  %c0 = arith.constant 0 : index
  %c128 = arith.constant 128 : index
  %c512 = arith.constant 512 : index
  %zero = arith.constant dense<0.0> : tensor<64x128xf32>
  %at = tile.load %x[%i, %c0] : !tile.view<?x64xbf16> -> tensor<64x64xbf16>
  %acc = scf.for %k = %c0 to %c512 step %c128 iter_args(%a = %zero) -> (tensor<64x128xf32>) {
    %bt = tile.load %w[%k, %c0] : !tile.view<512x64xbf16> -> tensor<128x64xbf16>
    %s = tile.mma %at, %bt, %a transpose_b : tensor<64x64xbf16>, tensor<128x64xbf16> -> tensor<64x128xf32>
    scf.yield %s : tensor<64x128xf32>
  }
  tile.store %acc, %y[%i, %c0] : tensor<64x128xf32>, !tile.view<?x128xf32>
  tile.return
}

// Rows of a work list differ in cost: the thread blocks draw theirs. A masked tile keeps what the copy brings.
// CHECK-LABEL: cuda.kernel @ragged
// CHECK: ^bb0({{.*}}, %[[COUNTERS:.*]]: !cuda.pointer<i32>, %{{.*}}: index)
// CHECK: producer
// CHECK: cuda.draw %[[COUNTERS]] below
// CHECK: consumer
// CHECK: cuda.draw %[[COUNTERS]] below
// CHECK: cuda.acquire %{{[^ ]*}} rows
// CHECK: cuda.acquire %{{[^ ]*}} :
tile.kernel @ragged grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<?x64xbf16>, %work: !tile.view<?x8xi32>, %y: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %begin = tile.scalar %work[%i, %c0] : !tile.view<?x8xi32> -> index
  %end = tile.scalar %work[%i, %c1] : !tile.view<?x8xi32> -> index
  %at = tile.load %x[%begin, %c0] rows(%begin to %end) : !tile.view<?x64xbf16> -> tensor<64x64xbf16>
  %bt = tile.load %w[%begin, %c0] rows(%begin to %end) masked : !tile.view<?x64xbf16> -> tensor<64x64xbf16>
  %s = tile.mma %at, %bt, %zero transpose_b : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
  tile.store %s, %y[%begin, %c0] rows(%begin to %end) : tensor<64x64xf32>, !tile.view<?x64xf32>
  tile.return
}

// A loop may carry scalars beside tiles, and scalars may come out of loops: the producer computes them, too, and nothing else.
// CHECK-LABEL: cuda.kernel @carried_scalar
// CHECK: producer
// CHECK: %[[COUNT:.*]] = scf.for {{.*}} iter_args({{.*}}) -> (index)
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[COUNT]] {{.*}} iter_args(%[[AT:.*]] = %{{.*}}) -> (index)
// CHECK: cuda.produce %{{.*}}[%[[AT]],
// CHECK: %[[NEXT:.*]] = arith.addi
// CHECK: scf.yield %[[NEXT]] : index
// CHECK-NOT: tile.mma
// CHECK: consumer
// CHECK: scf.for {{.*}} -> (tensor<64x64xf32
tile.kernel @carried_scalar grid(%i) (%x: !tile.view<?x64xbf16>, %w: !tile.view<?x64xbf16>, %steps: !tile.view<?xi32>, %y: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tile.dim %steps, 0 : !tile.view<?xi32>
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %count = scf.for %j = %c0 to %n step %c1 iter_args(%sum = %c0) -> (index) {
    %more = tile.scalar %steps[%j] : !tile.view<?xi32> -> index
    %next = arith.addi %sum, %more : index
    scf.yield %next : index
  }
  %at = tile.load %x[%i, %c0] : !tile.view<?x64xbf16> -> tensor<64x64xbf16>
  %acc, %end = scf.for %j = %c0 to %count step %c1 iter_args(%a = %zero, %row = %c0) -> (tensor<64x64xf32>, index) {
    %bt = tile.load %w[%row, %c0] : !tile.view<?x64xbf16> -> tensor<64x64xbf16>
    %s = tile.mma %at, %bt, %a transpose_b : tensor<64x64xbf16>, tensor<64x64xbf16> -> tensor<64x64xf32>
    %step = tile.scalar %steps[%j] : !tile.view<?xi32> -> index
    %next = arith.addi %row, %step : index
    scf.yield %s, %next : tensor<64x64xf32>, index
  }
  tile.store %acc, %y[%i, %c0] : tensor<64x64xf32>, !tile.view<?x64xf32>
  tile.return
}
