// What kernels and launches refuse.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// kernel_c2
// expected-error@+1 {{'tile.kernel' op expected kernel arguments to be views or scalars, got 'tensor<4xf32>'}}
tile.kernel @k grid(%i) (%x: tensor<4xf32>) {
  tile.return
}

// -----

// kernel_c1
// expected-error@+1 {{'tile.kernel' op expected at least 2 block arguments for the grid}}
"tile.kernel"() <{grid_rank = 2 : i64, sym_name = "k"}> ({
^bb0(%i: index):
  "tile.return"() : () -> ()
}) : () -> ()

// -----

// kernel_c1
// expected-error@+1 {{'tile.kernel' op expected grid indices of type index, got 'i32'}}
"tile.kernel"() <{grid_rank = 1 : i64, sym_name = "k"}> ({
^bb0(%i: i32):
  "tile.return"() : () -> ()
}) : () -> ()

// -----

tile.kernel @k grid(%i) () {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error@+1 {{'scf.for' op expected 'tile.stages' on a loop, at least 2, got 1 : i64}}
  scf.for %j = %c0 to %i step %c1 {
  } {tile.stages = 1}
  tile.return
}

// -----

func.func @f(%n: index, %y: tensor<4xf32>) {
  // launch_c2
  // expected-error@+1 {{'tile.launch' op expected a tile.kernel named @k}}
  %0 = tile.launch @k grid(%n) outs(%y : tensor<4xf32>)
  return
}

// -----

tile.kernel @k grid(%i, %j) (%y: !tile.view<4xf32>) {
  tile.return
}
func.func @f(%n: index, %y: tensor<4xf32>) {
  // launch_c3
  // expected-error@+1 {{'tile.launch' op expected a grid of rank 2, got 1}}
  %0 = tile.launch @k grid(%n) outs(%y : tensor<4xf32>)
  return
}

// -----

tile.kernel @k grid(%i) (%x: f32, %y: !tile.view<4xf32>) {
  tile.return
}
func.func @f(%n: index, %y: tensor<4xf32>) {
  // launch_c4
  // expected-error@+1 {{'tile.launch' op expected 2 kernel arguments, got 1}}
  %0 = tile.launch @k grid(%n) outs(%y : tensor<4xf32>)
  return
}

// -----

tile.kernel @k grid(%i) (%x: !tile.view<?x8xf32>, %y: !tile.view<4xf32>) {
  tile.return
}
func.func @f(%n: index, %x: tensor<4x9xf32>, %y: tensor<4xf32>) {
  // launch_c5
  // expected-error@+1 {{'tile.launch' op expected kernel argument 0 to fit '!tile.view<?x8xf32>', got 'tensor<4x9xf32>'}}
  %0 = tile.launch @k grid(%n) ins(%x : tensor<4x9xf32>) outs(%y : tensor<4xf32>)
  return
}

// -----

tile.kernel @k grid(%i) (%x: i32, %y: !tile.view<4xf32>) {
  tile.return
}
func.func @f(%n: index, %y: tensor<4xf32>) {
  // launch_c5
  // expected-error@+1 {{'tile.launch' op expected kernel argument 0 to fit 'i32', got 'index'}}
  %0 = tile.launch @k grid(%n) ins(%n : index) outs(%y : tensor<4xf32>)
  return
}

// -----

func.func @f(%n: index, %y: tensor<4xf32>) {
  // launch_c1
  // expected-error@+1 {{'tile.launch' op expected one result of the type of each output}}
  %0 = "tile.launch"(%n, %y) <{kernel = @k, operandSegmentSizes = array<i32: 1, 0, 1>}> : (index, tensor<4xf32>) -> tensor<5xf32>
  return
}
