// What has no gradient function.
// RUN: longc-opt %s -split-input-file -verify-diagnostics --longc-differentiate

// expected-error@+1 {{expected a function of one block named @loss}}
module {
}

// -----

// expected-error@+1 {{expected trainable parameters, or arguments that are marked lm.trained}}
func.func @loss(%x: tensor<1xf32>) -> tensor<1xf32> {
  return %x : tensor<1xf32>
}

// -----

// expected-error@+1 {{has no result that depends on something trained}}
func.func @loss(%x: tensor<1xf32> {lm.trained}, %y: tensor<1xf32>) -> tensor<1xf32> {
  return %y : tensor<1xf32>
}

// -----

// expected-error@+1 {{expected the name @loss_gradient to be free for its gradients}}
func.func @loss(%x: tensor<1xf32> {lm.trained}) -> tensor<1xf32> {
  return %x : tensor<1xf32>
}
func.func private @loss_gradient()

// -----

func.func @loss(%x: tensor<2x64xf32> {lm.trained}) -> tensor<2x2xf32> {
  // expected-error@+1 {{'lm.quantize' op has no gradient, and something trained goes into it}}
  %v, %s, %m = lm.quantize %x : (tensor<2x64xf32>) -> (tensor<2x64xi8>, tensor<2x2xf32>, tensor<2x2xf32>)
  return %s : tensor<2x2xf32>
}

// -----

func.func @loss(%x: tensor<2x3xf32>, %w: tensor<5x3xf32> {lm.trained}, %t: tensor<2xi32>, %g: tensor<2xf32> {lm.trained}) -> tensor<1xf32> {
  // expected-error@+1 {{'lm.cross_entropy' op has no gradient of its weights: they are data}}
  %l, %s = lm.cross_entropy %x, %w, %t, %g : (tensor<2x3xf32>, tensor<5x3xf32>, tensor<2xi32>, tensor<2xf32>) -> (tensor<1xf32>, tensor<2xf32>)
  return %l : tensor<1xf32>
}

// -----

func.func @loss(%a: tensor<2x2x3xf32> {lm.trained}, %s: tensor<?x1x3x3xf32>, %n: tensor<?x1x3xf32>, %z: tensor<1xf32>, %cu: tensor<?xi32>) -> tensor<2x2x3xf32> {
  // expected-error@+1 {{'lm.gated_memory' op has no gradient with a linear state of each sequence}}
  %o = lm.gated_memory %a, %a reads kind linear_state (%s, %n) gate (%z) sequences %cu : (tensor<2x2x3xf32>, tensor<2x2x3xf32>, tensor<?x1x3x3xf32>, tensor<?x1x3xf32>, tensor<1xf32>, tensor<?xi32>) -> tensor<2x2x3xf32>
  return %o : tensor<2x2x3xf32>
}
