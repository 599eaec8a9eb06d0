// Which float operations may be contracted or approximated.
//
// RUN: longc-opt %s --longc-cpu-relax-floats | FileCheck %s

// A power that someone rounds to bf16 may be approximate, for the sum of the same weights too: numerator and denominator
// of a softmax agree. The difference has one reader and may become part of a multiply-add, the scaled score has two and is
// the same for both.
// CHECK-LABEL: tile.kernel @weights
// CHECK: arith.mulf %{{[^ ]*}}, %{{[^ ]*}} : tensor<8x32xf32>
// CHECK: arith.subf {{.*}} fastmath<contract>
// CHECK: math.exp2 {{.*}} fastmath<afn>
// CHECK: arith.addf {{.*}} fastmath<contract>
// CHECK: math.exp2 %{{[^ ]*}} : tensor<8x32xf32>
tile.kernel @weights grid(%i) (%x: !tile.view<8x32xf32>, %y: !tile.view<8x32xbf16>, %z: !tile.view<8xf32>, %e: !tile.view<8x32xf32>) {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%c0, %c0] : !tile.view<8x32xf32> -> tensor<8x32xf32>
  %half = arith.constant dense<0.5> : tensor<8x32xf32>
  %s = arith.mulf %t, %half : tensor<8x32xf32>
  %d = arith.subf %s, %half : tensor<8x32xf32>
  %p = math.exp2 %d : tensor<8x32xf32>
  %b = arith.truncf %p : tensor<8x32xf32> to tensor<8x32xbf16>
  %sum = tile.reduce add %p dim 1 : tensor<8x32xf32> -> tensor<8xf32>
  %a = arith.addf %s, %half : tensor<8x32xf32>
  %exact = math.exp2 %a : tensor<8x32xf32>
  tile.store %b, %y[%c0, %c0] : tensor<8x32xbf16>, !tile.view<8x32xbf16>
  tile.store %sum, %z[%c0] : tensor<8xf32>, !tile.view<8xf32>
  tile.store %exact, %e[%c0, %c0] : tensor<8x32xf32>, !tile.view<8x32xf32>
  tile.return
}

// An error function whose readers' sums and products all end as bytes or as bf16 may be coarse; not one of which someone keeps float32, or
// int16.
// CHECK-LABEL: tile.kernel @activation
// CHECK: math.erf {{.*}} fastmath<afn>
// CHECK: math.erf {{.*}} fastmath<afn>
// CHECK: math.erf {{.*}} fastmath<contract>
// CHECK: math.erf {{.*}} fastmath<contract>
tile.kernel @activation grid(%i) (%x: !tile.view<8x32xf32>, %y: !tile.view<8x32xbf16>, %q: !tile.view<8x32xi8>, %w: !tile.view<8x32xi16>, %s: !tile.view<8x1xf32>, %m: !tile.view<8x1xf32>, %z: !tile.view<8x32xf32>) {
  %c0 = arith.constant 0 : index
  %one = arith.constant dense<1.0> : tensor<8x32xf32>
  %t = tile.load %x[%c0, %c0] : !tile.view<8x32xf32> -> tensor<8x32xf32>
  %u = arith.mulf %t, %t : tensor<8x32xf32>
  %bytes = math.erf %t : tensor<8x32xf32>
  %a = arith.addf %bytes, %one : tensor<8x32xf32>
  %g = arith.mulf %a, %t : tensor<8x32xf32>
  %values, %scales, %sums = tile.encode %g : tensor<8x32xf32> -> tensor<8x32xi8>, tensor<8x1xf32>, tensor<8x1xf32>
  %short = math.erf %u : tensor<8x32xf32>
  %b = arith.truncf %short : tensor<8x32xf32> to tensor<8x32xbf16>
  %words = math.erf %u : tensor<8x32xf32>
  %wide, %wscales, %wsums = tile.encode %words : tensor<8x32xf32> -> tensor<8x32xi16>, tensor<8x1xf32>, tensor<8x1xf32>
  %kept = math.erf %one : tensor<8x32xf32>
  tile.store %values, %q[%c0, %c0] : tensor<8x32xi8>, !tile.view<8x32xi8>
  tile.store %scales, %s[%c0, %c0] : tensor<8x1xf32>, !tile.view<8x1xf32>
  tile.store %sums, %m[%c0, %c0] : tensor<8x1xf32>, !tile.view<8x1xf32>
  tile.store %b, %y[%c0, %c0] : tensor<8x32xbf16>, !tile.view<8x32xbf16>
  tile.store %wide, %w[%c0, %c0] : tensor<8x32xi16>, !tile.view<8x32xi16>
  tile.store %kept, %z[%c0, %c0] : tensor<8x32xf32>, !tile.view<8x32xf32>
  tile.return
}
