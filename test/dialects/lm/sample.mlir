// The next token: greedy with a tie, drawn with top-k and top-p, from all, with each filter alone.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 3 max=2 [1, 2, 0]
// CHECK: result 1: 3 max=4 [1, 4, 4]
// CHECK: result 2: 3 max=3 [3, 0, 0]
// CHECK: result 3: 3 max=4 [0, 1, 4]
// CHECK: result 4: 3 max=4 [1, 4, 0]
// CHECK: result 5: 3 max=4 [1, 4, 4]

func.func @main() -> (tensor<3xi32>, tensor<3xi32>, tensor<3xi32>, tensor<3xi32>, tensor<3xi32>, tensor<3xi32>) {
  %x = arith.constant dense<[[0.5, 2.0, -1.0, 2.0, 0.25], [1.0, -0.5, 1.5, 0.75, 1.25], [3.0, 0.0, -2.0, 1.0, 2.5]]> : tensor<3x5xf32>
  %u = arith.constant dense<[0.0, 0.6, 0.9]> : tensor<3xf32>
  %v = arith.constant dense<[0.75, 0.99, 0.5]> : tensor<3xf32>
  %g = lm.sample %x, %u : (tensor<3x5xf32>, tensor<3xf32>) -> tensor<3xi32>
  %a = lm.sample %x, %u {temperature = 0.5 : f64, top_k = 3 : i64, top_p = 0.9 : f64} : (tensor<3x5xf32>, tensor<3xf32>) -> tensor<3xi32>
  %b = lm.sample %x, %v {temperature = 0.5 : f64, top_k = 3 : i64, top_p = 0.9 : f64} : (tensor<3x5xf32>, tensor<3xf32>) -> tensor<3xi32>
  %c = lm.sample %x, %v {temperature = 2.0 : f64} : (tensor<3x5xf32>, tensor<3xf32>) -> tensor<3xi32>
  %d = lm.sample %x, %u {temperature = 1.0 : f64, top_p = 0.5 : f64} : (tensor<3x5xf32>, tensor<3xf32>) -> tensor<3xi32>
  %e = lm.sample %x, %u {temperature = 1.0 : f64, top_k = 2 : i64} : (tensor<3x5xf32>, tensor<3xf32>) -> tensor<3xi32>
  return %g, %a, %b, %c, %d, %e : tensor<3xi32>, tensor<3xi32>, tensor<3xi32>, tensor<3xi32>, tensor<3xi32>, tensor<3xi32>
}
