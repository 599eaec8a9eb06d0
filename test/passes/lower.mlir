// The whole pipeline: equal layers share kernels, host functions hold launches alone, numbers stay.
// RUN: longc-opt %S/inputs/decoder.mlir.in --longc-lower="method=fot precision=fast" | FileCheck %s
// RUN: longc-opt %S/inputs/decoder.mlir.in --longc-lower="method=fot precision=fast" --verify-roundtrip -o /dev/null
// RUN: longc-opt %S/inputs/decoder.mlir.in --longc-apply-fot="mem-layers=all topk=3" -o %t.fot.mlir
// RUN: longc-opt %t.fot.mlir --longc-choose-precision -o %t.fast.mlir
// RUN: longc-interpret %S/inputs/decoder.mlir.in --function prefill --tokens 37 --compare-after 'longc-lower{precision=exact}' --tolerance 1e-6
// RUN: longc-interpret %t.fot.mlir --function prefill --tokens 37 --compare-after 'longc-lower{precision=exact}' --tolerance 1e-6
// RUN: longc-interpret %t.fot.mlir --function prefill --tokens 61 --seed 2 --sequences 1 --compare-after 'longc-lower{precision=exact}' --tolerance 1e-6
// RUN: longc-interpret %t.fot.mlir --function decode --compare-after 'longc-lower{precision=exact}' --tolerance 1e-6
// Kernels round the weights of attention to the type of the values; the graph does not say so.
// RUN: longc-interpret %t.fast.mlir --function prefill --tokens 37 --compare-after 'longc-lower{precision=exact}' --tolerance 1e-6 --rounding-tolerance 0.5
// RUN: longc-interpret %t.fast.mlir --function decode --tokens 3 --compare-after 'longc-lower{precision=exact}' --tolerance 1e-6 --rounding-tolerance 1.5

// Eleven kernels a function: the second layer brings none.
// CHECK-COUNT-11: tile.kernel @
// CHECK-NOT: tile.kernel @
// CHECK-LABEL: func.func @prefill
// One work list for attention and one for streaming blocks serve all layers.
// CHECK-COUNT-2: tile.work_list
// CHECK-NOT: tile.work_list
// CHECK-NOT: lm.group
// CHECK-NOT: unrealized_conversion_cast
// CHECK: return
// In decoding, attention is two: a part for every split of the keys, and their merge.
// CHECK-COUNT-12: tile.kernel @
// CHECK-NOT: tile.kernel @
// CHECK-LABEL: func.func @decode
// One row a block is one list for both.
// CHECK-COUNT-1: tile.work_list
// CHECK-NOT: tile.work_list
// CHECK-NOT: lm.group
// CHECK: return
