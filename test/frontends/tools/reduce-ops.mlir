// An operand stands for what is before the norm and behind it; the function without a norm is gone.
// RUN: longc-reduce %s --longc-reduce-ops=test=%S/inputs/has-rms-norm.sh | FileCheck %s
// RUN: not longc-reduce %s --longc-reduce-ops=test=/bin/true 2>&1 | FileCheck %s --check-prefix=DULL

// DULL: error: expected a module that /bin/true finds interesting (exit code 1)

// CHECK: func.func @norm(%[[X:.*]]: tensor<2x8xf32>, %[[W:.*]]: tensor<8xf32>)
// CHECK-NEXT: %[[Y:.*]] = lm.rms_norm %[[X]], %[[W]]
// CHECK-NEXT: return
// CHECK-NOT: func.func
func.func @norm(%x: tensor<2x8xf32>, %w: tensor<8xf32>) -> tensor<2x8xf32> {
  %twice = lm.add %x, %x : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
  %y = lm.rms_norm %twice, %w {epsilon = 1.0e-5 : f64} : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  %sum = lm.add %y, %twice : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
  return %sum : tensor<2x8xf32>
}

func.func @sum(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %y = lm.add %x, %x : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}
