// A text encoder, its adapter and a decoder step that reads soft tokens (E2LLM) and has low-rank adapters and a gated
// memory (LIFT): the ops compose. Every launch, compiled for each variant that this processor has, equals the
// interpreter's; lowering as a whole changes nothing.
//
// RUN: longc-interpret %s --function answer --tokens 37 --compare-after 'longc-lower{precision=exact}' --tolerance 1e-5
// RUN: longc-compare-cpu %s --function=answer --pass-pipeline='longc-lower{precision=exact}' | FileCheck %s
// RUN: longc-compare-cpu %s --function=answer --tokens=90 --seed=3 --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
//
// CHECK-NOT: WRONG
// CHECK: {{[1-9][0-9]*}} passed, 0 failed, {{[0-9]+}} skipped

// The sizes that the CPU target asks for.
module attributes {tile.target = #tile.target<mma_rows = 256, mma_cols = 96, mma_depth = 0, attention_rows = 64, attention_cols = 128, stream_rows = 8, fold_heads = true>} {
lm.parameter @bert.words : tensor<80x64xf32>
lm.parameter @bert.positions : tensor<256x64xf32>
lm.parameter @bert.norm.weight : tensor<64xf32>
lm.parameter @bert.norm.bias : tensor<64xf32>
lm.parameter @bert.layer0.q.weight : tensor<64x64xf32>
lm.parameter @bert.layer0.q.bias : tensor<64xf32>
lm.parameter @bert.layer0.k.weight : tensor<64x64xf32>
lm.parameter @bert.layer0.k.bias : tensor<64xf32>
lm.parameter @bert.layer0.v.weight : tensor<64x64xf32>
lm.parameter @bert.layer0.v.bias : tensor<64xf32>
lm.parameter @bert.layer0.o.weight : tensor<64x64xf32>
lm.parameter @bert.layer0.o.bias : tensor<64xf32>
lm.parameter @bert.layer0.attention_norm.weight : tensor<64xf32>
lm.parameter @bert.layer0.attention_norm.bias : tensor<64xf32>
lm.parameter @bert.layer0.up.weight : tensor<160x64xf32>
lm.parameter @bert.layer0.up.bias : tensor<160xf32>
lm.parameter @bert.layer0.down.weight : tensor<64x160xf32>
lm.parameter @bert.layer0.down.bias : tensor<64xf32>
lm.parameter @bert.layer0.output_norm.weight : tensor<64xf32>
lm.parameter @bert.layer0.output_norm.bias : tensor<64xf32>
lm.parameter @bert.layer1.q.weight : tensor<64x64xf32>
lm.parameter @bert.layer1.q.bias : tensor<64xf32>
lm.parameter @bert.layer1.k.weight : tensor<64x64xf32>
lm.parameter @bert.layer1.k.bias : tensor<64xf32>
lm.parameter @bert.layer1.v.weight : tensor<64x64xf32>
lm.parameter @bert.layer1.v.bias : tensor<64xf32>
lm.parameter @bert.layer1.o.weight : tensor<64x64xf32>
lm.parameter @bert.layer1.o.bias : tensor<64xf32>
lm.parameter @bert.layer1.attention_norm.weight : tensor<64xf32>
lm.parameter @bert.layer1.attention_norm.bias : tensor<64xf32>
lm.parameter @bert.layer1.up.weight : tensor<160x64xf32>
lm.parameter @bert.layer1.up.bias : tensor<160xf32>
lm.parameter @bert.layer1.down.weight : tensor<64x160xf32>
lm.parameter @bert.layer1.down.bias : tensor<64xf32>
lm.parameter @bert.layer1.output_norm.weight : tensor<64xf32>
lm.parameter @bert.layer1.output_norm.bias : tensor<64xf32>
lm.parameter @adapter.in.weight : tensor<96x64xf32>
lm.parameter @adapter.in.bias : tensor<96xf32>
lm.parameter @adapter.out.weight : tensor<96x96xf32>
lm.parameter @adapter.out.bias : tensor<96xf32>
lm.parameter @model.embed : !lm.quantized<80x96, q8_0>
lm.parameter @model.input_norm.weight : tensor<96xf32>
lm.parameter @model.q.weight : !lm.quantized<96x96, q4_1>
lm.parameter @model.q.lora_A : tensor<8x96xf32>
lm.parameter @model.q.lora_B : tensor<96x8xf32>
lm.parameter @model.k.weight : !lm.quantized<32x96, q4_1>
lm.parameter @model.v.weight : !lm.quantized<32x96, q4_1>
lm.parameter @model.memory.w1 : tensor<3x32x64xf32>
lm.parameter @model.memory.w2 : tensor<3x64x32xf32>
lm.parameter @model.memory.u1 : tensor<3x32x5xf32>
lm.parameter @model.memory.u2 : tensor<3x5xf32>
lm.parameter @model.o.weight : !lm.quantized<96x96, q4_0>
lm.parameter @model.post_norm.weight : tensor<96xf32>
lm.parameter @model.gate.weight : !lm.quantized<128x96, q4_1>
lm.parameter @model.gate.lora_A : tensor<16x96xf32>
lm.parameter @model.gate.lora_B : tensor<128x16xf32>
lm.parameter @model.up.weight : !lm.quantized<128x96, q4_1>
lm.parameter @model.down.weight : !lm.quantized<96x128, q4_1>
lm.parameter @model.down.lora_A : tensor<16x128xf32>
lm.parameter @model.down.lora_B : tensor<96x16xf32>
lm.parameter @model.norm.weight : tensor<96xf32>

func.func @answer(%chunk_tokens: tensor<?xi32> {lm.input = "tokens"}, %chunk_positions: tensor<?xi32> {lm.input = "memory_positions"},
                  %cu: tensor<4xi32> {lm.input = "cu_seqlens"}, %destinations: tensor<3xi32> {lm.input = "destinations"},
                  %tokens: tensor<?xi32> {lm.input = "tokens"}, %positions: tensor<?xi32> {lm.input = "positions"},
                  %rows: tensor<?xi32> {lm.input = "rows"}, %segments: tensor<?x8xi32> {lm.input = "segments"},
                  %cache0: !lm.cache<1x32xf32> {lm.input = "cache", lm.layer = 0 : i64})
    -> (tensor<3x64xf32>, tensor<?x80xf32>, !lm.cache<1x32xf32>) {
  // Encoder: learned positions, two post-norm layers with biases and gelu, the mean of each chunk.
  %bert_words = lm.parameter_ref @bert.words : tensor<80x64xf32>
  %words = lm.embedding %chunk_tokens, %bert_words : (tensor<?xi32>, tensor<80x64xf32>) -> tensor<?x64xf32>
  %bert_positions = lm.parameter_ref @bert.positions : tensor<256x64xf32>
  %places = lm.embedding %chunk_positions, %bert_positions : (tensor<?xi32>, tensor<256x64xf32>) -> tensor<?x64xf32>
  %sum = lm.add %words, %places : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %bert_norm_weight = lm.parameter_ref @bert.norm.weight : tensor<64xf32>
  %bert_norm_bias = lm.parameter_ref @bert.norm.bias : tensor<64xf32>
  %x0 = lm.layer_norm %sum, %bert_norm_weight bias %bert_norm_bias {epsilon = 1.0e-12 : f64} : (tensor<?x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %bert_layer0_q_weight = lm.parameter_ref @bert.layer0.q.weight : tensor<64x64xf32>
  %bert_layer0_q_bias = lm.parameter_ref @bert.layer0.q.bias : tensor<64xf32>
  %l0_q = lm.linear %x0, %bert_layer0_q_weight bias %bert_layer0_q_bias : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %l0_qh = lm.split_heads %l0_q : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %bert_layer0_k_weight = lm.parameter_ref @bert.layer0.k.weight : tensor<64x64xf32>
  %bert_layer0_k_bias = lm.parameter_ref @bert.layer0.k.bias : tensor<64xf32>
  %l0_k = lm.linear %x0, %bert_layer0_k_weight bias %bert_layer0_k_bias : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %l0_kh = lm.split_heads %l0_k : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %bert_layer0_v_weight = lm.parameter_ref @bert.layer0.v.weight : tensor<64x64xf32>
  %bert_layer0_v_bias = lm.parameter_ref @bert.layer0.v.bias : tensor<64xf32>
  %l0_v = lm.linear %x0, %bert_layer0_v_weight bias %bert_layer0_v_bias : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %l0_vh = lm.split_heads %l0_v : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %l0_a:2 = lm.packed_attention %l0_qh, %l0_kh, %l0_vh, %cu, %cu {scale = 0.1767766952966369 : f64}
    : (tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<4xi32>, tensor<4xi32>) -> (tensor<?x2x32xf32>, tensor<2x?xf32>)
  %l0_m = lm.merge_heads %l0_a#0 : (tensor<?x2x32xf32>) -> tensor<?x64xf32>
  %bert_layer0_o_weight = lm.parameter_ref @bert.layer0.o.weight : tensor<64x64xf32>
  %bert_layer0_o_bias = lm.parameter_ref @bert.layer0.o.bias : tensor<64xf32>
  %l0_o = lm.linear %l0_m, %bert_layer0_o_weight bias %bert_layer0_o_bias : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %l0_s1 = lm.add %x0, %l0_o : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %bert_layer0_attention_norm_weight = lm.parameter_ref @bert.layer0.attention_norm.weight : tensor<64xf32>
  %bert_layer0_attention_norm_bias = lm.parameter_ref @bert.layer0.attention_norm.bias : tensor<64xf32>
  %l0_n1 = lm.layer_norm %l0_s1, %bert_layer0_attention_norm_weight bias %bert_layer0_attention_norm_bias {epsilon = 1.0e-12 : f64} : (tensor<?x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %bert_layer0_up_weight = lm.parameter_ref @bert.layer0.up.weight : tensor<160x64xf32>
  %bert_layer0_up_bias = lm.parameter_ref @bert.layer0.up.bias : tensor<160xf32>
  %l0_up = lm.linear %l0_n1, %bert_layer0_up_weight bias %bert_layer0_up_bias : (tensor<?x64xf32>, tensor<160x64xf32>, tensor<160xf32>) -> tensor<?x160xf32>
  %l0_g = lm.gelu %l0_up : (tensor<?x160xf32>) -> tensor<?x160xf32>
  %bert_layer0_down_weight = lm.parameter_ref @bert.layer0.down.weight : tensor<64x160xf32>
  %bert_layer0_down_bias = lm.parameter_ref @bert.layer0.down.bias : tensor<64xf32>
  %l0_down = lm.linear %l0_g, %bert_layer0_down_weight bias %bert_layer0_down_bias : (tensor<?x160xf32>, tensor<64x160xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %l0_s2 = lm.add %l0_n1, %l0_down : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %bert_layer0_output_norm_weight = lm.parameter_ref @bert.layer0.output_norm.weight : tensor<64xf32>
  %bert_layer0_output_norm_bias = lm.parameter_ref @bert.layer0.output_norm.bias : tensor<64xf32>
  %l0_n2 = lm.layer_norm %l0_s2, %bert_layer0_output_norm_weight bias %bert_layer0_output_norm_bias {epsilon = 1.0e-12 : f64} : (tensor<?x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %bert_layer1_q_weight = lm.parameter_ref @bert.layer1.q.weight : tensor<64x64xf32>
  %bert_layer1_q_bias = lm.parameter_ref @bert.layer1.q.bias : tensor<64xf32>
  %l1_q = lm.linear %l0_n2, %bert_layer1_q_weight bias %bert_layer1_q_bias : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %l1_qh = lm.split_heads %l1_q : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %bert_layer1_k_weight = lm.parameter_ref @bert.layer1.k.weight : tensor<64x64xf32>
  %bert_layer1_k_bias = lm.parameter_ref @bert.layer1.k.bias : tensor<64xf32>
  %l1_k = lm.linear %l0_n2, %bert_layer1_k_weight bias %bert_layer1_k_bias : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %l1_kh = lm.split_heads %l1_k : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %bert_layer1_v_weight = lm.parameter_ref @bert.layer1.v.weight : tensor<64x64xf32>
  %bert_layer1_v_bias = lm.parameter_ref @bert.layer1.v.bias : tensor<64xf32>
  %l1_v = lm.linear %l0_n2, %bert_layer1_v_weight bias %bert_layer1_v_bias : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %l1_vh = lm.split_heads %l1_v : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %l1_a:2 = lm.packed_attention %l1_qh, %l1_kh, %l1_vh, %cu, %cu {scale = 0.1767766952966369 : f64}
    : (tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<4xi32>, tensor<4xi32>) -> (tensor<?x2x32xf32>, tensor<2x?xf32>)
  %l1_m = lm.merge_heads %l1_a#0 : (tensor<?x2x32xf32>) -> tensor<?x64xf32>
  %bert_layer1_o_weight = lm.parameter_ref @bert.layer1.o.weight : tensor<64x64xf32>
  %bert_layer1_o_bias = lm.parameter_ref @bert.layer1.o.bias : tensor<64xf32>
  %l1_o = lm.linear %l1_m, %bert_layer1_o_weight bias %bert_layer1_o_bias : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %l1_s1 = lm.add %l0_n2, %l1_o : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %bert_layer1_attention_norm_weight = lm.parameter_ref @bert.layer1.attention_norm.weight : tensor<64xf32>
  %bert_layer1_attention_norm_bias = lm.parameter_ref @bert.layer1.attention_norm.bias : tensor<64xf32>
  %l1_n1 = lm.layer_norm %l1_s1, %bert_layer1_attention_norm_weight bias %bert_layer1_attention_norm_bias {epsilon = 1.0e-12 : f64} : (tensor<?x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %bert_layer1_up_weight = lm.parameter_ref @bert.layer1.up.weight : tensor<160x64xf32>
  %bert_layer1_up_bias = lm.parameter_ref @bert.layer1.up.bias : tensor<160xf32>
  %l1_up = lm.linear %l1_n1, %bert_layer1_up_weight bias %bert_layer1_up_bias : (tensor<?x64xf32>, tensor<160x64xf32>, tensor<160xf32>) -> tensor<?x160xf32>
  %l1_g = lm.gelu %l1_up : (tensor<?x160xf32>) -> tensor<?x160xf32>
  %bert_layer1_down_weight = lm.parameter_ref @bert.layer1.down.weight : tensor<64x160xf32>
  %bert_layer1_down_bias = lm.parameter_ref @bert.layer1.down.bias : tensor<64xf32>
  %l1_down = lm.linear %l1_g, %bert_layer1_down_weight bias %bert_layer1_down_bias : (tensor<?x160xf32>, tensor<64x160xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %l1_s2 = lm.add %l1_n1, %l1_down : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %bert_layer1_output_norm_weight = lm.parameter_ref @bert.layer1.output_norm.weight : tensor<64xf32>
  %bert_layer1_output_norm_bias = lm.parameter_ref @bert.layer1.output_norm.bias : tensor<64xf32>
  %l1_n2 = lm.layer_norm %l1_s2, %bert_layer1_output_norm_weight bias %bert_layer1_output_norm_bias {epsilon = 1.0e-12 : f64} : (tensor<?x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %pooled = lm.chunk_pool mean %l1_n2, %cu normalize : (tensor<?x64xf32>, tensor<4xi32>) -> tensor<3x64xf32>
  // Adapter to the decoder's width, and the soft tokens among the prompt's embeddings.
  %adapter_in_weight = lm.parameter_ref @adapter.in.weight : tensor<96x64xf32>
  %adapter_in_bias = lm.parameter_ref @adapter.in.bias : tensor<96xf32>
  %adapter_out_weight = lm.parameter_ref @adapter.out.weight : tensor<96x96xf32>
  %adapter_out_bias = lm.parameter_ref @adapter.out.bias : tensor<96xf32>
  %hidden = lm.linear %pooled, %adapter_in_weight bias %adapter_in_bias : (tensor<3x64xf32>, tensor<96x64xf32>, tensor<96xf32>) -> tensor<3x96xf32>
  %bent = lm.gelu %hidden : (tensor<3x96xf32>) -> tensor<3x96xf32>
  %soft = lm.linear %bent, %adapter_out_weight bias %adapter_out_bias : (tensor<3x96xf32>, tensor<96x96xf32>, tensor<96xf32>) -> tensor<3x96xf32>
  %model_embed = lm.parameter_ref @model.embed : !lm.quantized<80x96, q8_0>
  %e = lm.embedding %tokens, %model_embed : (tensor<?xi32>, !lm.quantized<80x96, q8_0>) -> tensor<?x96xf32>
  %prompt = lm.scatter_rows %e, %soft, %destinations : (tensor<?x96xf32>, tensor<3x96xf32>, tensor<3xi32>) -> tensor<?x96xf32>
  // Decoder layer with a gated memory of the un-rotated query, and adapters, in a gated unit and before a residual too.
  %model_input_norm_weight = lm.parameter_ref @model.input_norm.weight : tensor<96xf32>
  %d_n = lm.rms_norm %prompt, %model_input_norm_weight {epsilon = 1.0e-5 : f64} : (tensor<?x96xf32>, tensor<96xf32>) -> tensor<?x96xf32>
  %model_q_weight = lm.parameter_ref @model.q.weight : !lm.quantized<96x96, q4_1>
  %d_q_w = lm.dequantize %model_q_weight : (!lm.quantized<96x96, q4_1>) -> tensor<96x96xf32>
  %model_q_lora_A = lm.parameter_ref @model.q.lora_A : tensor<8x96xf32>
  %model_q_lora_B = lm.parameter_ref @model.q.lora_B : tensor<96x8xf32>
  %d_q = lm.linear %d_n, %d_q_w lora(%model_q_lora_A, %model_q_lora_B) {lora_scale = 2.0 : f64} : (tensor<?x96xf32>, tensor<96x96xf32>, tensor<8x96xf32>, tensor<96x8xf32>) -> tensor<?x96xf32>
  %d_qh = lm.split_heads %d_q : (tensor<?x96xf32>) -> tensor<?x3x32xf32>
  %model_k_weight = lm.parameter_ref @model.k.weight : !lm.quantized<32x96, q4_1>
  %d_k_w = lm.dequantize %model_k_weight : (!lm.quantized<32x96, q4_1>) -> tensor<32x96xf32>
  %d_k = lm.linear %d_n, %d_k_w : (tensor<?x96xf32>, tensor<32x96xf32>) -> tensor<?x32xf32>
  %d_kh = lm.split_heads %d_k : (tensor<?x32xf32>) -> tensor<?x1x32xf32>
  %model_v_weight = lm.parameter_ref @model.v.weight : !lm.quantized<32x96, q4_1>
  %d_v_w = lm.dequantize %model_v_weight : (!lm.quantized<32x96, q4_1>) -> tensor<32x96xf32>
  %d_v = lm.linear %d_n, %d_v_w : (tensor<?x96xf32>, tensor<32x96xf32>) -> tensor<?x32xf32>
  %d_vh = lm.split_heads %d_v : (tensor<?x32xf32>) -> tensor<?x1x32xf32>
  %d_kr = lm.rope %d_kh, %positions {dim = 32 : i64, theta = 1.0e4 : f64, factors = array<f64: 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0>} : (tensor<?x1x32xf32>, tensor<?xi32>) -> tensor<?x1x32xf32>
  %d_c = lm.cache_append %cache0, %d_kr, %d_vh, %segments : (!lm.cache<1x32xf32>, tensor<?x1x32xf32>, tensor<?x1x32xf32>, tensor<?x8xi32>) -> !lm.cache<1x32xf32>
  %d_qr = lm.rope %d_qh, %positions {dim = 32 : i64, theta = 1.0e4 : f64, factors = array<f64: 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0>} : (tensor<?x3x32xf32>, tensor<?xi32>) -> tensor<?x3x32xf32>
  %d_a:2 = lm.window_attention %d_qr, %d_c, %segments {scale = 0.1767766952966369 : f64} : (tensor<?x3x32xf32>, !lm.cache<1x32xf32>, tensor<?x8xi32>) -> (tensor<?x3x32xf32>, tensor<3x?xf32>)
  %model_memory_w1 = lm.parameter_ref @model.memory.w1 : tensor<3x32x64xf32>
  %model_memory_w2 = lm.parameter_ref @model.memory.w2 : tensor<3x64x32xf32>
  %model_memory_u1 = lm.parameter_ref @model.memory.u1 : tensor<3x32x5xf32>
  %model_memory_u2 = lm.parameter_ref @model.memory.u2 : tensor<3x5xf32>
  %d_gm = lm.gated_memory %d_a#0, %d_qh reads (%model_memory_w1, %model_memory_w2) gate (%model_memory_u1, %model_memory_u2)
    : (tensor<?x3x32xf32>, tensor<?x3x32xf32>, tensor<3x32x64xf32>, tensor<3x64x32xf32>, tensor<3x32x5xf32>, tensor<3x5xf32>) -> tensor<?x3x32xf32>
  %d_m = lm.merge_heads %d_gm : (tensor<?x3x32xf32>) -> tensor<?x96xf32>
  %model_o_weight = lm.parameter_ref @model.o.weight : !lm.quantized<96x96, q4_0>
  %d_o_w = lm.dequantize %model_o_weight : (!lm.quantized<96x96, q4_0>) -> tensor<96x96xf32>
  %d_o = lm.linear %d_m, %d_o_w : (tensor<?x96xf32>, tensor<96x96xf32>) -> tensor<?x96xf32>
  %d_s = lm.add %prompt, %d_o : (tensor<?x96xf32>, tensor<?x96xf32>) -> tensor<?x96xf32>
  %model_post_norm_weight = lm.parameter_ref @model.post_norm.weight : tensor<96xf32>
  %d_n2 = lm.rms_norm %d_s, %model_post_norm_weight {epsilon = 1.0e-5 : f64} : (tensor<?x96xf32>, tensor<96xf32>) -> tensor<?x96xf32>
  %model_gate_weight = lm.parameter_ref @model.gate.weight : !lm.quantized<128x96, q4_1>
  %d_g_w = lm.dequantize %model_gate_weight : (!lm.quantized<128x96, q4_1>) -> tensor<128x96xf32>
  %model_gate_lora_A = lm.parameter_ref @model.gate.lora_A : tensor<16x96xf32>
  %model_gate_lora_B = lm.parameter_ref @model.gate.lora_B : tensor<128x16xf32>
  %d_g = lm.linear %d_n2, %d_g_w lora(%model_gate_lora_A, %model_gate_lora_B) {lora_scale = 2.0 : f64} : (tensor<?x96xf32>, tensor<128x96xf32>, tensor<16x96xf32>, tensor<128x16xf32>) -> tensor<?x128xf32>
  %model_up_weight = lm.parameter_ref @model.up.weight : !lm.quantized<128x96, q4_1>
  %d_u_w = lm.dequantize %model_up_weight : (!lm.quantized<128x96, q4_1>) -> tensor<128x96xf32>
  %d_u = lm.linear %d_n2, %d_u_w : (tensor<?x96xf32>, tensor<128x96xf32>) -> tensor<?x128xf32>
  %d_sw = lm.swiglu %d_g, %d_u : (tensor<?x128xf32>, tensor<?x128xf32>) -> tensor<?x128xf32>
  %model_down_weight = lm.parameter_ref @model.down.weight : !lm.quantized<96x128, q4_1>
  %d_d_w = lm.dequantize %model_down_weight : (!lm.quantized<96x128, q4_1>) -> tensor<96x128xf32>
  %model_down_lora_A = lm.parameter_ref @model.down.lora_A : tensor<16x128xf32>
  %model_down_lora_B = lm.parameter_ref @model.down.lora_B : tensor<96x16xf32>
  %d_d = lm.linear %d_sw, %d_d_w lora(%model_down_lora_A, %model_down_lora_B) {lora_scale = 2.0 : f64} : (tensor<?x128xf32>, tensor<96x128xf32>, tensor<16x128xf32>, tensor<96x16xf32>) -> tensor<?x96xf32>
  %d_s2 = lm.add %d_s, %d_d : (tensor<?x96xf32>, tensor<?x96xf32>) -> tensor<?x96xf32>
  %picked = lm.gather_rows %d_s2, %rows : (tensor<?x96xf32>, tensor<?xi32>) -> tensor<?x96xf32>
  %model_norm_weight = lm.parameter_ref @model.norm.weight : tensor<96xf32>
  %final = lm.rms_norm %picked, %model_norm_weight {epsilon = 1.0e-5 : f64} : (tensor<?x96xf32>, tensor<96xf32>) -> tensor<?x96xf32>
  %head = lm.dequantize %model_embed : (!lm.quantized<80x96, q8_0>) -> tensor<80x96xf32>
  %logits = lm.linear %final, %head : (tensor<?x96xf32>, tensor<80x96xf32>) -> tensor<?x80xf32>
  return %pooled, %logits, %d_c : tensor<3x64xf32>, tensor<?x80xf32>, !lm.cache<1x32xf32>
}
}
