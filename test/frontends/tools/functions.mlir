// Functions of a file go through the passes that models go through, with the types that they are written in.
// RUN: rm -rf %t && mkdir %t
// RUN: longc compile %s --variants avx2 --quiet -o %t/app --dump-dir %t/ir --time-passes 2>&1 | FileCheck %s --check-prefix=TIMES
// RUN: longc inspect %t/app --json | FileCheck %s --check-prefix=JSON
// RUN: not longc inspect %s --json 2>&1 | FileCheck %s --check-prefix=NOPROGRAM
// RUN: python3 %S/inputs/replay.py %t/ir longc-opt tiled-cpu=functions-cpu:precision=written avx2=kernels:avx2 | FileCheck %s
// RUN: FileCheck %s --check-prefix=KERNELS < %t/ir/02-tiled-cpu.mlir

// Where the time went: passes, then the stages of the CPU code generator.
// TIMES: LowerState
// TIMES: {{[0-9.]+}} s  of all threads: kernels to vector code
// TIMES: {{[0-9.]+}} s  of all threads: kernels to machine code

// JSON: {"program":{{.*}}"modules":[{"name":"functions",{{.*}}"functions":[{"name":"rotate","precision":"fast","target":"cpu","inputs":["argument0","argument1"],"steps":1,{{.*}}"kernels":["apply_rope_
// NOPROGRAM: error: LC3009: {{.*}} is no program

// CHECK: tiled-cpu: 1
// CHECK: avx2: 1

// Slices, heads, rotation and rounding are one kernel; equal kernels of two functions are one.
// KERNELS: tile.kernel @apply_rope_
// KERNELS: func.func @rotate
// KERNELS: tile.launch @apply_rope_
// KERNELS-NOT: tile.launch
// KERNELS: tile.kernel @linear_gelu_32x64
// KERNELS-NOT: tile.kernel
// KERNELS: func.func @again
// KERNELS-COUNT-2: tile.launch @linear_gelu_32x64
func.func @rotate(%x: tensor<?x96xf32>, %a: tensor<?x32xf32>) -> (tensor<?x2x32xbf16>, tensor<?x1x32xf32>) {
  %qs = lm.slice_columns %x {begin = 0 : i64, end = 64 : i64} : (tensor<?x96xf32>) -> tensor<?x64xf32>
  %q = lm.split_heads %qs : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %qr = lm.apply_rope %q, %a : (tensor<?x2x32xf32>, tensor<?x32xf32>) -> tensor<?x2x32xf32>
  %qb = lm.round %qr : (tensor<?x2x32xf32>) -> tensor<?x2x32xbf16>
  %ks = lm.slice_columns %x {begin = 64 : i64, end = 96 : i64} : (tensor<?x96xf32>) -> tensor<?x32xf32>
  %k = lm.split_heads %ks : (tensor<?x32xf32>) -> tensor<?x1x32xf32>
  return %qb, %k : tensor<?x2x32xbf16>, tensor<?x1x32xf32>
}

func.func @again(%x: tensor<?x64xf32>, %v: tensor<32x64xf32>, %w: tensor<32x64xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>) {
  %h = lm.linear %x, %v : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %y = lm.gelu %h : (tensor<?x32xf32>) -> tensor<?x32xf32>
  %i = lm.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %z = lm.gelu %i : (tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y, %z : tensor<?x32xf32>, tensor<?x32xf32>
}
