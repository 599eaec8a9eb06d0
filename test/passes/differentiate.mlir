// Every gradient against finite differences in float64: functions of one op, or of few, on several shapes.
// RUN: longc-interpret %s --function elements --check-gradients | FileCheck %s --check-prefix=FIVE
// RUN: longc-interpret %s --function gelus --check-gradients | FileCheck %s --check-prefix=TWO
// RUN: longc-interpret %s --function arithmetic --check-gradients | FileCheck %s --check-prefix=THREE
// RUN: longc-interpret %s --function sums --check-gradients | FileCheck %s --check-prefix=THREE
// RUN: longc-interpret %s --function sums_of_heads --check-gradients | FileCheck %s --check-prefix=THREE
// RUN: longc-interpret %s --function products --check-gradients --tokens 5 | FileCheck %s --check-prefix=FIVE
// RUN: longc-interpret %s --function linear --check-gradients --tokens 6 | FileCheck %s --check-prefix=FIVE
// RUN: longc-interpret %s --function linear --check-gradients --tokens 1 | FileCheck %s --check-prefix=FIVE
// RUN: longc-interpret %s --function norms --check-gradients --tokens 4 | FileCheck %s --check-prefix=FIVE
// RUN: longc-interpret %s --function norm_of_heads --check-gradients --tokens 4 | FileCheck %s --check-prefix=TWO
// RUN: longc-interpret %s --function rotations --check-gradients --tokens 5 | FileCheck %s --check-prefix=TWO
// RUN: longc-interpret %s --function rows --check-gradients --tokens 8 | FileCheck %s --check-prefix=THREE
// RUN: longc-interpret %s --function columns --check-gradients | FileCheck %s --check-prefix=ONE
// RUN: longc-interpret %s --function causal --check-gradients --tokens 9 | FileCheck %s --check-prefix=THREE
// RUN: longc-interpret %s --function causal --check-gradients --tokens 1 --sequences 1 | FileCheck %s --check-prefix=THREE
// RUN: longc-interpret %s --function window --check-gradients --tokens 12 | FileCheck %s --check-prefix=THREE
// RUN: longc-interpret %s --function sources --check-gradients --tokens 8 | FileCheck %s --check-prefix=THREE
// RUN: longc-interpret %s --function source_keys --check-gradients --tokens 8 | FileCheck %s --check-prefix=FOUR
// RUN: longc-interpret %s --function detached --check-gradients --tokens 8 | FileCheck %s --check-prefix=TWO
// RUN: longc-opt %s --longc-differentiate=function=detached_values | FileCheck %s --check-prefix=DETACHED
// RUN: longc-interpret %s --function merge --check-gradients | FileCheck %s --check-prefix=THREE
// RUN: longc-interpret %s --function queries_alone --check-gradients --tokens 7 | FileCheck %s --check-prefix=ONE
// RUN: longc-interpret %s --function loss --check-gradients --tokens 7 | FileCheck %s --check-prefix=TWO
// RUN: longc-interpret %s --function loss_and_lse --check-gradients --tokens 7 | FileCheck %s --check-prefix=TWO
// RUN: longc-interpret %s --function gated --check-gradients --tokens 4 | FileCheck %s --check-prefix=SEVEN
// RUN: longc-interpret %s --function gated_by_head --check-gradients --tokens 4 | FileCheck %s --check-prefix=THREE
// RUN: longc-interpret %s --function gated_by_token --check-gradients --tokens 4 | FileCheck %s --check-prefix=THREE
// RUN: longc-interpret %s --function gated_by_layer --check-gradients --tokens 4 | FileCheck %s --check-prefix=FIVE
// RUN: longc-interpret %s --function linear_state --check-gradients --tokens 5 | FileCheck %s --check-prefix=FIVE
// RUN: longc-interpret %s --function linear_state_added --check-gradients --tokens 5 | FileCheck %s --check-prefix=SIX
// RUN: longc-interpret %s --function linear_state_delta --check-gradients --tokens 5 | FileCheck %s --check-prefix=SIX
// RUN: longc-interpret %s --function tied --check-gradients --tokens 9 | FileCheck %s --check-prefix=TIED
// RUN: longc-opt %s --longc-differentiate=function=tied | FileCheck %s
// RUN: longc-opt %s --longc-differentiate=function=frozen | FileCheck %s --check-prefix=FROZEN

// ONE: gradients agree: 1 of 1,
// TWO: gradients agree: 2 of 2,
// THREE: gradients agree: 3 of 3,
// FOUR: gradients agree: 4 of 4,
// FIVE: gradients agree: 5 of 5,
// SIX: gradients agree: 6 of 6,
// SEVEN: gradients agree: 7 of 7,

func.func @elements(%a: tensor<3x4xf32> {lm.trained}, %b: tensor<3x4xf32> {lm.trained}, %c: tensor<3x4xf32> {lm.trained},
                    %d: tensor<3x4xf32> {lm.trained}, %e: tensor<3x4xf32> {lm.trained}) -> tensor<3x4xf32> {
  %0 = lm.swiglu %a, %b : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  %1 = lm.geglu %c, %d : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  %2 = lm.multiply %0, %1 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  %3 = lm.scale %2 {factor = 1.5 : f64} : (tensor<3x4xf32>) -> tensor<3x4xf32>
  %4 = lm.silu %e : (tensor<3x4xf32>) -> tensor<3x4xf32>
  %5 = lm.sigmoid %a : (tensor<3x4xf32>) -> tensor<3x4xf32>
  %6 = lm.multiply %4, %5 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  %7 = lm.add %3, %6 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  %8 = lm.round %7 : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return %8 : tensor<3x4xf32>
}

func.func @gelus(%a: tensor<2x3x2xf32> {lm.trained}, %b: tensor<2x3x2xf32> {lm.trained}) -> (tensor<2x3x2xf32>, tensor<2x3x2xf32>) {
  %0 = lm.gelu %a : (tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  %1 = lm.gelu %b {tanh} : (tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  return %0, %1 : tensor<2x3x2xf32>, tensor<2x3x2xf32>
}

func.func @arithmetic(%x: tensor<3x4xf32> {lm.trained}, %rows: tensor<3xf32> {lm.trained}, %columns: tensor<4xf32> {lm.trained}) -> tensor<3x4xf32> {
  %0 = lm.scale_rows %x, %rows : (tensor<3x4xf32>, tensor<3xf32>) -> tensor<3x4xf32>
  %1 = lm.scale_columns %0, %columns : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  %2 = lm.dot %x, %1 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<1xf32>
  %3 = lm.scale_by %1, %2 : (tensor<3x4xf32>, tensor<1xf32>) -> tensor<3x4xf32>
  %4 = lm.fill %x {value = 0.5 : f64} : (tensor<3x4xf32>) -> tensor<3x4xf32>
  %5 = lm.add %3, %4 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  return %5 : tensor<3x4xf32>
}

func.func @sums(%x: tensor<5x3xf32> {lm.trained}, %y: tensor<5x3xf32> {lm.trained}, %z: tensor<5x3xf32> {lm.trained}) -> (tensor<3xf32>, tensor<5xf32>, tensor<1xf32>) {
  %0 = lm.sum_rows %z : (tensor<5x3xf32>) -> tensor<3xf32>
  %1 = lm.dot_rows %x, %y : (tensor<5x3xf32>, tensor<5x3xf32>) -> tensor<5xf32>
  %2 = lm.dot %y, %z : (tensor<5x3xf32>, tensor<5x3xf32>) -> tensor<1xf32>
  return %0, %1, %2 : tensor<3xf32>, tensor<5xf32>, tensor<1xf32>
}

func.func @sums_of_heads(%x: tensor<2x3x4xf32> {lm.trained}, %y: tensor<2x3x4xf32> {lm.trained}, %f: tensor<2x3xf32> {lm.trained}) -> (tensor<4xf32>, tensor<2x3xf32>) {
  %0 = lm.scale_rows %x, %f : (tensor<2x3x4xf32>, tensor<2x3xf32>) -> tensor<2x3x4xf32>
  %1 = lm.sum_rows %0 : (tensor<2x3x4xf32>) -> tensor<4xf32>
  %2 = lm.dot_rows %0, %y : (tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<2x3xf32>
  return %1, %2 : tensor<4xf32>, tensor<2x3xf32>
}

func.func @products(%x: tensor<?x3xf32> {lm.trained}, %w: tensor<3x4xf32> {lm.trained}, %heads: tensor<?x2x3xf32> {lm.trained},
                    %matrices: tensor<2x3x4xf32> {lm.trained}, %turned: tensor<2x3x5xf32> {lm.trained})
    -> (tensor<?x4xf32>, tensor<?x2x4xf32>, tensor<2x5x3xf32>) {
  %0 = lm.product %x, %w : (tensor<?x3xf32>, tensor<3x4xf32>) -> tensor<?x4xf32>
  %1 = lm.product %heads, %matrices : (tensor<?x2x3xf32>, tensor<2x3x4xf32>) -> tensor<?x2x4xf32>
  %2 = lm.transpose %turned : (tensor<2x3x5xf32>) -> tensor<2x5x3xf32>
  return %0, %1, %2 : tensor<?x4xf32>, tensor<?x2x4xf32>, tensor<2x5x3xf32>
}

func.func @linear(%x: tensor<?x5xf32> {lm.trained}, %w: tensor<4x5xf32> {lm.trained}, %bias: tensor<4xf32> {lm.trained},
                  %a: tensor<2x5xf32> {lm.trained}, %b: tensor<4x2xf32> {lm.trained}) -> tensor<?x4xf32> {
  %0 = lm.linear %x, %w bias %bias lora(%a, %b) {lora_scale = 0.75 : f64}
    : (tensor<?x5xf32>, tensor<4x5xf32>, tensor<4xf32>, tensor<2x5xf32>, tensor<4x2xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

func.func @norms(%x: tensor<?x6xf32> {lm.trained}, %w: tensor<6xf32> {lm.trained}, %v: tensor<6xf32> {lm.trained},
                 %bias: tensor<6xf32> {lm.trained}, %u: tensor<6xf32> {lm.trained}) -> tensor<?x6xf32> {
  %0 = lm.rms_norm %x, %w {epsilon = 0.01 : f64} : (tensor<?x6xf32>, tensor<6xf32>) -> tensor<?x6xf32>
  %1 = lm.layer_norm %0, %v bias %bias {epsilon = 0.02 : f64} : (tensor<?x6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6xf32>
  %2 = lm.add %0, %1 : (tensor<?x6xf32>, tensor<?x6xf32>) -> tensor<?x6xf32>
  %3 = lm.layer_norm %2, %u {epsilon = 1.0e-5 : f64} : (tensor<?x6xf32>, tensor<6xf32>) -> tensor<?x6xf32>
  return %3 : tensor<?x6xf32>
}

func.func @norm_of_heads(%x: tensor<?x3x4xf32> {lm.trained}, %w: tensor<4xf32> {lm.trained}) -> tensor<?x3x4xf32> {
  %0 = lm.rms_norm %x, %w {epsilon = 1.0e-6 : f64} : (tensor<?x3x4xf32>, tensor<4xf32>) -> tensor<?x3x4xf32>
  return %0 : tensor<?x3x4xf32>
}

func.func @rotations(%x: tensor<?x2x6xf32> {lm.trained}, %y: tensor<?x3x4xf32> {lm.trained}, %p: tensor<?xi32> {lm.input = "positions"})
    -> (tensor<?x2x6xf32>, tensor<?x3x4xf32>, tensor<?x3x4xf32>) {
  %0 = lm.rope %x, %p {theta = 10.0 : f64, dim = 4 : i64} : (tensor<?x2x6xf32>, tensor<?xi32>) -> tensor<?x2x6xf32>
  %1 = lm.rope %y, %p style interleaved {theta = 10.0 : f64, dim = 4 : i64, scale = 0.5 : f64, factors = array<f64: 1.0, 4.0>, inverse}
    : (tensor<?x3x4xf32>, tensor<?xi32>) -> tensor<?x3x4xf32>
  %angles = lm.rope_angles %p {theta = 10.0 : f64, dim = 4 : i64} : (tensor<?xi32>) -> tensor<?x4xf32>
  %2 = lm.apply_rope %y, %angles : (tensor<?x3x4xf32>, tensor<?x4xf32>) -> tensor<?x3x4xf32>
  return %0, %1, %2 : tensor<?x2x6xf32>, tensor<?x3x4xf32>, tensor<?x3x4xf32>
}

func.func @rows(%table: tensor<5x3xf32> {lm.trained}, %soft: tensor<4x3xf32> {lm.trained}, %base: tensor<8x3xf32> {lm.trained},
                %tokens: tensor<8xi32> {lm.input = "tokens"}, %to: tensor<4xi32> {lm.input = "destinations"})
    -> (tensor<8x3xf32>, tensor<4x3xf32>, tensor<8x3xf32>) {
  %0 = lm.embedding %tokens, %table : (tensor<8xi32>, tensor<5x3xf32>) -> tensor<8x3xf32>
  %1 = lm.scatter_rows %0, %soft, %to : (tensor<8x3xf32>, tensor<4x3xf32>, tensor<4xi32>) -> tensor<8x3xf32>
  %2 = lm.gather_rows %0, %to : (tensor<8x3xf32>, tensor<4xi32>) -> tensor<4x3xf32>
  %3 = lm.scatter_add %base, %1, %tokens : (tensor<8x3xf32>, tensor<8x3xf32>, tensor<8xi32>) -> tensor<8x3xf32>
  return %1, %2, %3 : tensor<8x3xf32>, tensor<4x3xf32>, tensor<8x3xf32>
}

func.func @columns(%x: tensor<2x6xf32> {lm.trained}) -> (tensor<2x6xf32>, tensor<2x8xf32>) {
  %heads = lm.split_heads %x : (tensor<2x6xf32>) -> tensor<2x2x3xf32>
  %bent = lm.silu %heads : (tensor<2x2x3xf32>) -> tensor<2x2x3xf32>
  %rows = lm.merge_heads %bent : (tensor<2x2x3xf32>) -> tensor<2x6xf32>
  %some = lm.slice_columns %rows {begin = 1 : i64, end = 4 : i64} : (tensor<2x6xf32>) -> tensor<2x3xf32>
  %padded = lm.pad_columns %some {begin = 2 : i64} : (tensor<2x3xf32>) -> tensor<2x8xf32>
  %cut = lm.reshape %padded : (tensor<2x8xf32>) -> tensor<4x2x2xf32>
  %bent2 = lm.silu %cut : (tensor<4x2x2xf32>) -> tensor<4x2x2xf32>
  %wide = lm.reshape %bent2 : (tensor<4x2x2xf32>) -> tensor<2x8xf32>
  return %rows, %wide : tensor<2x6xf32>, tensor<2x8xf32>
}

func.func @causal(%q: tensor<?x4x3xf32> {lm.trained}, %k: tensor<?x2x3xf32> {lm.trained}, %v: tensor<?x2x3xf32> {lm.trained},
                  %cu: tensor<?xi32> {lm.input = "cu_seqlens"}) -> (tensor<?x4x3xf32>, tensor<4x?xf32>) {
  %o, %l = lm.packed_attention %q, %k, %v, %cu, %cu causal {scale = 0.6 : f64}
    : (tensor<?x4x3xf32>, tensor<?x2x3xf32>, tensor<?x2x3xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x3xf32>, tensor<4x?xf32>)
  return %o, %l : tensor<?x4x3xf32>, tensor<4x?xf32>
}

func.func @window(%q: tensor<?x2x3xf32> {lm.trained}, %k: tensor<?x2x3xf32> {lm.trained}, %v: tensor<?x2x3xf32> {lm.trained},
                  %cu: tensor<?xi32> {lm.input = "cu_seqlens"}) -> (tensor<?x2x3xf32>, tensor<?x2x3xf32>) {
  %o, %l = lm.packed_attention %q, %k, %v, %cu, %cu causal {scale = 0.6 : f64, window = 3 : i64, soft_cap = 0.8 : f64}
    : (tensor<?x2x3xf32>, tensor<?x2x3xf32>, tensor<?x2x3xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x3xf32>, tensor<2x?xf32>)
  %p, %m = lm.packed_attention %q, %k, %v, %cu, %cu {scale = 1.1 : f64}
    : (tensor<?x2x3xf32>, tensor<?x2x3xf32>, tensor<?x2x3xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x3xf32>, tensor<2x?xf32>)
  return %o, %p : tensor<?x2x3xf32>, tensor<?x2x3xf32>
}

func.func @sources(%q: tensor<?x2x2xf32> {lm.trained}, %k: tensor<?x1x2xf32> {lm.trained}, %v: tensor<?x1x2xf32> {lm.trained},
                   %cu: tensor<?xi32> {lm.input = "cu_seqlens"}, %reads: tensor<?x2xi32> {lm.input = "sources"}) -> (tensor<?x2x2xf32>, tensor<2x?xf32>) {
  %o, %l = lm.packed_attention %q, %k, %v, %cu, %cu sources %reads causal {scale = 0.7 : f64}
    : (tensor<?x2x2xf32>, tensor<?x1x2xf32>, tensor<?x1x2xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?x2xi32>) -> (tensor<?x2x2xf32>, tensor<2x?xf32>)
  return %o, %l : tensor<?x2x2xf32>, tensor<2x?xf32>
}

func.func @source_keys(%q: tensor<?x2x2xf32> {lm.trained}, %k: tensor<?x1x2xf32> {lm.trained}, %v: tensor<?x1x2xf32> {lm.trained},
                       %raw: tensor<?x1x2xf32> {lm.trained}, %cu: tensor<?xi32> {lm.input = "cu_seqlens"}, %reads: tensor<?x2xi32> {lm.input = "cross_rows"})
    -> (tensor<?x2x2xf32>, tensor<2x?xf32>) {
  %o, %l = lm.packed_attention %q, %k, %v, %cu, %cu sources %reads source_keys %raw causal {scale = 0.7 : f64, window = 2 : i64, soft_cap = 1.5 : f64}
    : (tensor<?x2x2xf32>, tensor<?x1x2xf32>, tensor<?x1x2xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?x2xi32>, tensor<?x1x2xf32>) -> (tensor<?x2x2xf32>, tensor<2x?xf32>)
  return %o, %l : tensor<?x2x2xf32>, tensor<2x?xf32>
}

// What is read of others is detached; here it is not trained either, so that finite differences see it as a constant.
func.func @detached(%q: tensor<?x2x2xf32> {lm.trained}, %k: tensor<?x1x2xf32> {lm.trained}, %v: tensor<?x1x2xf32>, %raw: tensor<?x1x2xf32>,
                    %cu: tensor<?xi32> {lm.input = "cu_seqlens"}, %reads: tensor<?x2xi32> {lm.input = "cross_rows"}) -> (tensor<?x2x2xf32>, tensor<2x?xf32>) {
  %o, %l = lm.packed_attention %q, %k, %v, %cu, %cu sources %reads source_keys %raw detached_sources causal {scale = 0.7 : f64, soft_cap = 1.5 : f64}
    : (tensor<?x2x2xf32>, tensor<?x1x2xf32>, tensor<?x1x2xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?x2xi32>, tensor<?x1x2xf32>) -> (tensor<?x2x2xf32>, tensor<2x?xf32>)
  return %o, %l : tensor<?x2x2xf32>, tensor<2x?xf32>
}

// Values and un-rotated keys get what their own sequence's queries leave them; queries get what they read of others, too.
// DETACHED-LABEL: func.func @detached_values_gradient
// DETACHED: lm.attention_query_gradient {{.*}} sources %{{[^ ]*}} source_keys
// DETACHED: lm.attention_key_gradient
// DETACHED-NOT: sources
// DETACHED: return
func.func @detached_values(%q: tensor<?x2x2xf32> {lm.trained}, %k: tensor<?x1x2xf32> {lm.trained}, %v: tensor<?x1x2xf32> {lm.trained},
                           %cu: tensor<?xi32> {lm.input = "cu_seqlens"}, %reads: tensor<?x2xi32> {lm.input = "cross_rows"}, %at: tensor<?xi32> {lm.input = "positions"})
    -> tensor<?x2x2xf32> {
  %r = lm.rope %k, %at {theta = 100.0 : f64, dim = 2 : i64} : (tensor<?x1x2xf32>, tensor<?xi32>) -> tensor<?x1x2xf32>
  %o, %l = lm.packed_attention %q, %r, %v, %cu, %cu sources %reads source_keys %k detached_sources causal {scale = 0.7 : f64}
    : (tensor<?x2x2xf32>, tensor<?x1x2xf32>, tensor<?x1x2xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?x2xi32>, tensor<?x1x2xf32>) -> (tensor<?x2x2xf32>, tensor<2x?xf32>)
  return %o : tensor<?x2x2xf32>
}

// Local keys and, in one softmax, others. The second part has rows that see nothing: queries of a sequence without keys.
func.func @merge(%q: tensor<7x2x2xf32> {lm.trained}, %k: tensor<7x1x2xf32> {lm.trained}, %v: tensor<7x1x2xf32> {lm.trained},
                 %cu: tensor<4xi32> {lm.value = dense<[0, 3, 3, 7]> : tensor<4xi32>}, %others: tensor<4xi32> {lm.value = dense<[0, 0, 2, 7]> : tensor<4xi32>})
    -> (tensor<7x2x2xf32>, tensor<2x7xf32>, tensor<7x2x2xf32>, tensor<2x7xf32>) {
  %o, %l = lm.packed_attention %q, %k, %v, %cu, %cu causal {scale = 0.7 : f64}
    : (tensor<7x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<4xi32>, tensor<4xi32>) -> (tensor<7x2x2xf32>, tensor<2x7xf32>)
  %q2 = lm.scale %q {factor = -0.5 : f64} : (tensor<7x2x2xf32>) -> tensor<7x2x2xf32>
  %p, %m = lm.packed_attention %q2, %v, %k, %cu, %others {scale = 0.7 : f64}
    : (tensor<7x2x2xf32>, tensor<7x1x2xf32>, tensor<7x1x2xf32>, tensor<4xi32>, tensor<4xi32>) -> (tensor<7x2x2xf32>, tensor<2x7xf32>)
  %r, %s = lm.merge_attention (%o, %p), (%l, %m) : (tensor<7x2x2xf32>, tensor<7x2x2xf32>, tensor<2x7xf32>, tensor<2x7xf32>) -> (tensor<7x2x2xf32>, tensor<2x7xf32>)
  // Empty in both parts.
  %e, %n = lm.merge_attention (%p, %p), (%m, %m) : (tensor<7x2x2xf32>, tensor<7x2x2xf32>, tensor<2x7xf32>, tensor<2x7xf32>) -> (tensor<7x2x2xf32>, tensor<2x7xf32>)
  return %r, %s, %e, %n : tensor<7x2x2xf32>, tensor<2x7xf32>, tensor<7x2x2xf32>, tensor<2x7xf32>
}

func.func @queries_alone(%q: tensor<?x2x2xf32> {lm.trained}, %k: tensor<?x1x2xf32>, %v: tensor<?x1x2xf32>,
                         %cu: tensor<?xi32> {lm.input = "cu_seqlens"}) -> tensor<2x?xf32> {
  %o, %l = lm.packed_attention %q, %k, %v, %cu, %cu causal {scale = 0.7 : f64}
    : (tensor<?x2x2xf32>, tensor<?x1x2xf32>, tensor<?x1x2xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x2xf32>, tensor<2x?xf32>)
  return %l : tensor<2x?xf32>
}

func.func @loss(%x: tensor<?x3xf32> {lm.trained}, %w: tensor<5x3xf32> {lm.trained}, %targets: tensor<?xi32> {lm.input = "targets", lm.limit = 5 : i64},
                %weights: tensor<?xf32> {lm.input = "weights"}) -> tensor<1xf32> {
  %loss, %lse = lm.cross_entropy %x, %w, %targets, %weights : (tensor<?x3xf32>, tensor<5x3xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  %twice = lm.scale %loss {factor = 2.0 : f64} : (tensor<1xf32>) -> tensor<1xf32>
  return %twice : tensor<1xf32>
}

func.func @loss_and_lse(%x: tensor<?x3xf32> {lm.trained}, %w: tensor<5x3xf32> {lm.trained}, %targets: tensor<?xi32> {lm.input = "targets", lm.limit = 5 : i64},
                        %weights: tensor<?xf32> {lm.input = "weights"}) -> (tensor<1xf32>, tensor<?xf32>) {
  %loss, %lse = lm.cross_entropy %x, %w, %targets, %weights : (tensor<?x3xf32>, tensor<5x3xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  return %loss, %lse : tensor<1xf32>, tensor<?xf32>
}

// LIFT: a memory and a gate of each head, some rows without.
func.func @gated(%a: tensor<?x2x2xf32> {lm.trained}, %q: tensor<?x2x2xf32> {lm.trained}, %w1: tensor<2x2x3xf32> {lm.trained}, %w2: tensor<2x3x2xf32> {lm.trained},
                 %u1: tensor<2x2x2xf32> {lm.trained}, %u2: tensor<2x2xf32> {lm.trained}, %mask: tensor<?xf32> {lm.trained}) -> (tensor<?x2x2xf32>, tensor<?x2xf32>) {
  %o, %g = lm.gated_memory %a, %q reads (%w1, %w2) gate (%u1, %u2) mask %mask
    : (tensor<?x2x2xf32>, tensor<?x2x2xf32>, tensor<2x2x3xf32>, tensor<2x3x2xf32>, tensor<2x2x2xf32>, tensor<2x2xf32>, tensor<?xf32>) -> (tensor<?x2x2xf32>, tensor<?x2xf32>)
  return %o, %g : tensor<?x2x2xf32>, tensor<?x2xf32>
}

// Infini-attention's state: two pairs of heads share one each. Its norm is far from zero, so that what is divided by it is smooth.
// s bends at zero: with other numbers of tokens or seeds a key may lie nearer to it than the differences step (2e-3), and they are off by 1e-5.
func.func @linear_state(%a: tensor<?x4x3xf32> {lm.trained}, %q: tensor<?x4x3xf32> {lm.trained}, %s: tensor<2x3x3xf32> {lm.trained}, %x: tensor<2x3xf32> {lm.trained},
                        %z: tensor<?x4xf32> {lm.trained}) -> tensor<?x4x3xf32> {
  %n = lm.sigmoid %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %o = lm.gated_memory %a, %q reads kind linear_state (%s, %n) gate (%z)
    : (tensor<?x4x3xf32>, tensor<?x4x3xf32>, tensor<2x3x3xf32>, tensor<2x3xf32>, tensor<?x4xf32>) -> tensor<?x4x3xf32>
  return %o : tensor<?x4x3xf32>
}

func.func @linear_state_added(%a: tensor<?x4x3xf32>, %q: tensor<?x4x3xf32> {lm.trained}, %s: tensor<2x3x3xf32> {lm.trained}, %x: tensor<2x3xf32> {lm.trained},
                              %k: tensor<?x2x3xf32> {lm.trained}, %v: tensor<?x2x3xf32> {lm.trained}, %z: tensor<1xf32> {lm.trained})
    -> (tensor<?x4x3xf32>, tensor<2x3x3xf32>, tensor<2x3xf32>) {
  %n = lm.sigmoid %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %o, %s1, %n1 = lm.gated_memory %a, %q reads kind linear_state (%s, %n) gate (%z) writes add (%k, %v)
    : (tensor<?x4x3xf32>, tensor<?x4x3xf32>, tensor<2x3x3xf32>, tensor<2x3xf32>, tensor<1xf32>, tensor<?x2x3xf32>, tensor<?x2x3xf32>)
    -> (tensor<?x4x3xf32>, tensor<2x3x3xf32>, tensor<2x3xf32>)
  return %o, %s1, %n1 : tensor<?x4x3xf32>, tensor<2x3x3xf32>, tensor<2x3xf32>
}

func.func @linear_state_delta(%a: tensor<?x2x3xf32>, %q: tensor<?x2x3xf32> {lm.trained}, %s: tensor<2x3x3xf32> {lm.trained}, %x: tensor<2x3xf32> {lm.trained},
                              %k: tensor<?x2x3xf32> {lm.trained}, %v: tensor<?x2x3xf32> {lm.trained}, %z: tensor<2xf32> {lm.trained})
    -> (tensor<?x2x3xf32>, tensor<2x3x3xf32>, tensor<2x3xf32>) {
  %n = lm.sigmoid %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %o, %s1, %n1 = lm.gated_memory %a, %q reads kind linear_state (%s, %n) gate (%z) writes delta (%k, %v)
    : (tensor<?x2x3xf32>, tensor<?x2x3xf32>, tensor<2x3x3xf32>, tensor<2x3xf32>, tensor<2xf32>, tensor<?x2x3xf32>, tensor<?x2x3xf32>)
    -> (tensor<?x2x3xf32>, tensor<2x3x3xf32>, tensor<2x3xf32>)
  return %o, %s1, %n1 : tensor<?x2x3xf32>, tensor<2x3x3xf32>, tensor<2x3xf32>
}

func.func @gated_by_head(%a: tensor<?x2x3xf32> {lm.trained}, %q: tensor<?x2x3xf32>, %m: tensor<?x2x3xf32> {lm.trained}, %z: tensor<2xf32> {lm.trained}) -> tensor<?x2x3xf32> {
  %o = lm.gated_memory %a, %q reads kind external (%m) gate selects local (%z)
    : (tensor<?x2x3xf32>, tensor<?x2x3xf32>, tensor<?x2x3xf32>, tensor<2xf32>) -> tensor<?x2x3xf32>
  return %o : tensor<?x2x3xf32>
}

func.func @gated_by_token(%a: tensor<?x2x3xf32> {lm.trained}, %q: tensor<?x2x3xf32>, %m: tensor<?x2x3xf32> {lm.trained}, %z: tensor<?x2xf32> {lm.trained}) -> tensor<?x2x3xf32> {
  %o = lm.gated_memory %a, %q reads kind external (%m) gate (%z) {gate_scale = 1.0 : f64, gate_shift = 0.0 : f64}
    : (tensor<?x2x3xf32>, tensor<?x2x3xf32>, tensor<?x2x3xf32>, tensor<?x2xf32>) -> tensor<?x2x3xf32>
  return %o : tensor<?x2x3xf32>
}

func.func @gated_by_layer(%a: tensor<?x2x2xf32> {lm.trained}, %q: tensor<?x2x2xf32> {lm.trained}, %w1: tensor<2x2x3xf32> {lm.trained}, %w2: tensor<2x3x2xf32> {lm.trained},
                          %z: tensor<1xf32> {lm.trained}) -> tensor<?x2x2xf32> {
  %o = lm.gated_memory %a, %q reads (%w1, %w2) gate (%z)
    : (tensor<?x2x2xf32>, tensor<?x2x2xf32>, tensor<2x2x3xf32>, tensor<2x3x2xf32>, tensor<1xf32>) -> tensor<?x2x2xf32>
  return %o : tensor<?x2x2xf32>
}

lm.parameter @table trainable : tensor<5x4xf32>
lm.parameter @norm : tensor<4xf32>
lm.parameter @w : !lm.quantized<4x32, q8_0>
lm.parameter @down trainable : tensor<32x4xf32>

// Two uses of one parameter have one gradient: the rows of the tokens are added to that of the head.
// TIED: gradients agree: 2 of 2,
// CHECK-LABEL: func.func @tied_gradient
// CHECK-SAME: -> (tensor<1xf32>, tensor<5x4xf32> {lm.gradient = "table"}, tensor<32x4xf32> {lm.gradient = "down"})
// CHECK: %[[HEAD:.*]] = lm.cross_entropy_weight_gradient
// CHECK: %[[DOWN:.*]] = lm.row_product
// CHECK: %[[TABLE:.*]] = lm.scatter_add %[[HEAD]],
// CHECK: return %{{.*}}, %[[TABLE]], %[[DOWN]]
func.func @tied(%tokens: tensor<?xi32> {lm.input = "tokens"}, %targets: tensor<?xi32> {lm.input = "targets"}, %weights: tensor<?xf32> {lm.input = "weights"}) -> tensor<1xf32> {
  %table = lm.parameter_ref @table : tensor<5x4xf32>
  %x = lm.embedding %tokens, %table : (tensor<?xi32>, tensor<5x4xf32>) -> tensor<?x4xf32>
  %norm = lm.parameter_ref @norm : tensor<4xf32>
  %n = lm.rms_norm %x, %norm {epsilon = 1.0e-5 : f64} : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %down = lm.parameter_ref @down : tensor<32x4xf32>
  %y = lm.linear %n, %down : (tensor<?x4xf32>, tensor<32x4xf32>) -> tensor<?x32xf32>
  %w = lm.parameter_ref @w : !lm.quantized<4x32, q8_0>
  %dense = lm.dequantize %w : (!lm.quantized<4x32, q8_0>) -> tensor<4x32xf32>
  %z = lm.linear %y, %dense : (tensor<?x32xf32>, tensor<4x32xf32>) -> tensor<?x4xf32>
  %head = lm.parameter_ref @table : tensor<5x4xf32>
  %loss, %lse = lm.cross_entropy %z, %head, %targets, %weights : (tensor<?x4xf32>, tensor<5x4xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  return %loss : tensor<1xf32>
}

// Nothing trained goes into the first product and the norm: they have no gradients, and the second one's input has none.
// FROZEN-LABEL: func.func @frozen_gradient
// FROZEN-SAME: -> (tensor<1xf32>, tensor<32x4xf32> {lm.gradient = "down"})
// FROZEN-NOT: lm.rms_norm_gradient
// FROZEN: lm.cross_entropy_input_gradient
// FROZEN-NOT: lm.product
// FROZEN: %[[DOWN:.*]] = lm.row_product
// FROZEN-NEXT: return %{{.*}}, %[[DOWN]]
func.func @frozen(%x: tensor<?x4xf32>, %w: tensor<5x32xf32>, %targets: tensor<?xi32> {lm.input = "targets"}, %weights: tensor<?xf32> {lm.input = "weights"}) -> tensor<1xf32> {
  %norm = lm.parameter_ref @norm : tensor<4xf32>
  %n = lm.rms_norm %x, %norm {epsilon = 1.0e-5 : f64} : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %down = lm.parameter_ref @down : tensor<32x4xf32>
  %y = lm.linear %n, %down : (tensor<?x4xf32>, tensor<32x4xf32>) -> tensor<?x32xf32>
  %loss, %lse = lm.cross_entropy %y, %w, %targets, %weights : (tensor<?x32xf32>, tensor<5x32xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  return %loss : tensor<1xf32>
}
