// RUN: longc-opt %s --split-input-file --longc-take-soft-tokens=from=compress --verify-diagnostics

// expected-error @below {{expected a function @prefill that embeds its tokens once}}
module {}

// -----

// expected-error @below {{expected a function @compress that makes soft tokens}}
module {
  func.func @prefill(%tokens: tensor<?xi32> {lm.input = "tokens"}, %table: tensor<11x12xf32>) -> tensor<?x12xf32> {
    %x = lm.embedding %tokens, %table : (tensor<?xi32>, tensor<11x12xf32>) -> tensor<?x12xf32>
    return %x : tensor<?x12xf32>
  }
}

// -----

func.func @compress(%soft: tensor<?x8xf32> {lm.input = "pools"}) -> tensor<?x8xf32> {
  return %soft : tensor<?x8xf32>
}
// expected-error @below {{has rows of 'tensor<?x12xf32>', and soft tokens are 'tensor<?x8xf32>'}}
func.func @prefill(%tokens: tensor<?xi32> {lm.input = "tokens"}, %table: tensor<11x12xf32>) -> tensor<?x12xf32> {
  %x = lm.embedding %tokens, %table : (tensor<?xi32>, tensor<11x12xf32>) -> tensor<?x12xf32>
  return %x : tensor<?x12xf32>
}
