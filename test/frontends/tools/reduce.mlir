// longc-reduce keeps what the test asks for and drops the rest.
// RUN: longc-reduce %s --reduction-tree='traversal-mode=0 test=%S/inputs/has-rms-norm.sh' | FileCheck %s

// CHECK: lm.rms_norm
// CHECK-NOT: lm.add
func.func @norm(%x: tensor<2x8xf32>, %w: tensor<8xf32>) -> tensor<2x8xf32> {
  %y = lm.rms_norm %x, %w {epsilon = 1.0e-5 : f64} : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

func.func @sum(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %y = lm.add %x, %x : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}
