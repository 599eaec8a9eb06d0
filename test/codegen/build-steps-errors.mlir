// What has no step list is refused by name.
// RUN: split-file %s %t
// RUN: not longc inspect %t/unplanned.mlir 2>&1 | FileCheck %t/unplanned.mlir
// RUN: not longc inspect %t/too-long.mlir 2>&1 | FileCheck %t/too-long.mlir
// RUN: not longc inspect %t/unknown.mlir 2>&1 | FileCheck %t/unknown.mlir
// RUN: not longc inspect %t/untiled.mlir 2>&1 | FileCheck %t/untiled.mlir
// RUN: not longc inspect %t/unlowered.mlir 2>&1 | FileCheck %t/unlowered.mlir
// RUN: not longc inspect %t/odd-group.mlir 2>&1 | FileCheck %t/odd-group.mlir
// RUN: not longc inspect %t/written-input.mlir 2>&1 | FileCheck %t/written-input.mlir
// RUN: not longc inspect %t/odd-role.mlir 2>&1 | FileCheck %t/odd-role.mlir
// RUN: not longc inspect %t/odd-state.mlir 2>&1 | FileCheck %t/odd-state.mlir
// RUN: not longc inspect %t/two-layouts.mlir 2>&1 | FileCheck %t/two-layouts.mlir

//--- unplanned.mlir
// CHECK: error: buffer has no 'tile.live': expected a function after longc-plan-buffers
// CHECK: @f has no step list
func.func @f(%s: tensor<?x8xi32>) -> tensor<?x8xi32> {
  %list = tile.work_list %s rows = 16 : tensor<?x8xi32> -> tensor<?x8xi32>
  return %list : tensor<?x8xi32>
}

//--- too-long.mlir
// CHECK: error: buffer is used by step 1, its plan says 0 to 0
func.func @f(%s: tensor<?x8xi32>) -> (tensor<?x8xi32>, tensor<?x8xi32>) {
  %list = tile.work_list %s rows = 16 {tile.live = array<i64: 0, 0>} : tensor<?x8xi32> -> tensor<?x8xi32>
  %other = tile.work_list %s rows = 8 {tile.live = array<i64: 1, 1>} : tensor<?x8xi32> -> tensor<?x8xi32>
  return %list, %other : tensor<?x8xi32>, tensor<?x8xi32>
}

//--- unknown.mlir
// CHECK: error: 'arith.addf' op is no step of a host function: expected launches, work lists and sizes, and arithmetic on tensors inside an lm op or a kernel
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = arith.addf %x, %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

//--- untiled.mlir
// CHECK: error: 'lm.sample' op is in no kernel, and no pass makes one of it: an element-wise op needs ElementwiseOpInterface, another row-wise op a place in RowOps (passes/RowTiles.h)
func.func @f(%x: tensor<3x5xf32>, %u: tensor<3xf32>) -> tensor<3xi32> {
  %y = lm.sample %x, %u : (tensor<3x5xf32>, tensor<3xf32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

//--- unlowered.mlir
// CHECK: error: 'lm.linear' op is in no kernel: expected longc-tile-linear, which makes one of it, to have run
// CHECK: hint: lower it first: longc-opt --longc-lower
func.func @f(%x: tensor<3x5xf32>, %w: tensor<4x5xf32>) -> tensor<3x4xf32> {
  %y = lm.linear %x, %w : (tensor<3x5xf32>, tensor<4x5xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

//--- odd-group.mlir
// CHECK: error: 'lm.sample' op is in no kernel, and no pass makes one of it
func.func @f(%x: tensor<3x5xf32>, %u: tensor<3xf32>) -> tensor<3xi32> {
  %g = lm.group -> (tensor<3xi32>) {
    %s = lm.add %x, %x : (tensor<3x5xf32>, tensor<3x5xf32>) -> tensor<3x5xf32>
    %y = lm.sample %s, %u : (tensor<3x5xf32>, tensor<3xf32>) -> tensor<3xi32>
    lm.yield %y : tensor<3xi32>
  }
  return %g : tensor<3xi32>
}

//--- written-input.mlir
// CHECK: error: 'tile.launch' op gives operand 0 to be read, and @writes writes it
tile.kernel @writes grid(%i) (%x: !tile.view<4xf32>, %y: !tile.view<4xf32>) {
  %t = tile.load %y[%i] : !tile.view<4xf32> -> tensor<4xf32>
  tile.store %t, %x[%i] : tensor<4xf32>, !tile.view<4xf32>
  tile.return
}
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c1 = arith.constant 1 : index
  %e = tensor.empty() {tile.live = array<i64: 0, 0>} : tensor<4xf32>
  %y = tile.launch @writes grid(%c1) ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>)
  return %y : tensor<4xf32>
}

//--- odd-role.mlir
// CHECK: error: argument 0 is 'tokens': expected i32 of rank 1, got 'tensor<4xf32>'
func.func @f(%x: tensor<4xf32> {lm.input = "tokens"}) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

//--- odd-state.mlir
// CHECK: error: argument 0 is a state in 'heap': expected rings or pages
func.func @f(%keys: tensor<?x2x32xbf16> {lm.input = "cache_keys", lm.state = "heap"}) -> tensor<?x2x32xbf16> {
  return %keys : tensor<?x2x32xbf16>
}

//--- two-layouts.mlir
// The functions of two precisions share a program's parameters.
// CHECK: {{[0-9]+}}:{{.*}}error: 'lm.parameter' op @w lies otherwise, or has another shape or use, than in a function before: a program has one of each name
// CHECK: @fast has no step list
module {
  lm.parameter @w panels : tensor<32x64xbf16>
  func.func @exact() -> tensor<32x64xbf16> {
    %w = lm.parameter_ref @w : tensor<32x64xbf16>
    return %w : tensor<32x64xbf16>
  }
}
module {
  lm.parameter @w : tensor<32x64xbf16>
  func.func @fast() -> tensor<32x64xbf16> {
    %w = lm.parameter_ref @w : tensor<32x64xbf16>
    return %w : tensor<32x64xbf16>
  }
}
