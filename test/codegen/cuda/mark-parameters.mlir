// A kernel reads parameters, which nothing that runs before it writes, before it waits for the kernel before it. What is a parameter in one of
// its launches and not in another is none. The same of what a call is given: its inputs but for state that a launch writes, lists of work.
// RUN: longc-opt %s --longc-cuda-mark-parameters | FileCheck %s --check-prefix=MARK
// RUN: longc-opt %s --longc-cuda-mark-parameters --longc-keep-kernels --longc-cuda --longc-cuda-emit -o /dev/null | FileCheck %s

lm.parameter @w : tensor<50x320xbf16>

// MARK: tile.kernel @stored
// MARK: cuda.parameters = array<i64: 1>
// MARK: tile.kernel @made
// MARK-NOT: cuda.parameters
// CHECK-LABEL: stored(
// CHECK: griddepcontrol_launch_dependents();
// CHECK-NOT: griddepcontrol_wait
// CHECK: load_chunk({{.*}}view1.data
// CHECK: griddepcontrol_wait();
// CHECK: load_chunk({{.*}}view0.data
tile.kernel @stored grid(%row, %i) (%x: !tile.view<1x320xbf16>, %w: !tile.view<50x320xbf16>, %y: !tile.view<1x50xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant dense<0.0> : tensor<1x2xf32>
  %a = tile.load %x[%row, %c0] : !tile.view<1x320xbf16> -> tensor<1x320xbf16>
  %column = arith.muli %i, %c2 : index
  %b = tile.load %w[%column, %c0] : !tile.view<50x320xbf16> -> tensor<2x320xbf16>
  %p = tile.mma %a, %b, %zero transpose_b : tensor<1x320xbf16>, tensor<2x320xbf16> -> tensor<1x2xf32>
  tile.store %p, %y[%row, %column] : tensor<1x2xf32>, !tile.view<1x50xf32>
  tile.return
}

// CHECK-LABEL: made(
// CHECK: griddepcontrol_launch_dependents();
// CHECK-NEXT: if (warp_of_grid() >= grid0 * grid1) return;
// CHECK-NEXT: prefetch_rows_of_warp(view1, grid1);
// CHECK-NEXT: griddepcontrol_wait();
// CHECK: load_chunk(
tile.kernel @made grid(%row, %i) (%x: !tile.view<1x320xbf16>, %w: !tile.view<50x320xbf16>, %y: !tile.view<1x50xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant dense<0.0> : tensor<1x2xf32>
  %a = tile.load %x[%row, %c0] : !tile.view<1x320xbf16> -> tensor<1x320xbf16>
  %column = arith.muli %i, %c2 : index
  %b = tile.load %w[%column, %c0] : !tile.view<50x320xbf16> -> tensor<2x320xbf16>
  %p = tile.mma %a, %b, %zero transpose_b : tensor<1x320xbf16>, tensor<2x320xbf16> -> tensor<1x2xf32>
  tile.store %p, %y[%row, %column] : tensor<1x2xf32>, !tile.view<1x50xf32>
  tile.return
}

// A block's scalars of what is given come first, too, and what is computed of them; its tiles wait.
// MARK: tile.kernel @listed
// MARK: cuda.parameters = array<i64: 0, 1>
// MARK: tile.kernel @state
// MARK-NOT: cuda.parameters
// CHECK-LABEL: listed(
// CHECK-NOT: griddepcontrol_wait
// CHECK: *((int *)view0.data
// CHECK: u32({{v[0-9]+}}) / u32({{v[0-9]+}})
// CHECK: griddepcontrol_wait_behind(v
// CHECK: copy_rows<
tile.kernel @listed grid(%i) (%list: !tile.view<?x8xi32>, %t: !tile.view<?x64xf32>, %y: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %first = tile.scalar %list[%i, %c0] : !tile.view<?x8xi32> -> index
  %share = tile.scalar %list[%i, %c1] : !tile.view<?x8xi32> -> index
  %row = arith.divui %first, %share : index
  %x = tile.load %t[%row, %c0] : !tile.view<?x64xf32> -> tensor<1x64xf32>
  %z = arith.addf %x, %x : tensor<1x64xf32>
  tile.store %z, %y[%row, %c0] : tensor<1x64xf32>, !tile.view<?x64xf32>
  tile.return
}

tile.kernel @state grid(%i) (%s: !tile.view<?x64xf32>, %y: !tile.view<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %x = tile.load %s[%i, %c0] : !tile.view<?x64xf32> -> tensor<1x64xf32>
  tile.store %x, %y[%i, %c0] : tensor<1x64xf32>, !tile.view<?x64xf32>
  tile.return
}

func.func @g(%segments: tensor<?x8xi32> {lm.input = "segments"}, %t: tensor<?x64xf32> {lm.input = "temperature"}, %s: tensor<?x64xf32> {lm.input = "cache_keys", lm.state = "rings"})
    -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %c1 = arith.constant 1 : index
  %list = tile.work_list %segments rows = 1 : tensor<?x8xi32> -> tensor<?x8xi32>
  %y = tensor.empty(%c1) : tensor<?x64xf32>
  %0 = tile.launch @listed grid(%c1) ins(%list, %t : tensor<?x8xi32>, tensor<?x64xf32>) outs(%s : tensor<?x64xf32>)
  %1 = tile.launch @state grid(%c1) ins(%s : tensor<?x64xf32>) outs(%y : tensor<?x64xf32>)
  return %0, %1 : tensor<?x64xf32>, tensor<?x64xf32>
}

func.func @f(%x: tensor<1x320xbf16>, %v: tensor<50x320xbf16>, %y: tensor<1x50xf32>) -> (tensor<1x50xf32>, tensor<1x50xf32>, tensor<1x50xf32>) {
  %c1 = arith.constant 1 : index
  %c25 = arith.constant 25 : index
  %w = lm.parameter_ref @w : tensor<50x320xbf16>
  %0 = tile.launch @stored grid(%c1, %c25) ins(%x, %w : tensor<1x320xbf16>, tensor<50x320xbf16>) outs(%y : tensor<1x50xf32>)
  %1 = tile.launch @made grid(%c1, %c25) ins(%x, %w : tensor<1x320xbf16>, tensor<50x320xbf16>) outs(%y : tensor<1x50xf32>)
  %2 = tile.launch @made grid(%c1, %c25) ins(%x, %v : tensor<1x320xbf16>, tensor<50x320xbf16>) outs(%y : tensor<1x50xf32>)
  return %0, %1, %2 : tensor<1x50xf32>, tensor<1x50xf32>, tensor<1x50xf32>
}
