// One decoder layer of the sizes of SmolLM2-135M with a small vocabulary, as models/ builds it.
module {
lm.parameter @embed : !lm.quantized<960x576, q8_0>
lm.parameter @norm : tensor<576xf32>
lm.parameter @n1 : tensor<576xf32>
lm.parameter @q : !lm.quantized<576x576, q4_1>
lm.parameter @k : !lm.quantized<192x576, q4_1>
lm.parameter @v : !lm.quantized<192x576, q4_1>
lm.parameter @o : !lm.quantized<576x576, q4_1>
lm.parameter @n2 : tensor<576xf32>
lm.parameter @gate : !lm.quantized<1536x576, q4_1>
lm.parameter @up : !lm.quantized<1536x576, q4_1>
lm.parameter @down : !lm.quantized<576x1536, q4_1>
func.func @prefill(%tokens: tensor<?xi32> {lm.input = "tokens"}, %positions: tensor<?xi32> {lm.input = "positions"}, %rows: tensor<?xi32> {lm.input = "rows"}, %segments: tensor<?x8xi32> {lm.input = "segments"}, %cache0: !lm.cache<3x64xf32> {lm.input = "cache", lm.layer = 0 : i64}) -> (tensor<?x960xf32>, !lm.cache<3x64xf32>) {
  %r1 = lm.parameter_ref @embed : !lm.quantized<960x576, q8_0>
  %r2 = lm.embedding %tokens, %r1 : (tensor<?xi32>, !lm.quantized<960x576, q8_0>) -> tensor<?x576xf32>
  %r3 = lm.parameter_ref @n1 : tensor<576xf32>
  %r4 = lm.rms_norm %r2, %r3 {epsilon = 1.0e-5 : f64} : (tensor<?x576xf32>, tensor<576xf32>) -> tensor<?x576xf32>
  %r5 = lm.parameter_ref @q : !lm.quantized<576x576, q4_1>
  %r6 = lm.dequantize %r5 : (!lm.quantized<576x576, q4_1>) -> tensor<576x576xf32>
  %r7 = lm.linear %r4, %r6 : (tensor<?x576xf32>, tensor<576x576xf32>) -> tensor<?x576xf32>
  %r8 = lm.split_heads %r7 : (tensor<?x576xf32>) -> tensor<?x9x64xf32>
  %r9 = lm.parameter_ref @k : !lm.quantized<192x576, q4_1>
  %r10 = lm.dequantize %r9 : (!lm.quantized<192x576, q4_1>) -> tensor<192x576xf32>
  %r11 = lm.linear %r4, %r10 : (tensor<?x576xf32>, tensor<192x576xf32>) -> tensor<?x192xf32>
  %r12 = lm.split_heads %r11 : (tensor<?x192xf32>) -> tensor<?x3x64xf32>
  %r13 = lm.parameter_ref @v : !lm.quantized<192x576, q4_1>
  %r14 = lm.dequantize %r13 : (!lm.quantized<192x576, q4_1>) -> tensor<192x576xf32>
  %r15 = lm.linear %r4, %r14 : (tensor<?x576xf32>, tensor<192x576xf32>) -> tensor<?x192xf32>
  %r16 = lm.split_heads %r15 : (tensor<?x192xf32>) -> tensor<?x3x64xf32>
  %r17 = lm.rope %r12, %positions {dim = 64 : i64, theta = 1.0e5 : f64} : (tensor<?x3x64xf32>, tensor<?xi32>) -> tensor<?x3x64xf32>
  %r18 = lm.cache_append %cache0, %r17, %r16, %segments : (!lm.cache<3x64xf32>, tensor<?x3x64xf32>, tensor<?x3x64xf32>, tensor<?x8xi32>) -> !lm.cache<3x64xf32>
  %r19 = lm.rope %r8, %positions {dim = 64 : i64, theta = 1.0e5 : f64} : (tensor<?x9x64xf32>, tensor<?xi32>) -> tensor<?x9x64xf32>
  %r20:2 = lm.window_attention %r19, %r18, %segments {scale = 0.125 : f64} : (tensor<?x9x64xf32>, !lm.cache<3x64xf32>, tensor<?x8xi32>) -> (tensor<?x9x64xf32>, tensor<9x?xf32>)
  %r21 = lm.merge_heads %r20#0 : (tensor<?x9x64xf32>) -> tensor<?x576xf32>
  %r22 = lm.parameter_ref @o : !lm.quantized<576x576, q4_1>
  %r23 = lm.dequantize %r22 : (!lm.quantized<576x576, q4_1>) -> tensor<576x576xf32>
  %r24 = lm.linear %r21, %r23 : (tensor<?x576xf32>, tensor<576x576xf32>) -> tensor<?x576xf32>
  %r25 = lm.add %r2, %r24 : (tensor<?x576xf32>, tensor<?x576xf32>) -> tensor<?x576xf32>
  %r26 = lm.parameter_ref @n2 : tensor<576xf32>
  %r27 = lm.rms_norm %r25, %r26 {epsilon = 1.0e-5 : f64} : (tensor<?x576xf32>, tensor<576xf32>) -> tensor<?x576xf32>
  %r28 = lm.parameter_ref @gate : !lm.quantized<1536x576, q4_1>
  %r29 = lm.dequantize %r28 : (!lm.quantized<1536x576, q4_1>) -> tensor<1536x576xf32>
  %r30 = lm.linear %r27, %r29 : (tensor<?x576xf32>, tensor<1536x576xf32>) -> tensor<?x1536xf32>
  %r31 = lm.parameter_ref @up : !lm.quantized<1536x576, q4_1>
  %r32 = lm.dequantize %r31 : (!lm.quantized<1536x576, q4_1>) -> tensor<1536x576xf32>
  %r33 = lm.linear %r27, %r32 : (tensor<?x576xf32>, tensor<1536x576xf32>) -> tensor<?x1536xf32>
  %r34 = lm.swiglu %r30, %r33 : (tensor<?x1536xf32>, tensor<?x1536xf32>) -> tensor<?x1536xf32>
  %r35 = lm.parameter_ref @down : !lm.quantized<576x1536, q4_1>
  %r36 = lm.dequantize %r35 : (!lm.quantized<576x1536, q4_1>) -> tensor<576x1536xf32>
  %r37 = lm.linear %r34, %r36 : (tensor<?x1536xf32>, tensor<576x1536xf32>) -> tensor<?x576xf32>
  %r38 = lm.add %r25, %r37 : (tensor<?x576xf32>, tensor<?x576xf32>) -> tensor<?x576xf32>
  %r39 = lm.gather_rows %r38, %rows : (tensor<?x576xf32>, tensor<?xi32>) -> tensor<?x576xf32>
  %r40 = lm.parameter_ref @norm : tensor<576xf32>
  %r41 = lm.rms_norm %r39, %r40 {epsilon = 1.0e-5 : f64} : (tensor<?x576xf32>, tensor<576xf32>) -> tensor<?x576xf32>
  %r42 = lm.parameter_ref @embed : !lm.quantized<960x576, q8_0>
  %r43 = lm.dequantize %r42 : (!lm.quantized<960x576, q8_0>) -> tensor<960x576xf32>
  %r44 = lm.linear %r41, %r43 : (tensor<?x576xf32>, tensor<960x576xf32>) -> tensor<?x960xf32>
  return %r44, %r18 : tensor<?x960xf32>, !lm.cache<3x64xf32>
}
func.func @decode(%tokens: tensor<1xi32> {lm.input = "tokens"}, %positions: tensor<1xi32> {lm.input = "positions"}, %rows: tensor<1xi32> {lm.input = "rows"}, %segments: tensor<?x8xi32> {lm.input = "segments"}, %cache0: !lm.cache<3x64xf32> {lm.input = "cache", lm.layer = 0 : i64}) -> (tensor<1x960xf32>, !lm.cache<3x64xf32>) {
  %r1 = lm.parameter_ref @embed : !lm.quantized<960x576, q8_0>
  %r2 = lm.embedding %tokens, %r1 : (tensor<1xi32>, !lm.quantized<960x576, q8_0>) -> tensor<1x576xf32>
  %r3 = lm.parameter_ref @n1 : tensor<576xf32>
  %r4 = lm.rms_norm %r2, %r3 {epsilon = 1.0e-5 : f64} : (tensor<1x576xf32>, tensor<576xf32>) -> tensor<1x576xf32>
  %r5 = lm.parameter_ref @q : !lm.quantized<576x576, q4_1>
  %r6 = lm.dequantize %r5 : (!lm.quantized<576x576, q4_1>) -> tensor<576x576xf32>
  %r7 = lm.linear %r4, %r6 : (tensor<1x576xf32>, tensor<576x576xf32>) -> tensor<1x576xf32>
  %r8 = lm.split_heads %r7 : (tensor<1x576xf32>) -> tensor<1x9x64xf32>
  %r9 = lm.parameter_ref @k : !lm.quantized<192x576, q4_1>
  %r10 = lm.dequantize %r9 : (!lm.quantized<192x576, q4_1>) -> tensor<192x576xf32>
  %r11 = lm.linear %r4, %r10 : (tensor<1x576xf32>, tensor<192x576xf32>) -> tensor<1x192xf32>
  %r12 = lm.split_heads %r11 : (tensor<1x192xf32>) -> tensor<1x3x64xf32>
  %r13 = lm.parameter_ref @v : !lm.quantized<192x576, q4_1>
  %r14 = lm.dequantize %r13 : (!lm.quantized<192x576, q4_1>) -> tensor<192x576xf32>
  %r15 = lm.linear %r4, %r14 : (tensor<1x576xf32>, tensor<192x576xf32>) -> tensor<1x192xf32>
  %r16 = lm.split_heads %r15 : (tensor<1x192xf32>) -> tensor<1x3x64xf32>
  %r17 = lm.rope %r12, %positions {dim = 64 : i64, theta = 1.0e5 : f64} : (tensor<1x3x64xf32>, tensor<1xi32>) -> tensor<1x3x64xf32>
  %r18 = lm.cache_append %cache0, %r17, %r16, %segments : (!lm.cache<3x64xf32>, tensor<1x3x64xf32>, tensor<1x3x64xf32>, tensor<?x8xi32>) -> !lm.cache<3x64xf32>
  %r19 = lm.rope %r8, %positions {dim = 64 : i64, theta = 1.0e5 : f64} : (tensor<1x9x64xf32>, tensor<1xi32>) -> tensor<1x9x64xf32>
  %r20:2 = lm.window_attention %r19, %r18, %segments {scale = 0.125 : f64} : (tensor<1x9x64xf32>, !lm.cache<3x64xf32>, tensor<?x8xi32>) -> (tensor<1x9x64xf32>, tensor<9x1xf32>)
  %r21 = lm.merge_heads %r20#0 : (tensor<1x9x64xf32>) -> tensor<1x576xf32>
  %r22 = lm.parameter_ref @o : !lm.quantized<576x576, q4_1>
  %r23 = lm.dequantize %r22 : (!lm.quantized<576x576, q4_1>) -> tensor<576x576xf32>
  %r24 = lm.linear %r21, %r23 : (tensor<1x576xf32>, tensor<576x576xf32>) -> tensor<1x576xf32>
  %r25 = lm.add %r2, %r24 : (tensor<1x576xf32>, tensor<1x576xf32>) -> tensor<1x576xf32>
  %r26 = lm.parameter_ref @n2 : tensor<576xf32>
  %r27 = lm.rms_norm %r25, %r26 {epsilon = 1.0e-5 : f64} : (tensor<1x576xf32>, tensor<576xf32>) -> tensor<1x576xf32>
  %r28 = lm.parameter_ref @gate : !lm.quantized<1536x576, q4_1>
  %r29 = lm.dequantize %r28 : (!lm.quantized<1536x576, q4_1>) -> tensor<1536x576xf32>
  %r30 = lm.linear %r27, %r29 : (tensor<1x576xf32>, tensor<1536x576xf32>) -> tensor<1x1536xf32>
  %r31 = lm.parameter_ref @up : !lm.quantized<1536x576, q4_1>
  %r32 = lm.dequantize %r31 : (!lm.quantized<1536x576, q4_1>) -> tensor<1536x576xf32>
  %r33 = lm.linear %r27, %r32 : (tensor<1x576xf32>, tensor<1536x576xf32>) -> tensor<1x1536xf32>
  %r34 = lm.swiglu %r30, %r33 : (tensor<1x1536xf32>, tensor<1x1536xf32>) -> tensor<1x1536xf32>
  %r35 = lm.parameter_ref @down : !lm.quantized<576x1536, q4_1>
  %r36 = lm.dequantize %r35 : (!lm.quantized<576x1536, q4_1>) -> tensor<576x1536xf32>
  %r37 = lm.linear %r34, %r36 : (tensor<1x1536xf32>, tensor<576x1536xf32>) -> tensor<1x576xf32>
  %r38 = lm.add %r25, %r37 : (tensor<1x576xf32>, tensor<1x576xf32>) -> tensor<1x576xf32>
  %r39 = lm.gather_rows %r38, %rows : (tensor<1x576xf32>, tensor<1xi32>) -> tensor<1x576xf32>
  %r40 = lm.parameter_ref @norm : tensor<576xf32>
  %r41 = lm.rms_norm %r39, %r40 {epsilon = 1.0e-5 : f64} : (tensor<1x576xf32>, tensor<576xf32>) -> tensor<1x576xf32>
  %r42 = lm.parameter_ref @embed : !lm.quantized<960x576, q8_0>
  %r43 = lm.dequantize %r42 : (!lm.quantized<960x576, q8_0>) -> tensor<960x576xf32>
  %r44 = lm.linear %r41, %r43 : (tensor<1x576xf32>, tensor<960x576xf32>) -> tensor<1x960xf32>
  return %r44, %r18 : tensor<1x960xf32>, !lm.cache<3x64xf32>
}
}
