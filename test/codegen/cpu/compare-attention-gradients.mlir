// Gradients of attention (functions of compare-gradients.mlir): every launch, compiled, equals the interpreter's.
//
// RUN: longc-opt %S/compare-gradients.mlir --longc-differentiate=function=attention -o %t && longc-compare-cpu %t --function=attention_gradient --tokens=300 --sequences=2 --variants=avx2,avx512_bf16 --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
// RUN: longc-opt %S/compare-gradients.mlir --longc-differentiate=function=grouped -o %t && longc-compare-cpu %t --function=grouped_gradient --tokens=150 --sequences=2 --variants=avx2,avx512_bf16 --pass-pipeline='longc-lower{precision=exact}' | FileCheck %s
// RUN: longc-opt %S/compare-gradients.mlir --longc-differentiate=function=window -o %t && longc-compare-cpu %t --function=window_gradient --tokens=300 --sequences=2 --variants=avx2 --pass-pipeline='longc-lower{precision=exact}' | FileCheck %s
// RUN: longc-opt %S/compare-gradients.mlir --longc-differentiate=function=later -o %t && longc-compare-cpu %t --function=later_gradient --tokens=300 --sequences=3 --variants=avx2 --pass-pipeline='longc-lower{precision=exact}' | FileCheck %s
// RUN: longc-opt %S/compare-gradients.mlir --longc-differentiate=function=others -o %t && longc-compare-cpu %t --function=others_gradient --tokens=300 --sequences=4 --variants=avx512_bf16 --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
// RUN: longc-compare-cpu %t --function=others_gradient --tokens=150 --sequences=1 --variants=avx2 --pass-pipeline='longc-lower{precision=exact}' | FileCheck %s
//
// CHECK-NOT: WRONG
// CHECK: {{[1-9][0-9]*}} passed, 0 failed, {{[0-9]+}} skipped
