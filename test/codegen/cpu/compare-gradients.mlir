// Products, sums and row-wise ops of gradients, compiled, beside the interpreter.
// RUN: longc-compare-cpu %s --function=products --tokens=37 --pass-pipeline='longc-lower{precision=written}' | FileCheck %s
// RUN: longc-compare-cpu %s --function=products_of_bf16 --tokens=70 --variants=avx2,avx512_bf16 --pass-pipeline='longc-lower{precision=written}' | FileCheck %s
// RUN: longc-compare-cpu %s --function=products_of_stored --tokens=37 --variants=avx2,avx512_bf16 --pass-pipeline='longc-lower{precision=written}' | FileCheck %s
// RUN: longc-compare-cpu %s --function=stored --tokens=300 --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
// RUN: longc-compare-cpu %s --function=rows --tokens=37 --variants=avx2,avx512_bf16 --pass-pipeline='longc-lower{precision=exact}' | FileCheck %s
// RUN: longc-compare-cpu %s --function=heads --tokens=37 --variants=avx2,avx512_bf16 --pass-pipeline='longc-lower{precision=exact}' | FileCheck %s
// RUN: longc-opt %s --longc-differentiate=function=loss -o %t && longc-compare-cpu %t --function=loss_gradient --tokens=300 --variants=avx2,avx512_bf16 --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
// RUN: longc-opt %s --longc-differentiate=function=dense -o %t && longc-compare-cpu %t --function=dense_gradient --tokens=70 --sequences=2 --variants=avx2 --pass-pipeline='longc-lower{precision=exact}' | FileCheck %s
// RUN: longc-opt %s --longc-differentiate=function=loss_and_lse -o %t && longc-compare-cpu %t --function=loss_and_lse_gradient --tokens=37 --variants=avx2 --pass-pipeline='longc-lower{precision=exact}' | FileCheck %s
// RUN: longc-opt %s --longc-differentiate=function=adapter -o %t && longc-compare-cpu %t --function=adapter_gradient --tokens=37 --variants=avx2 --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
// RUN: longc-opt %s --longc-differentiate=function=gated -o %t.gated && longc-compare-cpu %t.gated --function=gated_gradient --tokens=37 --variants=avx2,avx512_bf16 --pass-pipeline='longc-lower{precision=exact}' | FileCheck %s
// RUN: longc-compare-cpu %t.gated --function=gated_gradient --tokens=70 --variants=avx512_bf16 --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
// RUN: longc-interpret %t --function adapter_gradient --tokens 37 --compare-after 'longc-lower{precision=exact}' --tolerance 1e-5
// CHECK-NOT: WRONG
// CHECK: {{[1-9][0-9]*}} passed, 0 failed

lm.parameter @bf16 : tensor<80x70xbf16>
lm.parameter @f32 : tensor<90x33xf32>
lm.parameter @trained trainable : tensor<48x52xf32>
lm.parameter @q8 : !lm.quantized<96x160, q8_0>
lm.parameter @q4 : !lm.quantized<112x64, q4_1>
lm.parameter @q6 : !lm.quantized<50x32, q6_2>

func.func @products(%x: tensor<?x50xf32>, %y: tensor<?x21xf32>, %w: tensor<50x70xf32>)
    -> (tensor<?x70xf32>, tensor<?x70xf32>, tensor<50x21xf32>) {
  %0 = lm.product %x, %w : (tensor<?x50xf32>, tensor<50x70xf32>) -> tensor<?x70xf32>
  %1 = lm.silu %0 : (tensor<?x70xf32>) -> tensor<?x70xf32>
  %2 = lm.product %x, %w : (tensor<?x50xf32>, tensor<50x70xf32>) -> tensor<?x70xf32>
  %3 = lm.row_product %x, %y : (tensor<?x50xf32>, tensor<?x21xf32>) -> tensor<50x21xf32>
  return %1, %2, %3 : tensor<?x70xf32>, tensor<?x70xf32>, tensor<50x21xf32>
}

func.func @products_of_bf16(%x: tensor<?x51xbf16>, %y: tensor<?x16xbf16>, %w: tensor<51x300xbf16>)
    -> (tensor<?x300xf32>, tensor<51x16xf32>, tensor<16x51xf32>) {
  %0 = lm.product %x, %w : (tensor<?x51xbf16>, tensor<51x300xbf16>) -> tensor<?x300xf32>
  %1 = lm.row_product %x, %y : (tensor<?x51xbf16>, tensor<?x16xbf16>) -> tensor<51x16xf32>
  %2 = lm.row_product %y, %x : (tensor<?x16xbf16>, tensor<?x51xbf16>) -> tensor<16x51xf32>
  return %0, %1, %2 : tensor<?x300xf32>, tensor<51x16xf32>, tensor<16x51xf32>
}

func.func @products_of_stored(%x: tensor<?x80xbf16>, %y: tensor<?x90xf32>) -> (tensor<?x70xf32>, tensor<?x33xf32>) {
  %bf16 = lm.parameter_ref @bf16 : tensor<80x70xbf16>
  %f32 = lm.parameter_ref @f32 : tensor<90x33xf32>
  %0 = lm.product %x, %bf16 : (tensor<?x80xbf16>, tensor<80x70xbf16>) -> tensor<?x70xf32>
  %1 = lm.product %y, %f32 : (tensor<?x90xf32>, tensor<90x33xf32>) -> tensor<?x33xf32>
  return %0, %1 : tensor<?x70xf32>, tensor<?x33xf32>
}

func.func @stored(%a: tensor<?x80xf32>, %b: tensor<?x48xf32>, %c: tensor<?x96xf32>, %d: tensor<?x112xf32>, %e: tensor<?x50xf32>)
    -> (tensor<?x70xf32>, tensor<?x52xf32>, tensor<?x160xf32>, tensor<?x64xf32>, tensor<?x32xf32>) {
  %bf16 = lm.parameter_ref @bf16 : tensor<80x70xbf16>
  %wide = lm.round %bf16 : (tensor<80x70xbf16>) -> tensor<80x70xf32>
  %trained = lm.parameter_ref @trained : tensor<48x52xf32>
  %q8 = lm.parameter_ref @q8 : !lm.quantized<96x160, q8_0>
  %q4 = lm.parameter_ref @q4 : !lm.quantized<112x64, q4_1>
  %q6 = lm.parameter_ref @q6 : !lm.quantized<50x32, q6_2>
  %w8 = lm.dequantize %q8 : (!lm.quantized<96x160, q8_0>) -> tensor<96x160xf32>
  %w4 = lm.dequantize %q4 : (!lm.quantized<112x64, q4_1>) -> tensor<112x64xf32>
  %w6 = lm.dequantize %q6 : (!lm.quantized<50x32, q6_2>) -> tensor<50x32xf32>
  %0 = lm.product %a, %wide : (tensor<?x80xf32>, tensor<80x70xf32>) -> tensor<?x70xf32>
  %1 = lm.product %b, %trained : (tensor<?x48xf32>, tensor<48x52xf32>) -> tensor<?x52xf32>
  %2 = lm.product %c, %w8 : (tensor<?x96xf32>, tensor<96x160xf32>) -> tensor<?x160xf32>
  %3 = lm.product %d, %w4 : (tensor<?x112xf32>, tensor<112x64xf32>) -> tensor<?x64xf32>
  %4 = lm.product %e, %w6 : (tensor<?x50xf32>, tensor<50x32xf32>) -> tensor<?x32xf32>
  return %0, %1, %2, %3, %4 : tensor<?x70xf32>, tensor<?x52xf32>, tensor<?x160xf32>, tensor<?x64xf32>, tensor<?x32xf32>
}

func.func @rows(%x: tensor<?x70xf32>, %g: tensor<?x70xf32>, %w: tensor<70xf32>, %f: tensor<?xf32>, %one: tensor<1xf32>,
                %table: tensor<9x70xf32>, %at: tensor<?xi32>)
    -> (tensor<?x70xf32>, tensor<?x70xf32>, tensor<?x70xf32>, tensor<?x70xf32>, tensor<?x70xf32>, tensor<?x70xf32>,
        tensor<?x70xf32>, tensor<?xf32>, tensor<70xf32>, tensor<70x?xf32>, tensor<9x70xf32>) {
  %0:2 = lm.rms_norm_gradient %x, %w, %g {epsilon = 1.0e-5 : f64}
    : (tensor<?x70xf32>, tensor<70xf32>, tensor<?x70xf32>) -> (tensor<?x70xf32>, tensor<?x70xf32>)
  %1:2 = lm.layer_norm_gradient %x, %w, %g {epsilon = 1.0e-5 : f64}
    : (tensor<?x70xf32>, tensor<70xf32>, tensor<?x70xf32>) -> (tensor<?x70xf32>, tensor<?x70xf32>)
  %2 = lm.scale_rows %x, %f : (tensor<?x70xf32>, tensor<?xf32>) -> tensor<?x70xf32>
  %3 = lm.scale_columns %x, %w : (tensor<?x70xf32>, tensor<70xf32>) -> tensor<?x70xf32>
  %4 = lm.scale_by %x, %one : (tensor<?x70xf32>, tensor<1xf32>) -> tensor<?x70xf32>
  %5 = lm.dot_rows %x, %g : (tensor<?x70xf32>, tensor<?x70xf32>) -> tensor<?xf32>
  %6 = lm.sum_rows %x : (tensor<?x70xf32>) -> tensor<70xf32>
  %7 = lm.transpose %x : (tensor<?x70xf32>) -> tensor<70x?xf32>
  %8 = lm.scatter_add %table, %x, %at : (tensor<9x70xf32>, tensor<?x70xf32>, tensor<?xi32>) -> tensor<9x70xf32>
  return %0#0, %0#1, %1#0, %1#1, %2, %3, %4, %5, %6, %7, %8
    : tensor<?x70xf32>, tensor<?x70xf32>, tensor<?x70xf32>, tensor<?x70xf32>, tensor<?x70xf32>, tensor<?x70xf32>,
      tensor<?x70xf32>, tensor<?xf32>, tensor<70xf32>, tensor<70x?xf32>, tensor<9x70xf32>
}

func.func @heads(%x: tensor<?x3x34xf32>, %g: tensor<?x3x34xf32>, %w: tensor<34xf32>, %f: tensor<?x3xf32>)
    -> (tensor<?x3x34xf32>, tensor<?x3x34xf32>, tensor<?x3x34xf32>, tensor<?x3x34xf32>, tensor<?x3xf32>, tensor<34xf32>,
        tensor<3x34x34xf32>, tensor<3x?xf32>) {
  %0:2 = lm.rms_norm_gradient %x, %w, %g {epsilon = 1.0e-5 : f64}
    : (tensor<?x3x34xf32>, tensor<34xf32>, tensor<?x3x34xf32>) -> (tensor<?x3x34xf32>, tensor<?x3x34xf32>)
  %1 = lm.scale_rows %x, %f : (tensor<?x3x34xf32>, tensor<?x3xf32>) -> tensor<?x3x34xf32>
  %2 = lm.scale_columns %x, %w : (tensor<?x3x34xf32>, tensor<34xf32>) -> tensor<?x3x34xf32>
  %3 = lm.dot_rows %x, %g : (tensor<?x3x34xf32>, tensor<?x3x34xf32>) -> tensor<?x3xf32>
  %4 = lm.sum_rows %x : (tensor<?x3x34xf32>) -> tensor<34xf32>
  %5 = lm.row_product %x, %g : (tensor<?x3x34xf32>, tensor<?x3x34xf32>) -> tensor<3x34x34xf32>
  %6 = lm.transpose %f : (tensor<?x3xf32>) -> tensor<3x?xf32>
  return %0#0, %0#1, %1, %2, %3, %4, %5, %6 : tensor<?x3x34xf32>, tensor<?x3x34xf32>, tensor<?x3x34xf32>, tensor<?x3x34xf32>,
    tensor<?x3xf32>, tensor<34xf32>, tensor<3x34x34xf32>, tensor<3x?xf32>
}

func.func @attention(%q: tensor<?x2x32xf32> {lm.trained}, %k: tensor<?x2x32xf32> {lm.trained}, %v: tensor<?x2x32xf32> {lm.trained}, %cu: tensor<?xi32> {lm.input = "boundaries"})
    -> tensor<?x2x32xf32> {
  %out, %lse = lm.packed_attention %q, %k, %v, %cu, %cu causal {scale = 0.3 : f64}
    : (tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x32xf32>, tensor<2x?xf32>)
  return %out : tensor<?x2x32xf32>
}

func.func @grouped(%q: tensor<?x6x18xf32> {lm.trained}, %k: tensor<?x2x18xf32> {lm.trained}, %v: tensor<?x2x18xf32> {lm.trained}, %cu: tensor<?xi32> {lm.input = "boundaries"})
    -> tensor<?x6x18xf32> {
  %out, %lse = lm.packed_attention %q, %k, %v, %cu, %cu causal {scale = 0.3 : f64}
    : (tensor<?x6x18xf32>, tensor<?x2x18xf32>, tensor<?x2x18xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x6x18xf32>, tensor<6x?xf32>)
  return %out : tensor<?x6x18xf32>
}

func.func @others(%q: tensor<?x6x32xf32> {lm.trained}, %k: tensor<?x2x32xf32> {lm.trained}, %v: tensor<?x2x32xf32> {lm.trained}, %raw: tensor<?x2x32xf32> {lm.trained},
                  %cu: tensor<?xi32> {lm.input = "boundaries"}, %rows: tensor<?x2xi32> {lm.input = "cross_rows"}) -> tensor<?x6x32xf32> {
  %out, %lse = lm.packed_attention %q, %k, %v, %cu, %cu sources %rows source_keys %raw causal {scale = 0.3 : f64}
    : (tensor<?x6x32xf32>, tensor<?x2x32xf32>, tensor<?x2x32xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?x2xi32>, tensor<?x2x32xf32>) -> (tensor<?x6x32xf32>, tensor<6x?xf32>)
  return %out : tensor<?x6x32xf32>
}

func.func @window(%q: tensor<?x3x32xf32> {lm.trained}, %k: tensor<?x1x32xf32> {lm.trained}, %v: tensor<?x1x32xf32> {lm.trained}, %cu: tensor<?xi32> {lm.input = "boundaries"})
    -> tensor<?x3x32xf32> {
  %out, %lse = lm.packed_attention %q, %k, %v, %cu, %cu causal {scale = 0.3 : f64, window = 40 : i64, soft_cap = 2.0 : f64}
    : (tensor<?x3x32xf32>, tensor<?x1x32xf32>, tensor<?x1x32xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x3x32xf32>, tensor<3x?xf32>)
  return %out : tensor<?x3x32xf32>
}

// A window without causality hides what is older, and nothing that is later.
func.func @later(%q: tensor<?x4x16xf32> {lm.trained}, %k: tensor<?x2x16xf32> {lm.trained}, %v: tensor<?x2x16xf32> {lm.trained}, %cu: tensor<?xi32> {lm.input = "boundaries"})
    -> tensor<?x4x16xf32> {
  %out, %lse = lm.packed_attention %q, %k, %v, %cu, %cu {scale = 0.3 : f64, window = 9 : i64}
    : (tensor<?x4x16xf32>, tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x16xf32>, tensor<4x?xf32>)
  return %out : tensor<?x4x16xf32>
}

func.func @dense(%q: tensor<?x2x16xf32> {lm.trained}, %k: tensor<?x2x16xf32> {lm.trained}, %v: tensor<?x2x16xf32> {lm.trained}, %cu: tensor<?xi32> {lm.input = "boundaries"})
    -> tensor<?x2x16xf32> {
  %out, %lse = lm.packed_attention %q, %k, %v, %cu, %cu  {scale = 0.3 : f64}
    : (tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x16xf32>, tensor<2x?xf32>)
  return %out : tensor<?x2x16xf32>
}

func.func @loss(%x: tensor<?x64xf32> {lm.trained}, %w: tensor<150x64xf32> {lm.trained}, %targets: tensor<?xi32>, %weights: tensor<?xf32>) -> tensor<1xf32> {
  %loss, %lse = lm.cross_entropy %x, %w, %targets, %weights
    : (tensor<?x64xf32>, tensor<150x64xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  return %loss : tensor<1xf32>
}

// A gradient of the log-sum-exps keeps the loss and its gradient apart.
func.func @loss_and_lse(%x: tensor<?x64xf32> {lm.trained}, %w: tensor<150x64xf32> {lm.trained}, %targets: tensor<?xi32>, %weights: tensor<?xf32>)
    -> (tensor<1xf32>, tensor<?xf32>) {
  %loss, %lse = lm.cross_entropy %x, %w, %targets, %weights
    : (tensor<?x64xf32>, tensor<150x64xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  return %loss, %lse : tensor<1xf32>, tensor<?xf32>
}

// An adapter is trained, the quantised weight beside it is not: it is decoded for both directions.
func.func @adapter(%x: tensor<?x160xf32> {lm.trained}, %a: tensor<6x160xf32> {lm.trained}, %b: tensor<96x6xf32> {lm.trained}) -> tensor<?x96xf32> {
  %q8 = lm.parameter_ref @q8 : !lm.quantized<96x160, q8_0>
  %w = lm.dequantize %q8 : (!lm.quantized<96x160, q8_0>) -> tensor<96x160xf32>
  %y = lm.linear %x, %w lora(%a, %b) {lora_scale = 0.5 : f64}
    : (tensor<?x160xf32>, tensor<96x160xf32>, tensor<6x160xf32>, tensor<96x6xf32>) -> tensor<?x96xf32>
  return %y : tensor<?x96xf32>
}

// A memory and a gate of each head: products of heads, and last sizes of 1.
func.func @gated(%a: tensor<?x3x32xf32> {lm.trained}, %q: tensor<?x3x32xf32> {lm.trained}, %w1: tensor<3x32x64xf32> {lm.trained},
                 %w2: tensor<3x64x32xf32> {lm.trained}, %u1: tensor<3x32x5xf32> {lm.trained}, %u2: tensor<3x5xf32> {lm.trained}) -> tensor<?x3x32xf32> {
  %o = lm.gated_memory %a, %q reads (%w1, %w2) gate (%u1, %u2)
    : (tensor<?x3x32xf32>, tensor<?x3x32xf32>, tensor<3x32x64xf32>, tensor<3x64x32xf32>, tensor<3x32x5xf32>, tensor<3x5xf32>) -> tensor<?x3x32xf32>
  return %o : tensor<?x3x32xf32>
}
