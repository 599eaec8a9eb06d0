// What one pass prints is all that the next one needs: each run by itself on the text of the one before leaves what all together do.
// RUN: longc-opt %S/lower-kernels.mlir --longc-cpu-kernels=variant=avx512_bf16 -o %t.together
// RUN: longc-opt %S/lower-kernels.mlir --longc-cpu-overlap-rows | longc-opt --longc-cpu-choose-products=variant=avx512_bf16 | longc-opt --longc-cpu-relax-floats | longc-opt --longc-cpu-read-ahead | longc-opt --longc-cpu-place-tiles | longc-opt --longc-cpu-pack-operands | longc-opt --longc-cpu-order-rows | longc-opt --longc-cpu-bound-rows | longc-opt --longc-cpu-plan-scratch | longc-opt --longc-cpu-lower-kernels -o %t.alone
// RUN: diff %t.together %t.alone
// RUN: longc-opt %S/overlap-rows.mlir --longc-cpu-kernels=variant=avx512_bf16 -o %t.together
// RUN: longc-opt %S/overlap-rows.mlir --longc-cpu-overlap-rows | longc-opt --longc-cpu-choose-products=variant=avx512_bf16 | longc-opt --longc-cpu-relax-floats | longc-opt --longc-cpu-read-ahead | longc-opt --longc-cpu-place-tiles | longc-opt --longc-cpu-pack-operands | longc-opt --longc-cpu-order-rows | longc-opt --longc-cpu-bound-rows | longc-opt --longc-cpu-plan-scratch | longc-opt --longc-cpu-lower-kernels -o %t.alone
// RUN: diff %t.together %t.alone
// RUN: FileCheck %s --input-file %t.alone

// CHECK: func.func @longc_
// CHECK-NOT: cpu.
