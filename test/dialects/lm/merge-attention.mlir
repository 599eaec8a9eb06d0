// Two parts merged; a row empty in both stays empty.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 2x1x2 max=0.671381 [0.671381, -0.201313, 0, 0]
// CHECK: result 1: 1x2 max=inf [1.86891, -inf]

func.func @main() -> (tensor<2x1x2xf32>, tensor<1x2xf32>) {
  %a = arith.constant dense<[[[1.0230308771133423, -0.3804318308830261]], [[0.0, 0.0]]]> : tensor<2x1x2xf32>
  %b = arith.constant dense<[[[0.2402302324771881, 0.018300026655197144]], [[0.0, 0.0]]]> : tensor<2x1x2xf32>
  %la = arith.constant dense<[[1.272491455078125, 0xFF800000]]> : tensor<1x2xf32>
  %lb = arith.constant dense<[[1.068671703338623, 0xFF800000]]> : tensor<1x2xf32>
  %o, %l = lm.merge_attention (%a, %b), (%la, %lb) : (tensor<2x1x2xf32>, tensor<2x1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>) -> (tensor<2x1x2xf32>, tensor<1x2xf32>)
  return %o, %l : tensor<2x1x2xf32>, tensor<1x2xf32>
}
