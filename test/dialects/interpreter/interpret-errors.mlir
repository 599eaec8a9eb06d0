// A run that cannot go on says which op failed and why, and exits 1.
// RUN: not longc-interpret %s --function missing 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not longc-interpret %s --function division 2>&1 | FileCheck %s --check-prefix=DIVISION
// RUN: not longc-interpret %s --function outside 2>&1 | FileCheck %s --check-prefix=OUTSIDE
// RUN: not longc-interpret %s --function unknown 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not longc-interpret %s --function endless 2>&1 | FileCheck %s --check-prefix=ENDLESS
// RUN: not longc-interpret %s --function role 2>&1 | FileCheck %s --check-prefix=ROLE
// RUN: not longc-interpret %s --function token 2>&1 | FileCheck %s --check-prefix=TOKEN
// RUN: not longc-interpret %s --function twice 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not longc-interpret %s --function uncovered 2>&1 | FileCheck %s --check-prefix=UNCOVERED
// RUN: not longc-interpret %s --function stateless 2>&1 | FileCheck %s --check-prefix=STATELESS
// RUN: not longc-interpret %s --function wordless 2>&1 | FileCheck %s --check-prefix=WORDLESS
// RUN: not longc-interpret %s --function absent 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not longc-interpret %s --function segment 2>&1 | FileCheck %s --check-prefix=SEGMENT
// RUN: not longc-interpret %s --function vectors 2>&1 | FileCheck %s --check-prefix=VECTORS
// RUN: not longc-interpret %s --function shapes 2>&1 | FileCheck %s --check-prefix=SHAPES
// RUN: not longc-interpret %s --function states 2>&1 | FileCheck %s --check-prefix=STATES
// RUN: not longc-interpret %s --function blocks 2>&1 | FileCheck %s --check-prefix=BLOCKS
// RUN: not longc-interpret %s --function width 2>&1 | FileCheck %s --check-prefix=WIDTH
// RUN: not longc-interpret %s --function stated 2>&1 | FileCheck %s --check-prefix=STATED
// RUN: not longc-interpret %s --function part 2>&1 | FileCheck %s --check-prefix=PART
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

// UNCOVERED: error: expected boundaries that cover [0, 3), got 2 and 3
func.func @uncovered() -> tensor<3x1x1xf32> {
  %wrong = arith.constant dense<[2, 3, 3]> : tensor<3xi32>
  %s = arith.constant dense<1.0> : tensor<2x1x1x1xf32>
  %n = arith.constant dense<1.0> : tensor<2x1x1xf32>
  %y = call @remember(%s, %n, %wrong) : (tensor<2x1x1x1xf32>, tensor<2x1x1xf32>, tensor<3xi32>) -> tensor<3x1x1xf32>
  return %y : tensor<3x1x1xf32>
}

// STATELESS: error: expected boundaries that cover [0, 3) with a state each, got 2 sequences up to 2 and 2 states
func.func @stateless() -> tensor<3x1x1xf32> {
  %cu = arith.constant dense<[0, 1, 2]> : tensor<3xi32>
  %s = arith.constant dense<1.0> : tensor<2x1x1x1xf32>
  %n = arith.constant dense<1.0> : tensor<2x1x1xf32>
  %y = call @remember(%s, %n, %cu) : (tensor<2x1x1x1xf32>, tensor<2x1x1xf32>, tensor<3xi32>) -> tensor<3x1x1xf32>
  return %y : tensor<3x1x1xf32>
}

func.func private @remember(%s: tensor<2x1x1x1xf32>, %n: tensor<2x1x1xf32>, %cu: tensor<3xi32>) -> tensor<3x1x1xf32> {
  %a = arith.constant dense<1.0> : tensor<3x1x1xf32>
  %z = arith.constant dense<1.0> : tensor<1xf32>
  %o = lm.gated_memory %a, %a reads kind linear_state (%s, %n) gate (%z) sequences %cu : (tensor<3x1x1xf32>, tensor<3x1x1xf32>, tensor<2x1x1x1xf32>, tensor<2x1x1xf32>, tensor<1xf32>, tensor<3xi32>) -> tensor<3x1x1xf32>
  return %o : tensor<3x1x1xf32>
}

// WORDLESS: error: expected a vocabulary that is not empty
func.func @wordless() -> tensor<2xi32> {
  %x = tensor.empty() : tensor<2x0xf32>
  %u = arith.constant dense<0.0> : tensor<2xf32>
  %t = lm.sample %x, %u : (tensor<2x0xf32>, tensor<2xf32>) -> tensor<2xi32>
  return %t : tensor<2xi32>
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

// VECTORS: error: the interpreter holds no value of 'vector<4xf32>'
func.func @vectors() {
  %a = arith.constant dense<1.0> : vector<4xf32>
  return
}

// SHAPES: error: expected tensors of numbers of one shape
func.func @shapes(%x: tensor<2x?xf32>, %y: tensor<3x?xf32>) -> tensor<?x?xf32> {
  %a = tensor.cast %x : tensor<2x?xf32> to tensor<?x?xf32>
  %b = tensor.cast %y : tensor<3x?xf32> to tensor<?x?xf32>
  %c = arith.addf %a, %b : tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

// A state where a kernel wants a quantised matrix.
tile.kernel @k grid(%i) (%w: !tile.view<8x64x!tile.quantized<q4_1>>, %y: !tile.view<8x64xf32>) {
  tile.return
}

// STATES: error: operand 0 does not fit '!tile.view<8x64x!tile.quantized<q4_1>>'
func.func @states(%c: !lm.cache<1x2xf32> {lm.input = "cache"}) -> tensor<8x64xf32> {
  %y = arith.constant dense<0.0> : tensor<8x64xf32>
  %n = arith.constant 1 : index
  %b = tile.launch @k grid(%n) ins(%c : !lm.cache<1x2xf32>) outs(%y : tensor<8x64xf32>)
  return %b : tensor<8x64xf32>
}

// BLOCKS: error: expected sizes that the interpreter can hold, of numbers
func.func @blocks() -> tensor<8x64xf32> {
  %a = tensor.empty() : tensor<8x64x!tile.quantized<q4_1>>
  %b = tile.decode %a : tensor<8x64x!tile.quantized<q4_1>> -> tensor<8x64xf32>
  return %b : tensor<8x64xf32>
}

// WIDTH: error: expected weight columns of size 2, got 3
func.func @width(%x: tensor<4x2xf32>, %w: tensor<5x3xf32>) -> tensor<4x5xf32> {
  %a = tensor.cast %x : tensor<4x2xf32> to tensor<4x?xf32>
  %y = lm.linear %a, %w : (tensor<4x?xf32>, tensor<5x3xf32>) -> tensor<4x5xf32>
  return %y : tensor<4x5xf32>
}

// STATED: error: no random value for argument 0 of 'tensor<1000000000000xi32>'
func.func @stated(%x: tensor<1000000000000xi32> {lm.input = "tokens"}) {
  return
}

// PART: error: part "nowhere" of parameter @joined is declared nowhere
lm.parameter @somewhere : tensor<2x2xf32>
lm.parameter @joined parts ["somewhere", "nowhere"] : tensor<3x2xf32>
func.func @part() -> tensor<3x2xf32> {
  %j = lm.parameter_ref @joined : tensor<3x2xf32>
  return %j : tensor<3x2xf32>
}
