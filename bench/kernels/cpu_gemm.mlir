// The product that bench/peers/torch_gemm.py measures: 2048 x 2048 bfloat16 weights, bfloat16 rows.
module {
lm.parameter @weight : tensor<2048x2048xbf16>
func.func @prefill(%x: tensor<?x2048xbf16>) -> tensor<?x2048xbf16> {
  %w = lm.parameter_ref @weight : tensor<2048x2048xbf16>
  %y = lm.linear %x, %w : (tensor<?x2048xbf16>, tensor<2048x2048xbf16>) -> tensor<?x2048xbf16>
  return %y : tensor<?x2048xbf16>
}
}
