// Memory of the head in the attention output: by an MLP (LIFT), a linear state (Infini-attention), or given.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 3x2x2 max=3.42991 [0.104163, -0.827657, -1.38076, -3.42991, -1, -1.25, -0.75, 1.5, -0.144415, 0.325767, -1.7499, -0.62506]
// CHECK: result 1: 3x2 max=0.810841 [0.054818, 0.810841, 0, 0, 0.0672495, 0.00013659]
// CHECK: result 2: 3x2x2 max=1.39502 [-0.278184, -0.155871, -0.892373, 0.591214, -0.809989, -0.468763, -0.618259, 1.04253, -0.343407, 0.362715, -1.39502, -0.533935]
// CHECK: result 3: 3x2x2 max=1.21841 [0.134614, -0.85852, -0.00483315, 0.620417, -1.00549, -1.21841, -0.953667, 0.12525, -0.109893, 0.368133, -0.782583, -0.981417]

func.func @main() -> (tensor<3x2x2xf32>, tensor<3x2xf32>, tensor<3x2x2xf32>, tensor<3x2x2xf32>) {
  %a = arith.constant dense<[[[0.125, -0.875], [-1.125, 0.875]], [[-1.0, -1.25], [-0.75, 1.5]], [[-0.125, 0.375], [-1.75, -0.625]]]> : tensor<3x2x2xf32>
  %q = arith.constant dense<[[[1.0, 1.125], [0.375, 1.5]], [[-0.875, -1.375], [-1.75, -1.25]], [[1.125, 1.625], [-1.5, 0.0]]]> : tensor<3x2x2xf32>
  %w1 = arith.constant dense<[[[-1.5, 1.375, -1.5], [0.625, -1.75, 1.0]], [[1.625, 1.0, -1.0], [1.375, -0.75, 1.0]]]> : tensor<2x2x3xf32>
  %w2 = arith.constant dense<[[[1.375, 0.0], [0.5, 1.5], [-1.25, -2.0]], [[-0.25, -1.375], [1.625, 1.5], [-0.5, -0.75]]]> : tensor<2x3x2xf32>
  %u1 = arith.constant dense<[[[0.875, -0.25], [-1.625, 0.625]], [[1.0, -1.75], [1.125, 0.125]]]> : tensor<2x2x2xf32>
  %u2 = arith.constant dense<[[1.375, 1.5], [0.75, -0.625]]> : tensor<2x2xf32>
  %m = arith.constant dense<[1.0, 0.0, 0.5]> : tensor<3xf32>
  %b = arith.constant dense<[-0.5, 0.875]> : tensor<2xf32>
  %s = arith.constant dense<[[[-1.75, -1.125], [0.125, 1.875]], [[1.0, 1.25], [-1.25, -0.875]]]> : tensor<2x2x2xf32>
  %n = arith.constant dense<[[1.5, 1.5], [0.625, 1.75]]> : tensor<2x2xf32>
  %e = arith.constant dense<[[[1.0, 0.625], [1.625, 0.25]], [[-1.5, 1.625], [-1.25, -1.875]], [[1.25, -0.25], [0.625, -1.5]]]> : tensor<3x2x2xf32>
  %o0, %g0 = lm.gated_memory %a, %q reads (%w1, %w2) gate (%u1, %u2) mask %m : (tensor<3x2x2xf32>, tensor<3x2x2xf32>, tensor<2x2x3xf32>, tensor<2x3x2xf32>, tensor<2x2x2xf32>, tensor<2x2xf32>, tensor<3xf32>) -> (tensor<3x2x2xf32>, tensor<3x2xf32>)
  %o1 = lm.gated_memory %a, %q reads kind linear_state (%s, %n) gate selects local (%b) {gate_scale = 1.0 : f64, gate_shift = 0.0 : f64} : (tensor<3x2x2xf32>, tensor<3x2x2xf32>, tensor<2x2x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<3x2x2xf32>
  %o2 = lm.gated_memory %a, %q reads kind external (%e) gate (%b) : (tensor<3x2x2xf32>, tensor<3x2x2xf32>, tensor<3x2x2xf32>, tensor<2xf32>) -> tensor<3x2x2xf32>
  return %o0, %g0, %o1, %o2 : tensor<3x2x2xf32>, tensor<3x2xf32>, tensor<3x2x2xf32>, tensor<3x2x2xf32>
}
