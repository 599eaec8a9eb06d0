// A layer of a Llama with memory runs on random inputs; prefill over a ragged batch, with and without rounding.
// RUN: longc-interpret %s --function prefill --seed 3 | FileCheck %s
// RUN: longc-interpret %s --function prefill --seed 3 --compare-after 'canonicalize,cse' | FileCheck %s --check-prefix=SAME
// RUN: not longc-interpret %s --function prefill --compare-after 'canonicalize' --after-function other --seed 3 | FileCheck %s --check-prefix=OTHER

// CHECK: result 0: 2x48 max={{[0-9.]+}} [
// CHECK: result 1: state of 3 slots,
// CHECK: result 2: state of 3 slots,
// SAME: equal max_error=0
// OTHER: different: result 0 error=

lm.parameter @embed : tensor<48x64xf32>
lm.parameter @norm : tensor<64xf32>
lm.parameter @q : !lm.quantized<64x64, q4_1>
lm.parameter @k : !lm.quantized<32x64, q8_0>
lm.parameter @v : tensor<32x64xf32>
lm.parameter @o : !lm.quantized<64x64, q4_0>
lm.parameter @gate : !lm.quantized<96x64, q4_1>
lm.parameter @up : !lm.quantized<96x64, q4_1>
lm.parameter @down : !lm.quantized<64x96, q4_1>

func.func @prefill(%tokens: tensor<?xi32> {lm.input = "tokens"}, %positions: tensor<?xi32> {lm.input = "positions"},
    %memory_positions: tensor<?xi32> {lm.input = "memory_positions"}, %rows: tensor<?xi32> {lm.input = "rows"},
    %segments: tensor<?x8xi32> {lm.input = "segments"}, %temperature: tensor<1xf32> {lm.input = "temperature"},
    %cache: !lm.cache<2x16xf32> {lm.input = "cache", lm.layer = 0 : i64},
    %memory: !lm.memory<2x16xf32> {lm.input = "memory", lm.layer = 0 : i64})
    -> (tensor<?x48xf32>, !lm.cache<2x16xf32>, !lm.memory<2x16xf32>) {
  %embed = lm.parameter_ref @embed : tensor<48x64xf32>
  %norm = lm.parameter_ref @norm : tensor<64xf32>
  %x = lm.embedding %tokens, %embed : (tensor<?xi32>, tensor<48x64xf32>) -> tensor<?x64xf32>
  %h = lm.rms_norm %x, %norm {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %wq = lm.parameter_ref @q : !lm.quantized<64x64, q4_1>
  %wk = lm.parameter_ref @k : !lm.quantized<32x64, q8_0>
  %wv = lm.parameter_ref @v : tensor<32x64xf32>
  %wo = lm.parameter_ref @o : !lm.quantized<64x64, q4_0>
  %wqd = lm.dequantize %wq : (!lm.quantized<64x64, q4_1>) -> tensor<64x64xf32>
  %wkd = lm.dequantize %wk : (!lm.quantized<32x64, q8_0>) -> tensor<32x64xf32>
  %wod = lm.dequantize %wo : (!lm.quantized<64x64, q4_0>) -> tensor<64x64xf32>
  %q0 = lm.linear %h, %wqd : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %k0 = lm.linear %h, %wkd : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %v0 = lm.linear %h, %wv : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  %q = lm.split_heads %q0 : (tensor<?x64xf32>) -> tensor<?x4x16xf32>
  %k = lm.split_heads %k0 : (tensor<?x32xf32>) -> tensor<?x2x16xf32>
  %v = lm.split_heads %v0 : (tensor<?x32xf32>) -> tensor<?x2x16xf32>
  %qr = lm.rope %q, %positions {theta = 1.0e4 : f64, dim = 16 : i64} : (tensor<?x4x16xf32>, tensor<?xi32>) -> tensor<?x4x16xf32>
  %kr = lm.rope %k, %positions {theta = 1.0e4 : f64, dim = 16 : i64} : (tensor<?x2x16xf32>, tensor<?xi32>) -> tensor<?x2x16xf32>
  %qm = lm.rope %q, %memory_positions {theta = 1.0e4 : f64, dim = 16 : i64} : (tensor<?x4x16xf32>, tensor<?xi32>) -> tensor<?x4x16xf32>
  %cache1 = lm.cache_append %cache, %kr, %v, %segments : (!lm.cache<2x16xf32>, tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?x8xi32>) -> !lm.cache<2x16xf32>
  %memory1 = lm.memory_append %memory, %k, %v, %segments : (!lm.memory<2x16xf32>, tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?x8xi32>) -> !lm.memory<2x16xf32>
  %o1, %l1 = lm.window_attention %qr, %cache1, %segments {scale = 0.25 : f64} : (tensor<?x4x16xf32>, !lm.cache<2x16xf32>, tensor<?x8xi32>) -> (tensor<?x4x16xf32>, tensor<4x?xf32>)
  %o2, %l2 = lm.knn_attention %qm, %memory1, %segments temperature %temperature {scale = 0.25 : f64} : (tensor<?x4x16xf32>, !lm.memory<2x16xf32>, tensor<?x8xi32>, tensor<1xf32>) -> (tensor<?x4x16xf32>, tensor<4x?xf32>)
  %o, %l = lm.merge_attention (%o1, %o2), (%l1, %l2) : (tensor<?x4x16xf32>, tensor<?x4x16xf32>, tensor<4x?xf32>, tensor<4x?xf32>) -> (tensor<?x4x16xf32>, tensor<4x?xf32>)
  %om = lm.merge_heads %o : (tensor<?x4x16xf32>) -> tensor<?x64xf32>
  %y0 = lm.linear %om, %wod : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %x1 = lm.add %x, %y0 : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %h1 = lm.rms_norm %x1, %norm {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %wg = lm.parameter_ref @gate : !lm.quantized<96x64, q4_1>
  %wu = lm.parameter_ref @up : !lm.quantized<96x64, q4_1>
  %wd = lm.parameter_ref @down : !lm.quantized<64x96, q4_1>
  %wgd = lm.dequantize %wg : (!lm.quantized<96x64, q4_1>) -> tensor<96x64xf32>
  %wud = lm.dequantize %wu : (!lm.quantized<96x64, q4_1>) -> tensor<96x64xf32>
  %wdd = lm.dequantize %wd : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %g = lm.linear %h1, %wgd : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32>
  %u = lm.linear %h1, %wud : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32>
  %a = lm.swiglu %g, %u : (tensor<?x96xf32>, tensor<?x96xf32>) -> tensor<?x96xf32>
  %d = lm.linear %a, %wdd : (tensor<?x96xf32>, tensor<64x96xf32>) -> tensor<?x64xf32>
  %x2 = lm.add %x1, %d : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %xr = lm.gather_rows %x2, %rows : (tensor<?x64xf32>, tensor<?xi32>) -> tensor<?x64xf32>
  %n = lm.rms_norm %xr, %norm {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %logits = lm.linear %n, %embed : (tensor<?x64xf32>, tensor<48x64xf32>) -> tensor<?x48xf32>
  return %logits, %cache1, %memory1 : tensor<?x48xf32>, !lm.cache<2x16xf32>, !lm.memory<2x16xf32>
}

// The same signature, another result: a comparison must notice.
func.func @other(%tokens: tensor<?xi32> {lm.input = "tokens"}, %positions: tensor<?xi32> {lm.input = "positions"},
    %memory_positions: tensor<?xi32> {lm.input = "memory_positions"}, %rows: tensor<?xi32> {lm.input = "rows"},
    %segments: tensor<?x8xi32> {lm.input = "segments"}, %temperature: tensor<1xf32> {lm.input = "temperature"},
    %cache: !lm.cache<2x16xf32> {lm.input = "cache", lm.layer = 0 : i64},
    %memory: !lm.memory<2x16xf32> {lm.input = "memory", lm.layer = 0 : i64})
    -> (tensor<?x48xf32>, !lm.cache<2x16xf32>, !lm.memory<2x16xf32>) {
  %embed = lm.parameter_ref @embed : tensor<48x64xf32>
  %x = lm.embedding %tokens, %embed : (tensor<?xi32>, tensor<48x64xf32>) -> tensor<?x64xf32>
  %xr = lm.gather_rows %x, %rows : (tensor<?x64xf32>, tensor<?xi32>) -> tensor<?x64xf32>
  %logits = lm.linear %xr, %embed : (tensor<?x64xf32>, tensor<48x64xf32>) -> tensor<?x48xf32>
  return %logits, %cache, %memory : tensor<?x48xf32>, !lm.cache<2x16xf32>, !lm.memory<2x16xf32>
}
