// Every dump of a compilation says how to go on from it, and the way on leads where the compiler went.
// RUN: rm -rf %t && mkdir %t
// RUN: longc compile %S/../../golden/fot_tiny.gguf --method fot --mem-layers 0,2 --topk 3 --variants avx2 --quiet -o %t/app --dump-dir %t/all --dump-after-each
// RUN: python3 %S/inputs/replay.py %t/all longc-opt tiled-fast=model:precision=fast tiled-exact=model:precision=exact tiled-=-:longc-plan-buffers avx2=kernels:avx2 | FileCheck %s
// RUN: longc inspect %t/all/*-tiled-fast.mlir | FileCheck %s --check-prefix=STEPS
// RUN: cat %t/all/*-kernels.mlir | FileCheck %s --check-prefix=SHARED
// RUN: longc-interpret %t/all/0*-fuse-qkv.mlir --function decode --round | FileCheck %s --check-prefix=VALUES
//
// What is written beside changes nothing of the program; one kernel alone can be asked for.
// RUN: longc compile %S/../../golden/fot_tiny.gguf --method fot --mem-layers 0,2 --topk 3 --variants avx2 --quiet -o %t/plain
// RUN: cmp %t/app %t/plain
// RUN: longc compile %S/../../golden/fot_tiny.gguf --variants avx2 --quiet -o %t/app --dump-dir %t/one --dump-after-each --only-kernel linear_swiglu
// RUN: cat %t/one/*-tiled-exact.mlir | FileCheck %s --check-prefix=ONE
// RUN: FileCheck %s --check-prefix=CODE < %t/one/avx2.s
// RUN: not ls %t/one/01-model.mlir
// RUN: longc compile %S/../../golden/fot_tiny.gguf --variants avx2 -o %t/app --dump-dir %t/none --only-kernel embedding_64_exact 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not longc compile %S/../../golden/fot_tiny.gguf -o %t/app --only-kernel swiglu 2>&1 | FileCheck %s --check-prefix=NEEDS

// CHECK: tiled-fast: 1
// CHECK: tiled-exact: 1
// CHECK: tiled-: {{[3-9][0-9]}}
// CHECK: avx2: 1
// STEPS: prefill
// A kernel that both precisions have is compiled once.
// SHARED-NOT: @embedding_64_exact
// SHARED: tile.kernel @embedding_64_fast
// SHARED-NOT: @embedding_64_exact
// VALUES: result 0
// ONE: tile.kernel @{{.*}}swiglu
// ONE-NOT: func.func
// ONE-NOT: tile.kernel
// CODE: longc_{{.*}}swiglu
// CODE-NOT: longc_{{.*}}rms_norm{{.*}}:
// NONE: note: no kernel has 'embedding_64_exact' in its name; one that several precisions share is called after the first of them, fast
// NEEDS: error: LC1001: --only-kernel requires --dump-dir
