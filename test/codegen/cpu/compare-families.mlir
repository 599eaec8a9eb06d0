// What families add to a plain decoder, compiled for each variant that this processor has, equals the interpreter's:
// biases of quantised products that are joined, norms of heads, a window of the newest tokens, factors of wave lengths, scaled
// embeddings, units gated by a gelu.
//
// RUN: longc-opt %s --longc-make-serving -o %t
// RUN: longc-compare-cpu %t --function=prefill --tokens=37 --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
// RUN: longc-compare-cpu %t --function=prefill --tokens=70 --seed=3 --pass-pipeline='longc-lower{method=fot mem-layers=0 precision=exact}' | FileCheck %s
// RUN: longc-compare-cpu %t --function=decode --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
// RUN: longc-compare-cpu %t --function=decode --seed=5 --pass-pipeline='longc-lower{method=fot mem-layers=0 precision=exact}' | FileCheck %s
// RUN: longc-opt %s --longc-make-ingest=mem-layers=0 -o %t.ingest
// RUN: longc-compare-cpu %t.ingest --function=ingest --tokens=37 --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
// RUN: longc-compare-cpu %t.ingest --function=ingest --tokens=70 --seed=9 --pass-pipeline='longc-lower{precision=exact}' | FileCheck %s
//
// CHECK-NOT: WRONG
// CHECK: {{[1-9][0-9]*}} passed, 0 failed

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
lm.parameter @table : tensor<80x64xf32>
lm.parameter @q.weight : !lm.quantized<128x64, q4_1>
lm.parameter @q.bias : tensor<128xf32>
lm.parameter @k.weight : !lm.quantized<64x64, q4_1>
lm.parameter @k.bias : tensor<64xf32>
lm.parameter @v.weight : !lm.quantized<64x64, q4_1>
lm.parameter @v.bias : tensor<64xf32>
lm.parameter @q.norm : tensor<32xf32>
lm.parameter @k.norm : tensor<32xf32>
lm.parameter @gate : !lm.quantized<96x128, q6_2>
lm.parameter @up : !lm.quantized<96x128, q6_2>
lm.parameter @head : !lm.quantized<80x96, q8_0>

func.func @forward(%tokens: tensor<?xi32> {lm.input = "tokens"}, %positions: tensor<?xi32> {lm.input = "positions"},
                   %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> tensor<?x80xf32> {
  %table = lm.parameter_ref @table : tensor<80x64xf32>
  %e = lm.embedding %tokens, %table : (tensor<?xi32>, tensor<80x64xf32>) -> tensor<?x64xf32>
  %x = lm.scale %e {factor = 1.75 : f64} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %wq = lm.parameter_ref @q.weight : !lm.quantized<128x64, q4_1>
  %dq = lm.dequantize %wq : (!lm.quantized<128x64, q4_1>) -> tensor<128x64xf32>
  %bq = lm.parameter_ref @q.bias : tensor<128xf32>
  %q0 = lm.linear %x, %dq bias %bq : (tensor<?x64xf32>, tensor<128x64xf32>, tensor<128xf32>) -> tensor<?x128xf32>
  %q1 = lm.split_heads %q0 : (tensor<?x128xf32>) -> tensor<?x4x32xf32>
  %wk = lm.parameter_ref @k.weight : !lm.quantized<64x64, q4_1>
  %dk = lm.dequantize %wk : (!lm.quantized<64x64, q4_1>) -> tensor<64x64xf32>
  %bk = lm.parameter_ref @k.bias : tensor<64xf32>
  %k0 = lm.linear %x, %dk bias %bk : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %k1 = lm.split_heads %k0 : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %wv = lm.parameter_ref @v.weight : !lm.quantized<64x64, q4_1>
  %dv = lm.dequantize %wv : (!lm.quantized<64x64, q4_1>) -> tensor<64x64xf32>
  %bv = lm.parameter_ref @v.bias : tensor<64xf32>
  %v0 = lm.linear %x, %dv bias %bv : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %v = lm.split_heads %v0 : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %nq = lm.parameter_ref @q.norm : tensor<32xf32>
  %q2 = lm.rms_norm %q1, %nq {epsilon = 1.0e-5 : f64} : (tensor<?x4x32xf32>, tensor<32xf32>) -> tensor<?x4x32xf32>
  %nk = lm.parameter_ref @k.norm : tensor<32xf32>
  %k2 = lm.rms_norm %k1, %nk {epsilon = 1.0e-5 : f64} : (tensor<?x2x32xf32>, tensor<32xf32>) -> tensor<?x2x32xf32>
  %k = lm.rope %k2, %positions {theta = 100.0 : f64, dim = 32 : i64, factors = array<f64: 1.0, 1.0, 1.0, 1.0, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 8.0, 8.0, 8.0, 8.0>} : (tensor<?x2x32xf32>, tensor<?xi32>) -> tensor<?x2x32xf32>
  %q = lm.rope %q2, %positions {theta = 100.0 : f64, dim = 32 : i64, factors = array<f64: 1.0, 1.0, 1.0, 1.0, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 8.0, 8.0, 8.0, 8.0>} : (tensor<?x4x32xf32>, tensor<?xi32>) -> tensor<?x4x32xf32>
  %a:2 = lm.packed_attention %q, %k, %v, %boundaries, %boundaries causal {scale = 0.25 : f64, window = 21 : i64}
    : (tensor<?x4x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
  %m = lm.merge_heads %a#0 : (tensor<?x4x32xf32>) -> tensor<?x128xf32>
  %wg = lm.parameter_ref @gate : !lm.quantized<96x128, q6_2>
  %dg = lm.dequantize %wg : (!lm.quantized<96x128, q6_2>) -> tensor<96x128xf32>
  %g = lm.linear %m, %dg : (tensor<?x128xf32>, tensor<96x128xf32>) -> tensor<?x96xf32>
  %wu = lm.parameter_ref @up : !lm.quantized<96x128, q6_2>
  %du = lm.dequantize %wu : (!lm.quantized<96x128, q6_2>) -> tensor<96x128xf32>
  %u = lm.linear %m, %du : (tensor<?x128xf32>, tensor<96x128xf32>) -> tensor<?x96xf32>
  %f = lm.geglu %g, %u : (tensor<?x96xf32>, tensor<?x96xf32>) -> tensor<?x96xf32>
  %wh = lm.parameter_ref @head : !lm.quantized<80x96, q8_0>
  %dh = lm.dequantize %wh : (!lm.quantized<80x96, q8_0>) -> tensor<80x96xf32>
  %logits = lm.linear %f, %dh : (tensor<?x96xf32>, tensor<80x96xf32>) -> tensor<?x80xf32>
  return %logits : tensor<?x80xf32>
}
}
