// Activations that are integers up to 127 encode exactly: the integer product equals the product of the decoded weight;
// once with an adapter beside it, once with a bias.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 2 --round | FileCheck %s

// CHECK: result 0: 3x8 max={{[0-9.]+e-0[5-9]|[0-9.]+e-[1-9][0-9]|0 }}
// CHECK: result 1: 3x8 max={{[0-9.]+e-0[5-9]|[0-9.]+e-[1-9][0-9]|0 }}
// CHECK: result 2: 3x8 max={{[0-9.]+e-0[5-9]|[0-9.]+e-[1-9][0-9]|0 }}
// CHECK: result 3: 3x8 max={{[1-9][0-9.]+ }}

lm.parameter @a : !lm.quantized<8x64, q8_0>
lm.parameter @b : !lm.quantized<8x64, q4_0>
lm.parameter @c : !lm.quantized<8x64, q4_1>

func.func @main() -> (tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>) {
  %x = arith.constant dense<[[-70.0, -24.0, 64.0, -20.0, -24.0, 127.0, 96.0, -22.0, 18.0, -12.0, 21.0, -11.0, 28.0, 9.0, 35.0, 92.0, -70.0, 12.0, -12.0, -29.0, -52.0, -90.0, -20.0, 66.0, -81.0, -19.0, 94.0, 91.0, -57.0, -99.0, 35.0, -98.0, -40.0, -1.0, 75.0, -82.0, 33.0, 7.0, -74.0, 69.0, 69.0, -3.0, 89.0, 21.0, 81.0, 93.0, 14.0, -44.0, -71.0, 13.0, -127.0, 50.0, 86.0, -51.0, 11.0, -91.0, -64.0, -25.0, 77.0, 94.0, 28.0, 17.0, 14.0, -88.0], [-25.0, 97.0, -18.0, -58.0, -52.0, 127.0, -93.0, 94.0, 76.0, 14.0, -6.0, 53.0, 10.0, -5.0, -36.0, -11.0, 51.0, -89.0, -95.0, 44.0, -26.0, 61.0, -94.0, 82.0, -76.0, -17.0, 94.0, -79.0, 32.0, 46.0, -14.0, -85.0, 5.0, -13.0, 75.0, 37.0, -31.0, -89.0, 18.0, -44.0, 37.0, 73.0, -29.0, 81.0, 4.0, 6.0, 53.0, 58.0, 82.0, 100.0, -127.0, -18.0, 87.0, -39.0, -99.0, 15.0, 51.0, 49.0, 62.0, 29.0, -73.0, 70.0, -16.0, 70.0], [63.0, 95.0, -98.0, 74.0, 26.0, 127.0, 59.0, 91.0, 3.0, -83.0, 45.0, -54.0, -55.0, -62.0, -61.0, 82.0, -28.0, -79.0, -64.0, -21.0, -31.0, -38.0, 90.0, 74.0, 15.0, 98.0, -32.0, -73.0, -46.0, -83.0, 91.0, -56.0, -11.0, -60.0, 97.0, -69.0, 3.0, 91.0, 4.0, 80.0, 80.0, 54.0, 49.0, 15.0, 16.0, 67.0, -15.0, 90.0, 76.0, -25.0, -127.0, 43.0, 85.0, -81.0, -87.0, -51.0, -14.0, -68.0, 4.0, 8.0, 91.0, 49.0, -50.0, 58.0]]> : tensor<3x64xf32>
  %v, %s, %m = lm.quantize %x : (tensor<3x64xf32>) -> (tensor<3x64xi8>, tensor<3x2xf32>, tensor<3x2xf32>)
  %wa = lm.parameter_ref @a : !lm.quantized<8x64, q8_0>
  %da = lm.dequantize %wa : (!lm.quantized<8x64, q8_0>) -> tensor<8x64xf32>
  %la = lm.linear %x, %da : (tensor<3x64xf32>, tensor<8x64xf32>) -> tensor<3x8xf32>
  %ia = lm.quantized_linear %v, %s, %m, %wa : (tensor<3x64xi8>, tensor<3x2xf32>, tensor<3x2xf32>, !lm.quantized<8x64, q8_0>) -> tensor<3x8xf32>
  %ea = arith.subf %la, %ia : tensor<3x8xf32>
  %wb = lm.parameter_ref @b : !lm.quantized<8x64, q4_0>
  %db = lm.dequantize %wb : (!lm.quantized<8x64, q4_0>) -> tensor<8x64xf32>
  %A = arith.constant dense<0.125> : tensor<2x64xf32>
  %B = arith.constant dense<[[0.5, 0.25], [1.0, -0.75], [0.125, 2.0], [-1.5, 0.5], [0.25, 0.25], [1.0, 0.0], [-0.5, 1.25], [0.75, -2.0]]> : tensor<8x2xf32>
  %lb = lm.linear %x, %db lora(%A, %B) {lora_scale = 0.5 : f64} : (tensor<3x64xf32>, tensor<8x64xf32>, tensor<2x64xf32>, tensor<8x2xf32>) -> tensor<3x8xf32>
  %ib = lm.quantized_linear %v, %s, %m, %wb lora %x(%A, %B) {lora_scale = 0.5 : f64} : (tensor<3x64xi8>, tensor<3x2xf32>, tensor<3x2xf32>, !lm.quantized<8x64, q4_0>, tensor<3x64xf32>, tensor<2x64xf32>, tensor<8x2xf32>) -> tensor<3x8xf32>
  %eb = arith.subf %lb, %ib : tensor<3x8xf32>
  %wc = lm.parameter_ref @c : !lm.quantized<8x64, q4_1>
  %dc = lm.dequantize %wc : (!lm.quantized<8x64, q4_1>) -> tensor<8x64xf32>
  %bias = arith.constant dense<[100.0, -200.0, 300.0, -400.0, 500.0, -600.0, 700.0, -800.0]> : tensor<8xf32>
  %lc = lm.linear %x, %dc bias %bias : (tensor<3x64xf32>, tensor<8x64xf32>, tensor<8xf32>) -> tensor<3x8xf32>
  %ic = lm.quantized_linear %v, %s, %m, %wc bias %bias : (tensor<3x64xi8>, tensor<3x2xf32>, tensor<3x2xf32>, !lm.quantized<8x64, q4_1>, tensor<8xf32>) -> tensor<3x8xf32>
  %ec = arith.subf %lc, %ic : tensor<3x8xf32>
  %r = math.absf %la : tensor<3x8xf32>
  return %ea, %eb, %ec, %r : tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>
}
