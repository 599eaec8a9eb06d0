// What the table of bench/cuda.sh measures of training and of rows: packed causal attention's gradients, the loss with both of its gradients
// (a chunk of the vocabulary at a time), a residual sum with its norm, a gated unit. `longc compile bench/kernels/cuda_training.mlir --target
// cpu,cuda:sm_90a -o training`; see cuda_training_bench.py.

func.func @attention_backward(%q: tensor<?x16x128xbf16>, %k: tensor<?x16x128xbf16>, %v: tensor<?x16x128xbf16>, %g: tensor<?x16x128xbf16>, %lse: tensor<16x?xf32>, %delta: tensor<16x?xf32>,
    %cu_q: tensor<?xi32> {lm.input = "cu_seqlens"}, %cu_k: tensor<?xi32> {lm.input = "cu_seqlens"}) -> (tensor<?x16x128xf32>, tensor<?x16x128xf32>, tensor<?x16x128xf32>) {
  %dq = lm.attention_query_gradient %q, %k, %v, %g, %lse, %delta, %cu_q, %cu_k causal {scale = 0.08838834764831845 : f64}
    : (tensor<?x16x128xbf16>, tensor<?x16x128xbf16>, tensor<?x16x128xbf16>, tensor<?x16x128xbf16>, tensor<16x?xf32>, tensor<16x?xf32>, tensor<?xi32>, tensor<?xi32>) -> tensor<?x16x128xf32>
  %dk, %dv = lm.attention_key_gradient %q, %k, %v, %g, %lse, %delta, %cu_q, %cu_k causal {scale = 0.08838834764831845 : f64}
    : (tensor<?x16x128xbf16>, tensor<?x16x128xbf16>, tensor<?x16x128xbf16>, tensor<?x16x128xbf16>, tensor<16x?xf32>, tensor<16x?xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x16x128xf32>, tensor<?x16x128xf32>)
  return %dq, %dk, %dv : tensor<?x16x128xf32>, tensor<?x16x128xf32>, tensor<?x16x128xf32>
}

func.func @attention_backward_64(%q: tensor<?x32x64xbf16>, %k: tensor<?x32x64xbf16>, %v: tensor<?x32x64xbf16>, %g: tensor<?x32x64xbf16>, %lse: tensor<32x?xf32>, %delta: tensor<32x?xf32>,
    %cu_q: tensor<?xi32> {lm.input = "cu_seqlens"}, %cu_k: tensor<?xi32> {lm.input = "cu_seqlens"}) -> (tensor<?x32x64xf32>, tensor<?x32x64xf32>, tensor<?x32x64xf32>) {
  %dq = lm.attention_query_gradient %q, %k, %v, %g, %lse, %delta, %cu_q, %cu_k causal {scale = 0.125 : f64}
    : (tensor<?x32x64xbf16>, tensor<?x32x64xbf16>, tensor<?x32x64xbf16>, tensor<?x32x64xbf16>, tensor<32x?xf32>, tensor<32x?xf32>, tensor<?xi32>, tensor<?xi32>) -> tensor<?x32x64xf32>
  %dk, %dv = lm.attention_key_gradient %q, %k, %v, %g, %lse, %delta, %cu_q, %cu_k causal {scale = 0.125 : f64}
    : (tensor<?x32x64xbf16>, tensor<?x32x64xbf16>, tensor<?x32x64xbf16>, tensor<?x32x64xbf16>, tensor<32x?xf32>, tensor<32x?xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x32x64xf32>, tensor<?x32x64xf32>)
  return %dq, %dk, %dv : tensor<?x32x64xf32>, tensor<?x32x64xf32>, tensor<?x32x64xf32>
}

func.func @loss_2048x32000(%x: tensor<?x2048xbf16>, %w: tensor<32000x2048xbf16>, %targets: tensor<?xi32>, %weights: tensor<?xf32>, %one: tensor<1xf32>) -> (tensor<1xf32>, tensor<?x2048xf32>, tensor<32000x2048xf32>) {
  %loss, %lse = lm.cross_entropy %x, %w, %targets, %weights : (tensor<?x2048xbf16>, tensor<32000x2048xbf16>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  %dx = lm.cross_entropy_input_gradient %x, %w, %targets, %weights, %lse, %one
    : (tensor<?x2048xbf16>, tensor<32000x2048xbf16>, tensor<?xi32>, tensor<?xf32>, tensor<?xf32>, tensor<1xf32>) -> tensor<?x2048xf32>
  %dw = lm.cross_entropy_weight_gradient %x, %w, %targets, %weights, %lse, %one
    : (tensor<?x2048xbf16>, tensor<32000x2048xbf16>, tensor<?xi32>, tensor<?xf32>, tensor<?xf32>, tensor<1xf32>) -> tensor<32000x2048xf32>
  return %loss, %dx, %dw : tensor<1xf32>, tensor<?x2048xf32>, tensor<32000x2048xf32>
}

func.func @loss_2048x128256(%x: tensor<?x2048xbf16>, %w: tensor<128256x2048xbf16>, %targets: tensor<?xi32>, %weights: tensor<?xf32>, %one: tensor<1xf32>) -> (tensor<1xf32>, tensor<?x2048xf32>, tensor<128256x2048xf32>) {
  %loss, %lse = lm.cross_entropy %x, %w, %targets, %weights : (tensor<?x2048xbf16>, tensor<128256x2048xbf16>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  %dx = lm.cross_entropy_input_gradient %x, %w, %targets, %weights, %lse, %one
    : (tensor<?x2048xbf16>, tensor<128256x2048xbf16>, tensor<?xi32>, tensor<?xf32>, tensor<?xf32>, tensor<1xf32>) -> tensor<?x2048xf32>
  %dw = lm.cross_entropy_weight_gradient %x, %w, %targets, %weights, %lse, %one
    : (tensor<?x2048xbf16>, tensor<128256x2048xbf16>, tensor<?xi32>, tensor<?xf32>, tensor<?xf32>, tensor<1xf32>) -> tensor<128256x2048xf32>
  return %loss, %dx, %dw : tensor<1xf32>, tensor<?x2048xf32>, tensor<128256x2048xf32>
}

func.func @loss_576x49152(%x: tensor<?x576xbf16>, %w: tensor<49152x576xbf16>, %targets: tensor<?xi32>, %weights: tensor<?xf32>, %one: tensor<1xf32>) -> (tensor<1xf32>, tensor<?x576xf32>, tensor<49152x576xf32>) {
  %loss, %lse = lm.cross_entropy %x, %w, %targets, %weights : (tensor<?x576xbf16>, tensor<49152x576xbf16>, tensor<?xi32>, tensor<?xf32>) -> (tensor<1xf32>, tensor<?xf32>)
  %dx = lm.cross_entropy_input_gradient %x, %w, %targets, %weights, %lse, %one
    : (tensor<?x576xbf16>, tensor<49152x576xbf16>, tensor<?xi32>, tensor<?xf32>, tensor<?xf32>, tensor<1xf32>) -> tensor<?x576xf32>
  %dw = lm.cross_entropy_weight_gradient %x, %w, %targets, %weights, %lse, %one
    : (tensor<?x576xbf16>, tensor<49152x576xbf16>, tensor<?xi32>, tensor<?xf32>, tensor<?xf32>, tensor<1xf32>) -> tensor<49152x576xf32>
  return %loss, %dx, %dw : tensor<1xf32>, tensor<?x576xf32>, tensor<49152x576xf32>
}

func.func @residual_norm(%x: tensor<?x2048xbf16>, %y: tensor<?x2048xbf16>, %w: tensor<2048xf32>) -> (tensor<?x2048xbf16>, tensor<?x2048xbf16>) {
  %s = lm.add %x, %y : (tensor<?x2048xbf16>, tensor<?x2048xbf16>) -> tensor<?x2048xbf16>
  %n = lm.rms_norm %s, %w {epsilon = 1.0e-5 : f64} : (tensor<?x2048xbf16>, tensor<2048xf32>) -> tensor<?x2048xbf16>
  return %s, %n : tensor<?x2048xbf16>, tensor<?x2048xbf16>
}

func.func @gated_unit(%g: tensor<?x8192xbf16>, %u: tensor<?x8192xbf16>) -> tensor<?x8192xbf16> {
  %y = lm.swiglu %g, %u : (tensor<?x8192xbf16>, tensor<?x8192xbf16>) -> tensor<?x8192xbf16>
  return %y : tensor<?x8192xbf16>
}
