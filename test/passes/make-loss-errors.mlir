// What no loss is made of.
// RUN: longc-opt %s -split-input-file -verify-diagnostics --longc-make-loss

// expected-error@+1 {{expected a function of one block named @forward, and the name @loss to be free}}
module {
}

// -----

// expected-error@+1 {{expected logits that are a product without bias and adapter as its one result}}
func.func @forward(%x: tensor<2x3xf32>, %w: tensor<5x3xf32>, %b: tensor<5xf32>) -> tensor<2x5xf32> {
  %0 = lm.linear %x, %w bias %b : (tensor<2x3xf32>, tensor<5x3xf32>, tensor<5xf32>) -> tensor<2x5xf32>
  return %0 : tensor<2x5xf32>
}
