// A plain decoder of two layers as models/ builds it: hidden 64, 4 query and 2 key heads of 32, MLP 96, vocabulary 80.
module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
lm.parameter @"model.embed_tokens.weight" : !lm.quantized<80x64, q8_0>
lm.parameter @"model.norm.weight" : tensor<64xf32>
lm.parameter @"model.layers.0.input_layernorm.weight" : tensor<64xf32>
lm.parameter @"model.layers.0.post_attention_layernorm.weight" : tensor<64xf32>
lm.parameter @"model.layers.0.self_attn.q_proj.weight" : !lm.quantized<128x64, q4_1>
lm.parameter @"model.layers.0.self_attn.k_proj.weight" : !lm.quantized<64x64, q4_1>
lm.parameter @"model.layers.0.self_attn.v_proj.weight" : !lm.quantized<64x64, q4_1>
lm.parameter @"model.layers.0.self_attn.o_proj.weight" : !lm.quantized<64x128, q4_1>
lm.parameter @"model.layers.0.mlp.gate_proj.weight" : !lm.quantized<96x64, q4_1>
lm.parameter @"model.layers.0.mlp.up_proj.weight" : !lm.quantized<96x64, q4_1>
lm.parameter @"model.layers.0.mlp.down_proj.weight" : !lm.quantized<64x96, q4_1>
lm.parameter @"model.layers.1.input_layernorm.weight" : tensor<64xf32>
lm.parameter @"model.layers.1.post_attention_layernorm.weight" : tensor<64xf32>
lm.parameter @"model.layers.1.self_attn.q_proj.weight" : !lm.quantized<128x64, q4_1>
lm.parameter @"model.layers.1.self_attn.k_proj.weight" : !lm.quantized<64x64, q4_1>
lm.parameter @"model.layers.1.self_attn.v_proj.weight" : !lm.quantized<64x64, q4_1>
lm.parameter @"model.layers.1.self_attn.o_proj.weight" : !lm.quantized<64x128, q4_1>
lm.parameter @"model.layers.1.mlp.gate_proj.weight" : !lm.quantized<96x64, q4_1>
lm.parameter @"model.layers.1.mlp.up_proj.weight" : !lm.quantized<96x64, q4_1>
lm.parameter @"model.layers.1.mlp.down_proj.weight" : !lm.quantized<64x96, q4_1>
func.func @prefill(%tokens: tensor<?xi32> {lm.input = "tokens"}, %positions: tensor<?xi32> {lm.input = "positions"}, %memory_positions: tensor<?xi32> {lm.input = "memory_positions"}, %rows: tensor<?xi32> {lm.input = "rows"}, %segments: tensor<?x8xi32> {lm.input = "segments"}, %temperature: tensor<1xf32> {lm.input = "temperature"}, %cache0: !lm.cache<2x32xf32> {lm.input = "cache", lm.layer = 0 : i64}, %cache1: !lm.cache<2x32xf32> {lm.input = "cache", lm.layer = 1 : i64}) -> (tensor<?x80xf32>, !lm.cache<2x32xf32>, !lm.cache<2x32xf32>) {
  %0 = lm.parameter_ref @model.embed_tokens.weight : !lm.quantized<80x64, q8_0>
  %1 = lm.embedding %tokens, %0 : (tensor<?xi32>, !lm.quantized<80x64, q8_0>) -> tensor<?x64xf32>
  %2 = lm.parameter_ref @"model.layers.0.input_layernorm.weight" : tensor<64xf32>
  %3 = lm.rms_norm %1, %2 {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %4 = lm.parameter_ref @"model.layers.0.self_attn.q_proj.weight" : !lm.quantized<128x64, q4_1>
  %5 = lm.dequantize %4 : (!lm.quantized<128x64, q4_1>) -> tensor<128x64xf32>
  %6 = lm.linear %3, %5 : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %7 = lm.split_heads %6 : (tensor<?x128xf32>) -> tensor<?x4x32xf32>
  %8 = lm.parameter_ref @"model.layers.0.self_attn.k_proj.weight" : !lm.quantized<64x64, q4_1>
  %9 = lm.dequantize %8 : (!lm.quantized<64x64, q4_1>) -> tensor<64x64xf32>
  %10 = lm.linear %3, %9 : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %11 = lm.split_heads %10 : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %12 = lm.parameter_ref @"model.layers.0.self_attn.v_proj.weight" : !lm.quantized<64x64, q4_1>
  %13 = lm.dequantize %12 : (!lm.quantized<64x64, q4_1>) -> tensor<64x64xf32>
  %14 = lm.linear %3, %13 : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %15 = lm.split_heads %14 : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %16 = lm.rope %11, %positions {dim = 32 : i64, theta = 1.0e5 : f64} : (tensor<?x2x32xf32>, tensor<?xi32>) -> tensor<?x2x32xf32>
  %17 = lm.cache_append %cache0, %16, %15, %segments : (!lm.cache<2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x8xi32>) -> !lm.cache<2x32xf32>
  %18 = lm.rope %7, %positions {dim = 32 : i64, theta = 1.0e5 : f64} : (tensor<?x4x32xf32>, tensor<?xi32>) -> tensor<?x4x32xf32>
  %19:2 = lm.window_attention %18, %17, %segments {scale = 0.1767766952966369 : f64} : (tensor<?x4x32xf32>, !lm.cache<2x32xf32>, tensor<?x8xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
  %20 = lm.merge_heads %19#0 : (tensor<?x4x32xf32>) -> tensor<?x128xf32>
  %21 = lm.parameter_ref @"model.layers.0.self_attn.o_proj.weight" : !lm.quantized<64x128, q4_1>
  %22 = lm.dequantize %21 : (!lm.quantized<64x128, q4_1>) -> tensor<64x128xf32>
  %23 = lm.linear %20, %22 : (tensor<?x128xf32>, tensor<64x128xf32>) -> tensor<?x64xf32>
  %24 = lm.add %1, %23 : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %25 = lm.parameter_ref @"model.layers.0.post_attention_layernorm.weight" : tensor<64xf32>
  %26 = lm.rms_norm %24, %25 {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %27 = lm.parameter_ref @"model.layers.0.mlp.gate_proj.weight" : !lm.quantized<96x64, q4_1>
  %28 = lm.dequantize %27 : (!lm.quantized<96x64, q4_1>) -> tensor<96x64xf32>
  %29 = lm.linear %26, %28 : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32>
  %30 = lm.parameter_ref @"model.layers.0.mlp.up_proj.weight" : !lm.quantized<96x64, q4_1>
  %31 = lm.dequantize %30 : (!lm.quantized<96x64, q4_1>) -> tensor<96x64xf32>
  %32 = lm.linear %26, %31 : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32>
  %33 = lm.swiglu %29, %32 : (tensor<?x96xf32>, tensor<?x96xf32>) -> tensor<?x96xf32>
  %34 = lm.parameter_ref @"model.layers.0.mlp.down_proj.weight" : !lm.quantized<64x96, q4_1>
  %35 = lm.dequantize %34 : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %36 = lm.linear %33, %35 : (tensor<?x96xf32>, tensor<64x96xf32>) -> tensor<?x64xf32>
  %37 = lm.add %24, %36 : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %38 = lm.parameter_ref @"model.layers.1.input_layernorm.weight" : tensor<64xf32>
  %39 = lm.rms_norm %37, %38 {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %40 = lm.parameter_ref @"model.layers.1.self_attn.q_proj.weight" : !lm.quantized<128x64, q4_1>
  %41 = lm.dequantize %40 : (!lm.quantized<128x64, q4_1>) -> tensor<128x64xf32>
  %42 = lm.linear %39, %41 : (tensor<?x64xf32>, tensor<128x64xf32>) -> tensor<?x128xf32>
  %43 = lm.split_heads %42 : (tensor<?x128xf32>) -> tensor<?x4x32xf32>
  %44 = lm.parameter_ref @"model.layers.1.self_attn.k_proj.weight" : !lm.quantized<64x64, q4_1>
  %45 = lm.dequantize %44 : (!lm.quantized<64x64, q4_1>) -> tensor<64x64xf32>
  %46 = lm.linear %39, %45 : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %47 = lm.split_heads %46 : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %48 = lm.parameter_ref @"model.layers.1.self_attn.v_proj.weight" : !lm.quantized<64x64, q4_1>
  %49 = lm.dequantize %48 : (!lm.quantized<64x64, q4_1>) -> tensor<64x64xf32>
  %50 = lm.linear %39, %49 : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %51 = lm.split_heads %50 : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %52 = lm.rope %47, %positions {dim = 32 : i64, theta = 1.0e5 : f64} : (tensor<?x2x32xf32>, tensor<?xi32>) -> tensor<?x2x32xf32>
  %53 = lm.cache_append %cache1, %52, %51, %segments : (!lm.cache<2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x8xi32>) -> !lm.cache<2x32xf32>
  %54 = lm.rope %43, %positions {dim = 32 : i64, theta = 1.0e5 : f64} : (tensor<?x4x32xf32>, tensor<?xi32>) -> tensor<?x4x32xf32>
  %55:2 = lm.window_attention %54, %53, %segments {scale = 0.1767766952966369 : f64} : (tensor<?x4x32xf32>, !lm.cache<2x32xf32>, tensor<?x8xi32>) -> (tensor<?x4x32xf32>, tensor<4x?xf32>)
  %56 = lm.merge_heads %55#0 : (tensor<?x4x32xf32>) -> tensor<?x128xf32>
  %57 = lm.parameter_ref @"model.layers.1.self_attn.o_proj.weight" : !lm.quantized<64x128, q4_1>
  %58 = lm.dequantize %57 : (!lm.quantized<64x128, q4_1>) -> tensor<64x128xf32>
  %59 = lm.linear %56, %58 : (tensor<?x128xf32>, tensor<64x128xf32>) -> tensor<?x64xf32>
  %60 = lm.add %37, %59 : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %61 = lm.parameter_ref @"model.layers.1.post_attention_layernorm.weight" : tensor<64xf32>
  %62 = lm.rms_norm %60, %61 {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %63 = lm.parameter_ref @"model.layers.1.mlp.gate_proj.weight" : !lm.quantized<96x64, q4_1>
  %64 = lm.dequantize %63 : (!lm.quantized<96x64, q4_1>) -> tensor<96x64xf32>
  %65 = lm.linear %62, %64 : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32>
  %66 = lm.parameter_ref @"model.layers.1.mlp.up_proj.weight" : !lm.quantized<96x64, q4_1>
  %67 = lm.dequantize %66 : (!lm.quantized<96x64, q4_1>) -> tensor<96x64xf32>
  %68 = lm.linear %62, %67 : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32>
  %69 = lm.swiglu %65, %68 : (tensor<?x96xf32>, tensor<?x96xf32>) -> tensor<?x96xf32>
  %70 = lm.parameter_ref @"model.layers.1.mlp.down_proj.weight" : !lm.quantized<64x96, q4_1>
  %71 = lm.dequantize %70 : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %72 = lm.linear %69, %71 : (tensor<?x96xf32>, tensor<64x96xf32>) -> tensor<?x64xf32>
  %73 = lm.add %60, %72 : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %74 = lm.gather_rows %73, %rows : (tensor<?x64xf32>, tensor<?xi32>) -> tensor<?x64xf32>
  %75 = lm.parameter_ref @"model.norm.weight" : tensor<64xf32>
  %76 = lm.rms_norm %74, %75 {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %77 = lm.parameter_ref @"model.embed_tokens.weight" : !lm.quantized<80x64, q8_0>
  %78 = lm.dequantize %77 : (!lm.quantized<80x64, q8_0>) -> tensor<80x64xf32>
  %79 = lm.linear %76, %78 : (tensor<?x64xf32>, tensor<80x64xf32>) -> tensor<?x80xf32>
  return %79, %17, %53 : tensor<?x80xf32>, !lm.cache<2x32xf32>, !lm.cache<2x32xf32>
}
func.func @decode(%tokens: tensor<1xi32> {lm.input = "tokens"}, %positions: tensor<1xi32> {lm.input = "positions"}, %memory_positions: tensor<1xi32> {lm.input = "memory_positions"}, %rows: tensor<1xi32> {lm.input = "rows"}, %segments: tensor<?x8xi32> {lm.input = "segments"}, %temperature: tensor<1xf32> {lm.input = "temperature"}, %cache0: !lm.cache<2x32xf32> {lm.input = "cache", lm.layer = 0 : i64}, %cache1: !lm.cache<2x32xf32> {lm.input = "cache", lm.layer = 1 : i64}) -> (tensor<1x80xf32>, !lm.cache<2x32xf32>, !lm.cache<2x32xf32>) {
  %0 = lm.parameter_ref @model.embed_tokens.weight : !lm.quantized<80x64, q8_0>
  %1 = lm.embedding %tokens, %0 : (tensor<1xi32>, !lm.quantized<80x64, q8_0>) -> tensor<1x64xf32>
  %2 = lm.parameter_ref @"model.layers.0.input_layernorm.weight" : tensor<64xf32>
  %3 = lm.rms_norm %1, %2 {epsilon = 1.0e-5 : f64} : (tensor<1x64xf32>, tensor<64xf32>) -> tensor<1x64xf32>
  %4 = lm.parameter_ref @"model.layers.0.self_attn.q_proj.weight" : !lm.quantized<128x64, q4_1>
  %5 = lm.dequantize %4 : (!lm.quantized<128x64, q4_1>) -> tensor<128x64xf32>
  %6 = lm.linear %3, %5 : (tensor<1x64xf32>, tensor<128x64xf32>) -> tensor<1x128xf32>
  %7 = lm.split_heads %6 : (tensor<1x128xf32>) -> tensor<1x4x32xf32>
  %8 = lm.parameter_ref @"model.layers.0.self_attn.k_proj.weight" : !lm.quantized<64x64, q4_1>
  %9 = lm.dequantize %8 : (!lm.quantized<64x64, q4_1>) -> tensor<64x64xf32>
  %10 = lm.linear %3, %9 : (tensor<1x64xf32>, tensor<64x64xf32>) -> tensor<1x64xf32>
  %11 = lm.split_heads %10 : (tensor<1x64xf32>) -> tensor<1x2x32xf32>
  %12 = lm.parameter_ref @"model.layers.0.self_attn.v_proj.weight" : !lm.quantized<64x64, q4_1>
  %13 = lm.dequantize %12 : (!lm.quantized<64x64, q4_1>) -> tensor<64x64xf32>
  %14 = lm.linear %3, %13 : (tensor<1x64xf32>, tensor<64x64xf32>) -> tensor<1x64xf32>
  %15 = lm.split_heads %14 : (tensor<1x64xf32>) -> tensor<1x2x32xf32>
  %16 = lm.rope %11, %positions {dim = 32 : i64, theta = 1.0e5 : f64} : (tensor<1x2x32xf32>, tensor<1xi32>) -> tensor<1x2x32xf32>
  %17 = lm.cache_append %cache0, %16, %15, %segments : (!lm.cache<2x32xf32>, tensor<1x2x32xf32>, tensor<1x2x32xf32>, tensor<?x8xi32>) -> !lm.cache<2x32xf32>
  %18 = lm.rope %7, %positions {dim = 32 : i64, theta = 1.0e5 : f64} : (tensor<1x4x32xf32>, tensor<1xi32>) -> tensor<1x4x32xf32>
  %19:2 = lm.window_attention %18, %17, %segments {scale = 0.1767766952966369 : f64} : (tensor<1x4x32xf32>, !lm.cache<2x32xf32>, tensor<?x8xi32>) -> (tensor<1x4x32xf32>, tensor<4x1xf32>)
  %20 = lm.merge_heads %19#0 : (tensor<1x4x32xf32>) -> tensor<1x128xf32>
  %21 = lm.parameter_ref @"model.layers.0.self_attn.o_proj.weight" : !lm.quantized<64x128, q4_1>
  %22 = lm.dequantize %21 : (!lm.quantized<64x128, q4_1>) -> tensor<64x128xf32>
  %23 = lm.linear %20, %22 : (tensor<1x128xf32>, tensor<64x128xf32>) -> tensor<1x64xf32>
  %24 = lm.add %1, %23 : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x64xf32>
  %25 = lm.parameter_ref @"model.layers.0.post_attention_layernorm.weight" : tensor<64xf32>
  %26 = lm.rms_norm %24, %25 {epsilon = 1.0e-5 : f64} : (tensor<1x64xf32>, tensor<64xf32>) -> tensor<1x64xf32>
  %27 = lm.parameter_ref @"model.layers.0.mlp.gate_proj.weight" : !lm.quantized<96x64, q4_1>
  %28 = lm.dequantize %27 : (!lm.quantized<96x64, q4_1>) -> tensor<96x64xf32>
  %29 = lm.linear %26, %28 : (tensor<1x64xf32>, tensor<96x64xf32>) -> tensor<1x96xf32>
  %30 = lm.parameter_ref @"model.layers.0.mlp.up_proj.weight" : !lm.quantized<96x64, q4_1>
  %31 = lm.dequantize %30 : (!lm.quantized<96x64, q4_1>) -> tensor<96x64xf32>
  %32 = lm.linear %26, %31 : (tensor<1x64xf32>, tensor<96x64xf32>) -> tensor<1x96xf32>
  %33 = lm.swiglu %29, %32 : (tensor<1x96xf32>, tensor<1x96xf32>) -> tensor<1x96xf32>
  %34 = lm.parameter_ref @"model.layers.0.mlp.down_proj.weight" : !lm.quantized<64x96, q4_1>
  %35 = lm.dequantize %34 : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %36 = lm.linear %33, %35 : (tensor<1x96xf32>, tensor<64x96xf32>) -> tensor<1x64xf32>
  %37 = lm.add %24, %36 : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x64xf32>
  %38 = lm.parameter_ref @"model.layers.1.input_layernorm.weight" : tensor<64xf32>
  %39 = lm.rms_norm %37, %38 {epsilon = 1.0e-5 : f64} : (tensor<1x64xf32>, tensor<64xf32>) -> tensor<1x64xf32>
  %40 = lm.parameter_ref @"model.layers.1.self_attn.q_proj.weight" : !lm.quantized<128x64, q4_1>
  %41 = lm.dequantize %40 : (!lm.quantized<128x64, q4_1>) -> tensor<128x64xf32>
  %42 = lm.linear %39, %41 : (tensor<1x64xf32>, tensor<128x64xf32>) -> tensor<1x128xf32>
  %43 = lm.split_heads %42 : (tensor<1x128xf32>) -> tensor<1x4x32xf32>
  %44 = lm.parameter_ref @"model.layers.1.self_attn.k_proj.weight" : !lm.quantized<64x64, q4_1>
  %45 = lm.dequantize %44 : (!lm.quantized<64x64, q4_1>) -> tensor<64x64xf32>
  %46 = lm.linear %39, %45 : (tensor<1x64xf32>, tensor<64x64xf32>) -> tensor<1x64xf32>
  %47 = lm.split_heads %46 : (tensor<1x64xf32>) -> tensor<1x2x32xf32>
  %48 = lm.parameter_ref @"model.layers.1.self_attn.v_proj.weight" : !lm.quantized<64x64, q4_1>
  %49 = lm.dequantize %48 : (!lm.quantized<64x64, q4_1>) -> tensor<64x64xf32>
  %50 = lm.linear %39, %49 : (tensor<1x64xf32>, tensor<64x64xf32>) -> tensor<1x64xf32>
  %51 = lm.split_heads %50 : (tensor<1x64xf32>) -> tensor<1x2x32xf32>
  %52 = lm.rope %47, %positions {dim = 32 : i64, theta = 1.0e5 : f64} : (tensor<1x2x32xf32>, tensor<1xi32>) -> tensor<1x2x32xf32>
  %53 = lm.cache_append %cache1, %52, %51, %segments : (!lm.cache<2x32xf32>, tensor<1x2x32xf32>, tensor<1x2x32xf32>, tensor<?x8xi32>) -> !lm.cache<2x32xf32>
  %54 = lm.rope %43, %positions {dim = 32 : i64, theta = 1.0e5 : f64} : (tensor<1x4x32xf32>, tensor<1xi32>) -> tensor<1x4x32xf32>
  %55:2 = lm.window_attention %54, %53, %segments {scale = 0.1767766952966369 : f64} : (tensor<1x4x32xf32>, !lm.cache<2x32xf32>, tensor<?x8xi32>) -> (tensor<1x4x32xf32>, tensor<4x1xf32>)
  %56 = lm.merge_heads %55#0 : (tensor<1x4x32xf32>) -> tensor<1x128xf32>
  %57 = lm.parameter_ref @"model.layers.1.self_attn.o_proj.weight" : !lm.quantized<64x128, q4_1>
  %58 = lm.dequantize %57 : (!lm.quantized<64x128, q4_1>) -> tensor<64x128xf32>
  %59 = lm.linear %56, %58 : (tensor<1x128xf32>, tensor<64x128xf32>) -> tensor<1x64xf32>
  %60 = lm.add %37, %59 : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x64xf32>
  %61 = lm.parameter_ref @"model.layers.1.post_attention_layernorm.weight" : tensor<64xf32>
  %62 = lm.rms_norm %60, %61 {epsilon = 1.0e-5 : f64} : (tensor<1x64xf32>, tensor<64xf32>) -> tensor<1x64xf32>
  %63 = lm.parameter_ref @"model.layers.1.mlp.gate_proj.weight" : !lm.quantized<96x64, q4_1>
  %64 = lm.dequantize %63 : (!lm.quantized<96x64, q4_1>) -> tensor<96x64xf32>
  %65 = lm.linear %62, %64 : (tensor<1x64xf32>, tensor<96x64xf32>) -> tensor<1x96xf32>
  %66 = lm.parameter_ref @"model.layers.1.mlp.up_proj.weight" : !lm.quantized<96x64, q4_1>
  %67 = lm.dequantize %66 : (!lm.quantized<96x64, q4_1>) -> tensor<96x64xf32>
  %68 = lm.linear %62, %67 : (tensor<1x64xf32>, tensor<96x64xf32>) -> tensor<1x96xf32>
  %69 = lm.swiglu %65, %68 : (tensor<1x96xf32>, tensor<1x96xf32>) -> tensor<1x96xf32>
  %70 = lm.parameter_ref @"model.layers.1.mlp.down_proj.weight" : !lm.quantized<64x96, q4_1>
  %71 = lm.dequantize %70 : (!lm.quantized<64x96, q4_1>) -> tensor<64x96xf32>
  %72 = lm.linear %69, %71 : (tensor<1x96xf32>, tensor<64x96xf32>) -> tensor<1x64xf32>
  %73 = lm.add %60, %72 : (tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<1x64xf32>
  %74 = lm.gather_rows %73, %rows : (tensor<1x64xf32>, tensor<1xi32>) -> tensor<1x64xf32>
  %75 = lm.parameter_ref @"model.norm.weight" : tensor<64xf32>
  %76 = lm.rms_norm %74, %75 {epsilon = 1.0e-5 : f64} : (tensor<1x64xf32>, tensor<64xf32>) -> tensor<1x64xf32>
  %77 = lm.parameter_ref @"model.embed_tokens.weight" : !lm.quantized<80x64, q8_0>
  %78 = lm.dequantize %77 : (!lm.quantized<80x64, q8_0>) -> tensor<80x64xf32>
  %79 = lm.linear %76, %78 : (tensor<1x64xf32>, tensor<80x64xf32>) -> tensor<1x80xf32>
  return %79, %17, %53 : tensor<1x80xf32>, !lm.cache<2x32xf32>, !lm.cache<2x32xf32>
}
}
