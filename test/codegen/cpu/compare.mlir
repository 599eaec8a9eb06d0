// Every launch of a small decoder with memory, compiled for each variant that this processor has, equals the
// interpreter's; a variant that it lacks is counted as skipped. Odd lengths leave ragged blocks.
//
// RUN: longc-compare-cpu %S/../../passes/inputs/decoder.mlir.in --function=prefill --pass-pipeline='longc-lower{method=fot precision=fast}' | FileCheck %s
// RUN: longc-compare-cpu %S/../../passes/inputs/decoder.mlir.in --function=prefill --tokens=1 --sequences=1 --pass-pipeline='longc-lower{method=fot precision=fast topk=5}' | FileCheck %s
// RUN: longc-compare-cpu %S/../../passes/inputs/decoder.mlir.in --function=prefill --tokens=65 --seed=7 --pass-pipeline='longc-lower{method=fot precision=exact topk=32}' | FileCheck %s
// RUN: longc-compare-cpu %S/../../passes/inputs/decoder.mlir.in --function=decode --pass-pipeline='longc-lower{method=fot precision=fast}' | FileCheck %s
// RUN: longc-compare-cpu %S/../../passes/inputs/decoder.mlir.in --function=decode --adapted --pass-pipeline='longc-lower{precision=fast overlays}' | FileCheck %s
// RUN: longc-compare-cpu %S/../../passes/inputs/decoder.mlir.in --function=prefill --adapted --pass-pipeline='longc-lower{precision=fast overlays}' | FileCheck %s
// RUN: longc-compare-cpu %S/../../passes/inputs/decoder.mlir.in --function=decode --seed=3 --pass-pipeline='longc-lower{method=fot precision=exact}' | FileCheck %s
// The sizes that the CPU target asks for: blocks of rows, ragged key tiles, wide rows.
// RUN: longc-compare-cpu %S/../../../bench/kernels/cpu_layer.mlir --function=prefill --tokens=71 --pass-pipeline='longc-lower{method=fot precision=fast}' | FileCheck %s
//
// CHECK-NOT: WRONG
// CHECK: {{[1-9][0-9]*}} passed, 0 failed, {{[0-9]+}} skipped
