// RUN: longc-opt %s --longc-insert-lora --split-input-file --verify-diagnostics

lm.parameter @m.weight : tensor<4x8xf32>
// expected-error @below {{is one of two parameters of an adapter, and the other is missing}}
lm.parameter @m.lora_A : tensor<2x8xf32>
func.func @forward(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  %w = lm.parameter_ref @m.weight : tensor<4x8xf32>
  %y = lm.linear %x, %w : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// expected-error @below {{is of an adapter, and no product or embedding has its name}}
lm.parameter @other.lora_A {lm.lora_scale = 1.0 : f64} : tensor<2x8xf32>
lm.parameter @other.lora_B : tensor<4x2xf32>
