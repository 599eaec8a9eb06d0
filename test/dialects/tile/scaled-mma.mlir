// Tiles of integers up to 127 encode exactly: the block-scaled product equals the product with the decoded tile.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 1 --round | FileCheck %s

// CHECK: result 0: 4x8 max={{[0-9.]+e-0[5-9]|[0-9.]+e-[1-9][0-9]|0 }}
// CHECK: result 1: 4x8 max={{[0-9.]+e-0[5-9]|[0-9.]+e-[1-9][0-9]|0 }}
// CHECK: result 2: 4x8 max={{[0-9.]+e-0[5-9]|[0-9.]+e-[1-9][0-9]|0 }}
// CHECK: result 3: 4x8 max={{[1-9][0-9.]+ }}

lm.parameter @w_q8_0 : !lm.quantized<8x64, q8_0>
lm.parameter @w_q4_0 : !lm.quantized<8x64, q4_0>
lm.parameter @w_q4_1 : !lm.quantized<8x64, q4_1>

tile.kernel @q8_0 grid(%i) (%x: !tile.view<4x64xf32>, %w: !tile.view<8x64x!tile.quantized<q8_0>>, %y: !tile.view<4x8xf32>, %z: !tile.view<4x8xf32>) {
  %c0 = arith.constant 0 : index
  %x0 = tile.load %x[%c0, %c0] : !tile.view<4x64xf32> -> tensor<4x64xf32>
  %b = tile.load %w[%c0, %c0] : !tile.view<8x64x!tile.quantized<q8_0>> -> tensor<8x64x!tile.quantized<q8_0>>
  %d = tile.decode %b : tensor<8x64x!tile.quantized<q8_0>> -> tensor<8x64xf32>
  %zero = arith.constant dense<0.0> : tensor<4x8xf32>
  %q, %s, %m = tile.encode %x0 : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4x2xf32>, tensor<4x2xf32>
  %p = tile.scaled_mma %q scaled(%s, %m), %b, %zero : tensor<4x64xi8>, tensor<8x64x!tile.quantized<q8_0>> -> tensor<4x8xf32> (tensor<4x2xf32>, tensor<4x2xf32>)
  %r = tile.mma %x0, %d, %zero transpose_b : tensor<4x64xf32>, tensor<8x64xf32> -> tensor<4x8xf32>
  %e = arith.subf %p, %r : tensor<4x8xf32>
  tile.store %e, %y[%c0, %c0] : tensor<4x8xf32>, !tile.view<4x8xf32>
  tile.store %p, %z[%c0, %c0] : tensor<4x8xf32>, !tile.view<4x8xf32>
  tile.return
}

tile.kernel @q4_0 grid(%i) (%x: !tile.view<4x64xf32>, %w: !tile.view<8x64x!tile.quantized<q4_0>>, %y: !tile.view<4x8xf32>, %z: !tile.view<4x8xf32>) {
  %c0 = arith.constant 0 : index
  %x0 = tile.load %x[%c0, %c0] : !tile.view<4x64xf32> -> tensor<4x64xf32>
  %b = tile.load %w[%c0, %c0] : !tile.view<8x64x!tile.quantized<q4_0>> -> tensor<8x64x!tile.quantized<q4_0>>
  %d = tile.decode %b : tensor<8x64x!tile.quantized<q4_0>> -> tensor<8x64xf32>
  %zero = arith.constant dense<0.0> : tensor<4x8xf32>
  %q, %s, %m = tile.encode %x0 : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4x2xf32>, tensor<4x2xf32>
  %p = tile.scaled_mma %q scaled(%s, %m), %b, %zero : tensor<4x64xi8>, tensor<8x64x!tile.quantized<q4_0>> -> tensor<4x8xf32> (tensor<4x2xf32>, tensor<4x2xf32>)
  %r = tile.mma %x0, %d, %zero transpose_b : tensor<4x64xf32>, tensor<8x64xf32> -> tensor<4x8xf32>
  %e = arith.subf %p, %r : tensor<4x8xf32>
  tile.store %e, %y[%c0, %c0] : tensor<4x8xf32>, !tile.view<4x8xf32>
  tile.store %p, %z[%c0, %c0] : tensor<4x8xf32>, !tile.view<4x8xf32>
  tile.return
}

tile.kernel @q4_1 grid(%i) (%x: !tile.view<4x64xf32>, %w: !tile.view<8x64x!tile.quantized<q4_1>>, %y: !tile.view<4x8xf32>, %z: !tile.view<4x8xf32>) {
  %c0 = arith.constant 0 : index
  %x0 = tile.load %x[%c0, %c0] : !tile.view<4x64xf32> -> tensor<4x64xf32>
  %b = tile.load %w[%c0, %c0] : !tile.view<8x64x!tile.quantized<q4_1>> -> tensor<8x64x!tile.quantized<q4_1>>
  %d = tile.decode %b : tensor<8x64x!tile.quantized<q4_1>> -> tensor<8x64xf32>
  %zero = arith.constant dense<0.0> : tensor<4x8xf32>
  %q, %s, %m = tile.encode %x0 : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4x2xf32>, tensor<4x2xf32>
  %p = tile.scaled_mma %q scaled(%s, %m), %b, %zero : tensor<4x64xi8>, tensor<8x64x!tile.quantized<q4_1>> -> tensor<4x8xf32> (tensor<4x2xf32>, tensor<4x2xf32>)
  %r = tile.mma %x0, %d, %zero transpose_b : tensor<4x64xf32>, tensor<8x64xf32> -> tensor<4x8xf32>
  %e = arith.subf %p, %r : tensor<4x8xf32>
  tile.store %e, %y[%c0, %c0] : tensor<4x8xf32>, !tile.view<4x8xf32>
  tile.store %p, %z[%c0, %c0] : tensor<4x8xf32>, !tile.view<4x8xf32>
  tile.return
}

func.func @main() -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %x = arith.constant dense<[[47.0, -88.0, 36.0, -18.0, -100.0, 127.0, 40.0, 63.0, 79.0, 46.0, 69.0, -78.0, 84.0, 83.0, 39.0, 61.0, 48.0, 76.0, 78.0, 5.0, 64.0, 84.0, -41.0, -91.0, -66.0, -94.0, -13.0, -96.0, -48.0, -50.0, 42.0, -51.0, 90.0, -63.0, 95.0, 13.0, -51.0, -93.0, -39.0, 18.0, -79.0, -67.0, -77.0, 36.0, -83.0, -96.0, -9.0, -38.0, 14.0, 88.0, -127.0, 8.0, 29.0, 63.0, -13.0, 32.0, -57.0, 22.0, -53.0, -62.0, 53.0, 15.0, -25.0, -93.0], [-53.0, 61.0, -6.0, 92.0, 81.0, 127.0, -97.0, -90.0, 16.0, -32.0, 69.0, -37.0, -70.0, -78.0, -40.0, 25.0, -75.0, 60.0, -40.0, -37.0, 33.0, 73.0, -13.0, 60.0, -39.0, -75.0, 66.0, 54.0, 50.0, 77.0, 0.0, -61.0, 17.0, 15.0, -23.0, 28.0, -48.0, 22.0, 59.0, -81.0, -9.0, 32.0, -90.0, 27.0, 83.0, 65.0, 37.0, 61.0, -28.0, -35.0, -127.0, 45.0, -37.0, 74.0, -7.0, 79.0, -73.0, -68.0, -31.0, -95.0, -2.0, 30.0, 32.0, -57.0], [-67.0, 13.0, 27.0, 89.0, 80.0, 127.0, -68.0, -50.0, 77.0, -9.0, 99.0, 32.0, 19.0, -80.0, 18.0, -24.0, 69.0, -74.0, -62.0, 33.0, 36.0, 66.0, 5.0, -25.0, -39.0, -26.0, 33.0, 8.0, -41.0, -57.0, 42.0, -51.0, -59.0, -34.0, 71.0, -9.0, 19.0, -84.0, -31.0, 51.0, 55.0, 16.0, 76.0, -40.0, -67.0, -85.0, -60.0, 53.0, 81.0, -74.0, -127.0, -74.0, 69.0, -74.0, 28.0, -84.0, 48.0, 82.0, 47.0, -46.0, 69.0, -39.0, 51.0, 67.0], [-3.0, 24.0, 71.0, -63.0, -97.0, 127.0, -64.0, 77.0, 74.0, -25.0, -38.0, 42.0, -9.0, -81.0, 33.0, 46.0, -86.0, 56.0, 7.0, 65.0, 70.0, 35.0, -33.0, -26.0, 45.0, -88.0, -54.0, 4.0, 89.0, 52.0, 63.0, -62.0, -44.0, -47.0, 50.0, 7.0, -58.0, 50.0, 28.0, 80.0, 12.0, -75.0, 78.0, -63.0, -89.0, 60.0, -10.0, 29.0, -74.0, 44.0, -127.0, 100.0, 27.0, 88.0, 59.0, 69.0, -83.0, 56.0, 21.0, -21.0, -38.0, 28.0, -61.0, -63.0]]> : tensor<4x64xf32>
  %y = tensor.empty() : tensor<4x8xf32>
  %c1 = arith.constant 1 : index
  %w_q8_0 = lm.parameter_ref @w_q8_0 : !lm.quantized<8x64, q8_0>
  %r_q8_0:2 = tile.launch @q8_0 grid(%c1) ins(%x, %w_q8_0 : tensor<4x64xf32>, !lm.quantized<8x64, q8_0>) outs(%y, %y : tensor<4x8xf32>, tensor<4x8xf32>)
  %w_q4_0 = lm.parameter_ref @w_q4_0 : !lm.quantized<8x64, q4_0>
  %r_q4_0:2 = tile.launch @q4_0 grid(%c1) ins(%x, %w_q4_0 : tensor<4x64xf32>, !lm.quantized<8x64, q4_0>) outs(%y, %y : tensor<4x8xf32>, tensor<4x8xf32>)
  %w_q4_1 = lm.parameter_ref @w_q4_1 : !lm.quantized<8x64, q4_1>
  %r_q4_1:2 = tile.launch @q4_1 grid(%c1) ins(%x, %w_q4_1 : tensor<4x64xf32>, !lm.quantized<8x64, q4_1>) outs(%y, %y : tensor<4x8xf32>, tensor<4x8xf32>)
  return %r_q8_0#0, %r_q4_0#0, %r_q4_1#0, %r_q4_1#1 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}
