// Products of a few rows, as decoding several sequences has them: right for any number of rows, and a row's result is the
// same to the last bit whatever other rows there are.
//
// RUN: longc-compare-cpu %s --function=f --tokens=13 --rows-alone --rough-tolerance=1e-5 --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
// RUN: longc-compare-cpu %s --function=f --tokens=11 --rows-alone --rough-tolerance=1e-5 --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
// RUN: longc-compare-cpu %s --function=f --tokens=18 --rows-alone --rough-tolerance=1e-5 --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
// RUN: longc-compare-cpu %s --function=f --tokens=13 --rows-alone --pass-pipeline='longc-lower{precision=exact}' | FileCheck %s
// RUN: longc-compare-cpu %s --function=dense --tokens=13 --rows-alone --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
// Eight rows by a panel are bound by dots: each is one instruction where the processor has it.
// RUN: longc-compare-cpu %s --function=f --tokens=8 --variants=avx512_bf16 --dump-dir %t --pass-pipeline='longc-lower{precision=fast}'
// RUN: FileCheck %s --check-prefix=CODE < %t/avx512_bf16.s
//
// CODE: vpdpwssd
// CODE-NOT: vpmaddwd
// CHECK-NOT: WRONG
// CHECK: {{[1-9][0-9]*}} passed, 0 failed, {{[0-9]+}} skipped
lm.parameter @q8_0 : !lm.quantized<120x96, q8_0>
lm.parameter @q4_0 : !lm.quantized<120x96, q4_0>
lm.parameter @q4_1 : !lm.quantized<120x96, q4_1>
lm.parameter @q4_1f : !lm.quantized<120x96, q4_1f>
lm.parameter @q6_2 : !lm.quantized<120x96, q6_2>
lm.parameter @bf16 : tensor<120x96xbf16>
lm.parameter @f32 : tensor<120x96xf32>
func.func @f(%x: tensor<?x96xf32>) -> (tensor<?x120xf32>, tensor<?x120xf32>, tensor<?x120xf32>, tensor<?x120xf32>, tensor<?x120xf32>) attributes {lm.one_token} {
  %w0 = lm.parameter_ref @q8_0 : !lm.quantized<120x96, q8_0>
  %d0 = lm.dequantize %w0 : (!lm.quantized<120x96, q8_0>) -> tensor<120x96xf32>
  %y0 = lm.linear %x, %d0 : (tensor<?x96xf32>, tensor<120x96xf32>) -> tensor<?x120xf32>
  %w1 = lm.parameter_ref @q4_0 : !lm.quantized<120x96, q4_0>
  %d1 = lm.dequantize %w1 : (!lm.quantized<120x96, q4_0>) -> tensor<120x96xf32>
  %y1 = lm.linear %x, %d1 : (tensor<?x96xf32>, tensor<120x96xf32>) -> tensor<?x120xf32>
  %w2 = lm.parameter_ref @q4_1 : !lm.quantized<120x96, q4_1>
  %d2 = lm.dequantize %w2 : (!lm.quantized<120x96, q4_1>) -> tensor<120x96xf32>
  %y2 = lm.linear %x, %d2 : (tensor<?x96xf32>, tensor<120x96xf32>) -> tensor<?x120xf32>
  %w3 = lm.parameter_ref @q4_1f : !lm.quantized<120x96, q4_1f>
  %d3 = lm.dequantize %w3 : (!lm.quantized<120x96, q4_1f>) -> tensor<120x96xf32>
  %y3 = lm.linear %x, %d3 : (tensor<?x96xf32>, tensor<120x96xf32>) -> tensor<?x120xf32>
  %w4 = lm.parameter_ref @q6_2 : !lm.quantized<120x96, q6_2>
  %d4 = lm.dequantize %w4 : (!lm.quantized<120x96, q6_2>) -> tensor<120x96xf32>
  %y4 = lm.linear %x, %d4 : (tensor<?x96xf32>, tensor<120x96xf32>) -> tensor<?x120xf32>
  return %y0, %y1, %y2, %y3, %y4 : tensor<?x120xf32>, tensor<?x120xf32>, tensor<?x120xf32>, tensor<?x120xf32>, tensor<?x120xf32>
}
func.func @dense(%x: tensor<?x96xf32>) -> (tensor<?x120xf32>, tensor<?x120xf32>) attributes {lm.one_token} {
  %b = lm.parameter_ref @bf16 : tensor<120x96xbf16>
  %w = lm.round %b : (tensor<120x96xbf16>) -> tensor<120x96xf32>
  %y = lm.linear %x, %w : (tensor<?x96xf32>, tensor<120x96xf32>) -> tensor<?x120xf32>
  %f = lm.parameter_ref @f32 : tensor<120x96xf32>
  %z = lm.linear %x, %f : (tensor<?x96xf32>, tensor<120x96xf32>) -> tensor<?x120xf32>
  return %y, %z : tensor<?x120xf32>, tensor<?x120xf32>
}
