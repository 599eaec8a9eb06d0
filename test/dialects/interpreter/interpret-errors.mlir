// A run that cannot go on says which op failed and why, and exits 1.
// RUN: not longc-interpret %s --function missing 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not longc-interpret %s --function division 2>&1 | FileCheck %s --check-prefix=DIVISION
// RUN: not longc-interpret %s --function outside 2>&1 | FileCheck %s --check-prefix=OUTSIDE
// RUN: not longc-interpret %s --function unknown 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not longc-interpret %s --function endless 2>&1 | FileCheck %s --check-prefix=ENDLESS
// RUN: not longc-interpret %s --function role 2>&1 | FileCheck %s --check-prefix=ROLE
// RUN: not longc-interpret %s --function token 2>&1 | FileCheck %s --check-prefix=TOKEN
// RUN: not longc-interpret %s --function twice 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not longc-interpret %s --function absent 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not longc-interpret %s --function segment 2>&1 | FileCheck %s --check-prefix=SEGMENT
// RUN: not longc-interpret %s --function huge 2>&1 | FileCheck %s --check-prefix=HUGE
// RUN: not longc-interpret %s --function division --compare-after no-such-pass 2>&1 | FileCheck %s --check-prefix=PASS
// RUN: not longc-interpret %s.missing 2>&1 | FileCheck %s --check-prefix=FILE

// MISSING: error: expected a function named @missing
// PASS: 'no-such-pass' does not refer to a registered pass
// FILE: error: cannot open input file

// DIVISION: interpret-errors.mlir:[[#@LINE+4]]:8: error: division by zero
func.func @division() -> i32 {
  %a = arith.constant 1 : i32
  %b = arith.constant 0 : i32
  %c = arith.divsi %a, %b : i32
  return %c : i32
}

// OUTSIDE: error: index out of range
func.func @outside() -> f32 {
  %x = arith.constant dense<1.0> : tensor<2xf32>
  %c2 = arith.constant 2 : index
  %e = tensor.extract %x[%c2] : tensor<2xf32>
  return %e : f32
}

// UNKNOWN: error: the interpreter does not run math.ctlz
func.func @unknown() -> i32 {
  %a = arith.constant 1 : i32
  %b = math.ctlz %a : i32
  return %b : i32
}

// ENDLESS: error: the interpreter runs no recursion, and @endless calls itself
func.func @endless() -> i32 {
  %0 = call @endless() : () -> i32
  return %0 : i32
}

// ROLE: error: no random value for argument 0 with lm.input = "wrong" of 'tensor<?xi32>'
func.func @role(%x: tensor<?xi32> {lm.input = "wrong"}) {
  return
}

// TOKEN: error: expected token ids in [0, 3), got 3
func.func @token() -> tensor<1x2xf32> {
  %t = arith.constant dense<3> : tensor<1xi32>
  %w = arith.constant dense<0.0> : tensor<3x2xf32>
  %x = lm.embedding %t, %w : (tensor<1xi32>, tensor<3x2xf32>) -> tensor<1x2xf32>
  return %x : tensor<1x2xf32>
}

// TWICE: error: expected destinations that differ, got 1 twice
func.func @twice() -> tensor<3x2xf32> {
  %d = arith.constant dense<1> : tensor<2xi32>
  %x = arith.constant dense<0.0> : tensor<3x2xf32>
  %s = arith.constant dense<1.0> : tensor<2x2xf32>
  %y = lm.scatter_rows %x, %s, %d : (tensor<3x2xf32>, tensor<2x2xf32>, tensor<2xi32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// ABSENT: error: nothing is stored in slot 9 at token index 0
func.func @absent(%c: !lm.cache<1x2xf32> {lm.input = "cache"}) -> tensor<1x1x2xf32> {
  %s = arith.constant dense<[[0, 1, 0, 1, 0, 0, 9, 0]]> : tensor<1x8xi32>
  %r = call @attend(%c, %s) : (!lm.cache<1x2xf32>, tensor<1x8xi32>) -> tensor<1x1x2xf32>
  return %r : tensor<1x1x2xf32>
}

// SEGMENT: error: expected segment 0 to hold query rows of [0, 1), got [0, 2)
func.func @segment(%c: !lm.cache<1x2xf32> {lm.input = "cache"}) -> tensor<1x1x2xf32> {
  %s = arith.constant dense<[[0, 2, 0, 2, 0, 0, 0, 0]]> : tensor<1x8xi32>
  %r = call @attend(%c, %s) : (!lm.cache<1x2xf32>, tensor<1x8xi32>) -> tensor<1x1x2xf32>
  return %r : tensor<1x1x2xf32>
}

func.func private @attend(%c: !lm.cache<1x2xf32>, %s: tensor<1x8xi32>) -> tensor<1x1x2xf32> {
  %q = arith.constant dense<1.0> : tensor<1x1x2xf32>
  %o, %l = lm.window_attention %q, %c, %s {scale = 1.0 : f64} : (tensor<1x1x2xf32>, !lm.cache<1x2xf32>, tensor<1x8xi32>) -> (tensor<1x1x2xf32>, tensor<1x1xf32>)
  return %o : tensor<1x1x2xf32>
}

// HUGE: error: expected sizes that the interpreter can hold
func.func @huge() -> tensor<?x?xf32> {
  %n = arith.constant 1000000 : index
  %e = tensor.empty(%n, %n) : tensor<?x?xf32>
  return %e : tensor<?x?xf32>
}
