// Kernels of gradients of attention, loss, products and norms compute what the ops do.
// RUN: longc-opt %s --longc-differentiate=function=attention -o %t.attention && longc-interpret %t.attention --function attention_gradient --tokens 40 --sequences 2 --compare-after longc-tile-attention --tolerance 1e-6
// RUN: longc-opt %s --longc-differentiate=function=others -o %t.others && longc-interpret %t.others --function others_gradient --tokens 50 --sequences 4 --compare-after longc-tile-attention --tolerance 1e-6
// RUN: longc-opt %s --longc-differentiate=function=same_keys -o %t.same && longc-interpret %t.same --function same_keys_gradient --tokens 50 --sequences 3 --compare-after longc-tile-attention --tolerance 1e-6
// RUN: longc-opt %s --longc-differentiate=function=loss -o %t.loss && longc-interpret %t.loss --function loss_gradient --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %s --function products --tokens 37 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-interpret %s --function rows --tokens 37 --compare-after longc-tile-streaming --tolerance 1e-6
// The same as a GPU has them: steps of columns, shares of rows that are added up.
// RUN: sed 's/module attributes.*/module {/' %s > %t.plain
// RUN: longc-opt %t.plain --longc-set-target=target=cuda:sm_90a --longc-differentiate=function=attention -o %t.attention && longc-interpret %t.attention --function attention_gradient --tokens 300 --sequences 2 --compare-after longc-tile-attention --tolerance 1e-6
// RUN: longc-opt %t.plain --longc-set-target=target=cuda:sm_90a --longc-differentiate=function=loss -o %t.loss && longc-interpret %t.loss --function loss_gradient --tokens 150 --compare-after longc-tile-linear --tolerance 1e-6
// Many words are walked in shares of several steps, which a second kernel puts together; some have nothing to walk (above).
// RUN: sed 's/<70x32/<2100x32/g; s/limit = 70/limit = 2100/' %t.plain | longc-opt --longc-set-target=target=cuda:sm_90a --longc-differentiate=function=loss -o %t.large && longc-interpret %t.large --function loss_gradient --tokens 150 --compare-after longc-tile-linear --tolerance 1e-6
// RUN: longc-opt %t.large --longc-tile-linear | FileCheck %s --check-prefix=SHARES
// SHARES-LABEL: tile.kernel @cross_entropy_2100x32 grid(%arg0, %{{.*}})
// SHARES: scf.for %{{.*}} = %[[BEGIN:.*]] to %[[END:.*]] step
// SHARES-LABEL: tile.kernel @cross_entropy_2100x32_join grid(%{{.*}})
// SHARES: tile.reduce max
// SHARES-LABEL: func.func @loss_gradient
// SHARES: tile.launch @cross_entropy_input_gradient_2100x32
// SHARES-SAME: tensor<?x8x32xf32>
// SHARES: tile.launch @cross_entropy_input_gradient_2100x32_sum
// RUN: longc-opt %t.plain --longc-set-target=target=cuda:sm_90a -o %t.products && longc-interpret %t.products --function products --tokens 700 --compare-after longc-tile-linear --tolerance 1e-6

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 0, attention_rows = 8, attention_cols = 16, stream_rows = 4, fold_heads = true>} {
func.func @attention(%q: tensor<?x4x16xf32> {lm.trained}, %k: tensor<?x2x16xf32> {lm.trained}, %v: tensor<?x2x16xf32> {lm.trained}, %cu: tensor<?xi32> {lm.input = "boundaries"})
    -> tensor<?x4x16xf32> {
  %out, %lse = lm.packed_attention %q, %k, %v, %cu, %cu causal {scale = 0.3 : f64, window = 11 : i64, soft_cap = 2.0 : f64}
    : (tensor<?x4x16xf32>, tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x4x16xf32>, tensor<4x?xf32>)
  return %out : tensor<?x4x16xf32>
}

// Sequences that read others, seen as keys of their own.
func.func @others(%q: tensor<?x4x16xf32> {lm.trained}, %k: tensor<?x2x16xf32> {lm.trained}, %v: tensor<?x2x16xf32> {lm.trained}, %raw: tensor<?x2x16xf32> {lm.trained},
                  %cu: tensor<?xi32> {lm.input = "boundaries"}, %rows: tensor<?x2xi32> {lm.input = "cross_rows"}) -> (tensor<?x4x16xf32>, tensor<4x?xf32>) {
  %out, %lse = lm.packed_attention %q, %k, %v, %cu, %cu sources %rows source_keys %raw causal {scale = 0.3 : f64}
    : (tensor<?x4x16xf32>, tensor<?x2x16xf32>, tensor<?x2x16xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?x2xi32>, tensor<?x2x16xf32>) -> (tensor<?x4x16xf32>, tensor<4x?xf32>)
  return %out, %lse : tensor<?x4x16xf32>, tensor<4x?xf32>
}

func.func @same_keys(%q: tensor<?x4x16xf32> {lm.trained}, %k: tensor<?x4x16xf32> {lm.trained}, %v: tensor<?x4x16xf32> {lm.trained},
                     %cu: tensor<?xi32> {lm.input = "boundaries"}, %rows: tensor<?x2xi32> {lm.input = "sources"}) -> tensor<?x4x16xf32> {
  %out, %lse = lm.packed_attention %q, %k, %v, %cu, %cu sources %rows causal {scale = 0.3 : f64, window = 5 : i64}
    : (tensor<?x4x16xf32>, tensor<?x4x16xf32>, tensor<?x4x16xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?x2xi32>) -> (tensor<?x4x16xf32>, tensor<4x?xf32>)
  return %out : tensor<?x4x16xf32>
}

func.func @loss(%x: tensor<?x32xf32> {lm.trained}, %w: tensor<70x32xf32> {lm.trained}, %targets: tensor<?xi32> {lm.input = "targets", lm.limit = 70 : i64}, %weights: tensor<?xf32>)
    -> (tensor<1xf32>, tensor<?xf32>) {
  %loss, %lse = lm.cross_entropy %x, %w, %targets, %weights
    : (tensor<?x32xf32>, tensor<70x32xf32>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  return %loss, %lse : tensor<1xf32>, tensor<?xf32>
}

func.func @products(%x: tensor<?x50xf32>, %y: tensor<?x21xf32>) -> tensor<50x21xf32> {
  %0 = lm.row_product %x, %y : (tensor<?x50xf32>, tensor<?x21xf32>) -> tensor<50x21xf32>
  return %0 : tensor<50x21xf32>
}

func.func @rows(%x: tensor<?x64xf32>, %g: tensor<?x64xf32>, %w: tensor<64xf32>)
    -> (tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?xf32>) {
  %0:2 = lm.rms_norm_gradient %x, %w, %g {epsilon = 1.0e-5 : f64}
    : (tensor<?x64xf32>, tensor<64xf32>, tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x64xf32>)
  %1:2 = lm.layer_norm_gradient %x, %w, %g {epsilon = 1.0e-5 : f64}
    : (tensor<?x64xf32>, tensor<64xf32>, tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x64xf32>)
  %2 = lm.dot_rows %x, %g : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?xf32>
  return %0#0, %0#1, %1#0, %1#1, %2 : tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>, tensor<?xf32>
}
}
