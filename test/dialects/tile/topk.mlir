// The second best of each row over two tiles; ties go to the lower index; a row with one entry selects everything.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 3 max=inf [2.5, 5, -inf]
// CHECK: result 1: 3 max=2.14748e+09 [5, 0, 2.14748e+09]

tile.kernel @k grid(%i) (%x: !tile.view<3x3xf32>, %w: !tile.view<3x3xf32>, %a: !tile.view<3xf32>, %b: !tile.view<3xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %t = tile.load %x[%c0, %c0] : !tile.view<3x3xf32> -> tensor<3x3xf32>
  %u = tile.load %w[%c0, %c0] : !tile.view<3x3xf32> -> tensor<3x3xf32>
  %hidden = arith.constant dense<[[false, false, false], [false, false, false], [true, false, true]]> : tensor<3x3xi1>
  %ninf = arith.constant dense<0xFF800000> : tensor<3x3xf32>
  %v = arith.select %hidden, %ninf, %t : tensor<3x3xi1>, tensor<3x3xf32>
  %row2 = arith.constant dense<[[false, false, false], [false, false, false], [true, true, true]]> : tensor<3x3xi1>
  %o = arith.select %row2, %ninf, %u : tensor<3x3xi1>, tensor<3x3xf32>
  %k0 = tile.topk_init : !tile.topk<3, 2>
  %k1 = tile.topk_update %k0, %v at %c0 : tensor<3x3xf32> -> !tile.topk<3, 2>
  %k2 = tile.topk_update %k1, %o at %c3 : tensor<3x3xf32> -> !tile.topk<3, 2>
  %p, %q = tile.topk_threshold %k2 : !tile.topk<3, 2> -> tensor<3xf32>, tensor<3xi32>
  tile.store %p, %a[%c0] : tensor<3xf32>, !tile.view<3xf32>
  tile.store %q, %b[%c0] : tensor<3xi32>, !tile.view<3xi32>
  tile.return
}

func.func @main() -> (tensor<3xf32>, tensor<3xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %x = arith.constant dense<[[1.0, 3.0, 2.0], [5.0, 5.0, 5.0], [0.0, 0.0, 0.0]]> : tensor<3x3xf32>
  %w = arith.constant dense<[[2.0, 0.5, 2.5], [5.0, 6.0, 1.0], [0.0, 0.0, 0.0]]> : tensor<3x3xf32>
  %a = arith.constant dense<[0.0, 0.0, 0.0]> : tensor<3xf32>
  %b = arith.constant dense<[0, 0, 0]> : tensor<3xi32>
  %r:2 = tile.launch @k grid(%c1) ins(%x, %w : tensor<3x3xf32>, tensor<3x3xf32>) outs(%a, %b : tensor<3xf32>, tensor<3xi32>)
  return %r#0, %r#1 : tensor<3xf32>, tensor<3xi32>
}
