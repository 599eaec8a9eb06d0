// Ops of encoders, adapters, gated memories and losses, one by one: every launch, compiled for each variant that this
// processor has, equals the interpreter's. Odd lengths and widths leave ragged blocks; one chunk of three is empty.
//
// RUN: longc-compare-cpu %s --function=layers --pass-pipeline='longc-lower{precision=exact}' | FileCheck %s
// RUN: longc-compare-cpu %s --function=layers --tokens=300 --seed=5 --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
//
// CHECK-NOT: WRONG
// CHECK: {{[1-9][0-9]*}} passed, 0 failed, {{[0-9]+}} skipped

module {
lm.parameter @table : !lm.quantized<80x64, q8_0>
lm.parameter @norm.weight : tensor<64xf32>
lm.parameter @norm.bias : tensor<64xf32>
lm.parameter @wide.weight : tensor<100x64xf32>
lm.parameter @wide.bias : tensor<100xf32>
lm.parameter @plain.weight : tensor<96x64xf32>
lm.parameter @plain.a : tensor<12x64xf32>
lm.parameter @plain.b : tensor<96x12xf32>
lm.parameter @decoded.weight : !lm.quantized<96x64, q4_1f>
lm.parameter @decoded.a : tensor<33x64xf32>
lm.parameter @decoded.b : tensor<96x33xf32>
lm.parameter @seeds : tensor<3x80xf32>
lm.parameter @pool.k : tensor<80x64xf32>
lm.parameter @pool.v : tensor<80x64xf32>
lm.parameter @w1 : tensor<2x32x64xf32>
lm.parameter @w2 : tensor<2x64x32xf32>
lm.parameter @u1 : tensor<2x32x5xf32>
lm.parameter @u2 : tensor<2x5xf32>
lm.parameter @state : tensor<1x32x32xf32>
lm.parameter @beta : tensor<2xf32>
lm.parameter @wide_head : tensor<203x64xf32>

func.func @layers(%tokens: tensor<?xi32> {lm.input = "tokens"}, %rows: tensor<?xi32> {lm.input = "rows"},
                  %cu: tensor<4xi32> {lm.input = "cu_seqlens"}, %destinations: tensor<3xi32> {lm.input = "destinations"},
                  %targets: tensor<?xi32> {lm.input = "targets"}, %weights: tensor<?xf32> {lm.input = "weights"},
                  %mask: tensor<?xf32>, %sums: tensor<1x32xf32>, %token: tensor<1x64xf32>,
                  %states: tensor<3x1x32x32xf32>, %sums3: tensor<3x1x32xf32>)
    -> (tensor<?x64xf32>, tensor<?x100xf32>, tensor<?x100xf32>, tensor<?x100xf32>, tensor<?x64xf32>, tensor<?x96xf32>, tensor<?x96xf32>, tensor<1x96xf32>, tensor<3x64xf32>, tensor<15x64xf32>, tensor<3x64xf32>, tensor<3x64xbf16>, tensor<9x80xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x2x32xf32>, tensor<?x2xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<3x1x32x32xf32>, tensor<3x1x32xf32>, tensor<?x2x32xf32>, tensor<?x2xf32>, tensor<1x32x32xf32>, tensor<1x32xf32>, tensor<1xf32>, tensor<?xf32>, tensor<1xf32>, tensor<?xf32>) {
  %table = lm.parameter_ref @table : !lm.quantized<80x64, q8_0>
  %x = lm.embedding %tokens, %table : (tensor<?xi32>, !lm.quantized<80x64, q8_0>) -> tensor<?x64xf32>
  %norm_weight = lm.parameter_ref @norm.weight : tensor<64xf32>
  %norm_bias = lm.parameter_ref @norm.bias : tensor<64xf32>
  %n = lm.layer_norm %x, %norm_weight bias %norm_bias {epsilon = 1.0e-5 : f64} : (tensor<?x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %wide_weight = lm.parameter_ref @wide.weight : tensor<100x64xf32>
  %wide_bias = lm.parameter_ref @wide.bias : tensor<100xf32>
  %l = lm.linear %n, %wide_weight bias %wide_bias : (tensor<?x64xf32>, tensor<100x64xf32>, tensor<100xf32>) -> tensor<?x100xf32>
  %g = lm.gelu %l : (tensor<?x100xf32>) -> tensor<?x100xf32>
  %gt = lm.gelu %l {tanh} : (tensor<?x100xf32>) -> tensor<?x100xf32>
  %picked = lm.gather_rows %n, %rows : (tensor<?x64xf32>, tensor<?xi32>) -> tensor<?x64xf32>
  %plain_weight = lm.parameter_ref @plain.weight : tensor<96x64xf32>
  %plain_a = lm.parameter_ref @plain.a : tensor<12x64xf32>
  %plain_b = lm.parameter_ref @plain.b : tensor<96x12xf32>
  %plain = lm.linear %n, %plain_weight lora(%plain_a, %plain_b) {lora_scale = 2.0 : f64} : (tensor<?x64xf32>, tensor<96x64xf32>, tensor<12x64xf32>, tensor<96x12xf32>) -> tensor<?x96xf32>
  %decoded_weight = lm.parameter_ref @decoded.weight : !lm.quantized<96x64, q4_1f>
  %decoded_d = lm.dequantize %decoded_weight : (!lm.quantized<96x64, q4_1f>) -> tensor<96x64xf32>
  %decoded_a = lm.parameter_ref @decoded.a : tensor<33x64xf32>
  %decoded_b = lm.parameter_ref @decoded.b : tensor<96x33xf32>
  %decoded = lm.linear %n, %decoded_d lora(%decoded_a, %decoded_b) {lora_scale = 2.0 : f64} : (tensor<?x64xf32>, tensor<96x64xf32>, tensor<33x64xf32>, tensor<96x33xf32>) -> tensor<?x96xf32>
  %tokened = lm.linear %token, %decoded_d lora(%decoded_a, %decoded_b) {lora_scale = 0.5 : f64} : (tensor<1x64xf32>, tensor<96x64xf32>, tensor<33x64xf32>, tensor<96x33xf32>) -> tensor<1x96xf32>
  %cls = lm.chunk_pool cls %n, %cu : (tensor<?x64xf32>, tensor<4xi32>) -> tensor<3x64xf32>
  %last = lm.chunk_pool last %n, %cu {tokens_per_chunk = 5 : i64} : (tensor<?x64xf32>, tensor<4xi32>) -> tensor<15x64xf32>
  %mean = lm.chunk_pool mean %n, %cu normalize : (tensor<?x64xf32>, tensor<4xi32>) -> tensor<3x64xf32>
  %nb = lm.round %n : (tensor<?x64xf32>) -> tensor<?x64xbf16>
  %meanb = lm.chunk_pool mean %nb, %cu : (tensor<?x64xbf16>, tensor<4xi32>) -> tensor<3x64xbf16>
  %seeds = lm.parameter_ref @seeds : tensor<3x80xf32>
  %pool_k = lm.parameter_ref @pool.k : tensor<80x64xf32>
  %pool_v = lm.parameter_ref @pool.v : tensor<80x64xf32>
  %pma = lm.chunk_pool pma %n, %cu seeds %seeds, %pool_k, %pool_v {num_heads = 2 : i64} : (tensor<?x64xf32>, tensor<4xi32>, tensor<3x80xf32>, tensor<80x64xf32>, tensor<80x64xf32>) -> tensor<9x80xf32>
  %placed = lm.scatter_rows %n, %mean, %destinations : (tensor<?x64xf32>, tensor<3x64xf32>, tensor<3xi32>) -> tensor<?x64xf32>
  %inplace = lm.scatter_rows %x, %mean, %destinations : (tensor<?x64xf32>, tensor<3x64xf32>, tensor<3xi32>) -> tensor<?x64xf32>
  %q = lm.split_heads %n : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %a = lm.split_heads %x : (tensor<?x64xf32>) -> tensor<?x2x32xf32>
  %w1 = lm.parameter_ref @w1 : tensor<2x32x64xf32>
  %w2 = lm.parameter_ref @w2 : tensor<2x64x32xf32>
  %u1 = lm.parameter_ref @u1 : tensor<2x32x5xf32>
  %u2 = lm.parameter_ref @u2 : tensor<2x5xf32>
  %lift:2 = lm.gated_memory %a, %q reads (%w1, %w2) gate (%u1, %u2) mask %mask
    : (tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<2x32x64xf32>, tensor<2x64x32xf32>, tensor<2x32x5xf32>, tensor<2x5xf32>, tensor<?xf32>) -> (tensor<?x2x32xf32>, tensor<?x2xf32>)
  %state = lm.parameter_ref @state : tensor<1x32x32xf32>
  %beta = lm.parameter_ref @beta : tensor<2xf32>
  %norms = lm.swiglu %sums, %sums : (tensor<1x32xf32>, tensor<1x32xf32>) -> tensor<1x32xf32>
  %infini = lm.gated_memory %a, %q reads kind linear_state (%state, %norms) gate selects local (%beta) {gate_scale = 1.0 : f64, gate_shift = 0.0 : f64}
    : (tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<1x32x32xf32>, tensor<1x32xf32>, tensor<2xf32>) -> tensor<?x2x32xf32>
  %kc = lm.slice_columns %n {begin = 0 : i64, end = 32 : i64} : (tensor<?x64xf32>) -> tensor<?x32xf32>
  %k = lm.split_heads %kc : (tensor<?x32xf32>) -> tensor<?x1x32xf32>
  %vc = lm.slice_columns %n {begin = 32 : i64, end = 64 : i64} : (tensor<?x64xf32>) -> tensor<?x32xf32>
  %v = lm.split_heads %vc : (tensor<?x32xf32>) -> tensor<?x1x32xf32>
  %norms3 = lm.swiglu %sums3, %sums3 : (tensor<3x1x32xf32>, tensor<3x1x32xf32>) -> tensor<3x1x32xf32>
  %told:3 = lm.gated_memory %a, %q reads kind linear_state (%states, %norms3) gate selects local (%beta) mask %mask writes delta (%k, %v) sequences %cu
    : (tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<3x1x32x32xf32>, tensor<3x1x32xf32>, tensor<2xf32>, tensor<?xf32>, tensor<?x1x32xf32>, tensor<?x1x32xf32>, tensor<4xi32>) -> (tensor<?x2x32xf32>, tensor<3x1x32x32xf32>, tensor<3x1x32xf32>)
  %added:4 = lm.gated_memory %a, %q reads kind linear_state (%state, %norms) gate (%beta) writes add (%k, %v)
    : (tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<1x32x32xf32>, tensor<1x32xf32>, tensor<2xf32>, tensor<?x1x32xf32>, tensor<?x1x32xf32>) -> (tensor<?x2x32xf32>, tensor<?x2xf32>, tensor<1x32x32xf32>, tensor<1x32xf32>)
  %decodedhead = lm.dequantize %table : (!lm.quantized<80x64, q8_0>) -> tensor<80x64xf32>
  %loss:2 = lm.cross_entropy %n, %decodedhead, %targets, %weights : (tensor<?x64xf32>, tensor<80x64xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  %wide_head = lm.parameter_ref @wide_head : tensor<203x64xf32>
  %whole:2 = lm.cross_entropy %n, %wide_head, %targets, %weights : (tensor<?x64xf32>, tensor<203x64xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  return %n, %l, %g, %gt, %picked, %plain, %decoded, %tokened, %cls, %last, %mean, %meanb, %pma, %placed, %inplace, %lift#0, %lift#1, %infini, %told#0, %told#1, %told#2, %added#0, %added#1, %added#2, %added#3, %loss#0, %loss#1, %whole#0, %whole#1
    : tensor<?x64xf32>, tensor<?x100xf32>, tensor<?x100xf32>, tensor<?x100xf32>, tensor<?x64xf32>, tensor<?x96xf32>, tensor<?x96xf32>, tensor<1x96xf32>, tensor<3x64xf32>, tensor<15x64xf32>, tensor<3x64xf32>, tensor<3x64xbf16>, tensor<9x80xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x2x32xf32>, tensor<?x2xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<3x1x32x32xf32>, tensor<3x1x32xf32>, tensor<?x2x32xf32>, tensor<?x2xf32>, tensor<1x32x32xf32>, tensor<1x32xf32>, tensor<1xf32>, tensor<?xf32>, tensor<1xf32>, tensor<?xf32>
}
}
