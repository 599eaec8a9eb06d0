// To bf16, nearest, ties to even; without --round the value stays.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --round | FileCheck %s
// RUN: longc-interpret %s | FileCheck %s --check-prefix=EXACT

// CHECK: result 0: 4 max=3.14062 [1, 1, 1.01562, -3.14062]
// EXACT: result 0: 4 max=3.14159 [1, 1.00391, 1.01172, -3.14159]

func.func @main() -> (tensor<4xbf16>) {
  %x = arith.constant dense<[1.0, 1.00390625, 1.01171875, -3.14159274]> : tensor<4xf32>
  %y = lm.round %x : (tensor<4xf32>) -> tensor<4xbf16>
  return %y : tensor<4xbf16>
}
