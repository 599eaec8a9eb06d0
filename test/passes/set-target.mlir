// A module gets the tile sizes of a target: those it asks for, those it has, else the CPU's; so a plain file can be lowered.
// RUN: longc-opt %s --longc-set-target | FileCheck %s --check-prefix=CPU
// RUN: longc-opt %s --longc-set-target=target=cpu | FileCheck %s --check-prefix=CPU
// RUN: longc-opt %s --longc-set-target=target=cuda:sm_90a | FileCheck %s --check-prefix=CUDA
// RUN: longc-opt %s --longc-set-target=target=cuda:sm_90a --longc-set-target | FileCheck %s --check-prefix=CUDA
// RUN: longc-opt %s --longc-lower='method=none precision=exact' | FileCheck %s --check-prefix=LOWERED
// RUN: longc-opt %s --longc-lower='target=cuda:sm_90a' | FileCheck %s --check-prefix=CUDA
// RUN: longc-interpret %s --function f --compare-after 'longc-lower{precision=exact}' --tolerance 1e-6
// RUN: not longc-opt %s --longc-set-target=target=tpu 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not longc-opt %s --longc-tile-linear 2>&1 | FileCheck %s --check-prefix=NONE

// CPU: module attributes {tile.target = #tile.target<mma_rows = 256,
// CUDA: module attributes {tile.target = #tile.target<mma_rows = 128,
// LOWERED: tile.kernel @linear_32x64
// UNKNOWN: error: expected a target of cpu, cuda:sm_90a, got 'tpu'
// NONE: error: expected a 'tile.target' attribute with the target's tile sizes: run longc-set-target first
func.func @f(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>) -> tensor<?x32xf32> {
  %y = lm.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
