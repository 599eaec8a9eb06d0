// Functions that prove the tile dialect on both targets: packed causal attention in three shapes, and a product with a
// fused epilogue. `longc compile bench/kernels/cuda_functions.mlir --target cpu,cuda:sm_90a -o functions`; see cuda_bench.py.

func.func @attention(%q: tensor<?x16x128xbf16>, %k: tensor<?x16x128xbf16>, %v: tensor<?x16x128xbf16>,
                     %cu_q: tensor<?xi32> {lm.input = "cu_seqlens"}, %cu_k: tensor<?xi32> {lm.input = "cu_seqlens"}) -> tensor<?x16x128xbf16> {
  %o, %lse = lm.packed_attention %q, %k, %v, %cu_q, %cu_k causal {scale = 0.08838834764831845 : f64}
    : (tensor<?x16x128xbf16>, tensor<?x16x128xbf16>, tensor<?x16x128xbf16>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x16x128xbf16>, tensor<16x?xf32>)
  return %o : tensor<?x16x128xbf16>
}

func.func @attention_64(%q: tensor<?x32x64xbf16>, %k: tensor<?x32x64xbf16>, %v: tensor<?x32x64xbf16>,
                        %cu_q: tensor<?xi32> {lm.input = "cu_seqlens"}, %cu_k: tensor<?xi32> {lm.input = "cu_seqlens"}) -> tensor<?x32x64xbf16> {
  %o, %lse = lm.packed_attention %q, %k, %v, %cu_q, %cu_k causal {scale = 0.125 : f64}
    : (tensor<?x32x64xbf16>, tensor<?x32x64xbf16>, tensor<?x32x64xbf16>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x32x64xbf16>, tensor<32x?xf32>)
  return %o : tensor<?x32x64xbf16>
}

// SmolLM2's heads with a sliding window.
func.func @attention_window(%q: tensor<?x9x64xbf16>, %k: tensor<?x3x64xbf16>, %v: tensor<?x3x64xbf16>,
                            %cu_q: tensor<?xi32> {lm.input = "cu_seqlens"}, %cu_k: tensor<?xi32> {lm.input = "cu_seqlens"}) -> tensor<?x9x64xbf16> {
  %o, %lse = lm.packed_attention %q, %k, %v, %cu_q, %cu_k causal {scale = 0.125 : f64, window = 512 : i64}
    : (tensor<?x9x64xbf16>, tensor<?x3x64xbf16>, tensor<?x3x64xbf16>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x9x64xbf16>, tensor<9x?xf32>)
  return %o : tensor<?x9x64xbf16>
}

// Four query heads share a key head; the scores have a soft cap.
func.func @attention_grouped(%q: tensor<?x16x128xbf16>, %k: tensor<?x4x128xbf16>, %v: tensor<?x4x128xbf16>,
                             %cu_q: tensor<?xi32> {lm.input = "cu_seqlens"}, %cu_k: tensor<?xi32> {lm.input = "cu_seqlens"}) -> tensor<?x16x128xbf16> {
  %o, %lse = lm.packed_attention %q, %k, %v, %cu_q, %cu_k causal {scale = 0.08838834764831845 : f64, soft_cap = 5.0 : f64}
    : (tensor<?x16x128xbf16>, tensor<?x4x128xbf16>, tensor<?x4x128xbf16>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x16x128xbf16>, tensor<16x?xf32>)
  return %o : tensor<?x16x128xbf16>
}

func.func @gemm(%x: tensor<?x8192xbf16>, %w: tensor<8192x8192xbf16>) -> tensor<?x8192xbf16> {
  %y = lm.linear %x, %w : (tensor<?x8192xbf16>, tensor<8192x8192xbf16>) -> tensor<?x8192xbf16>
  return %y : tensor<?x8192xbf16>
}

func.func @gemm_epilogue(%x: tensor<?x8192xbf16>, %w: tensor<8192x8192xbf16>, %b: tensor<8192xf32>, %r: tensor<?x8192xbf16>) -> tensor<?x8192xbf16> {
  %y = lm.linear %x, %w bias %b : (tensor<?x8192xbf16>, tensor<8192x8192xbf16>, tensor<8192xf32>) -> tensor<?x8192xbf16>
  %s = lm.add %y, %r : (tensor<?x8192xbf16>, tensor<?x8192xbf16>) -> tensor<?x8192xbf16>
  return %s : tensor<?x8192xbf16>
}
