// Loops carry values, branches choose, calls return; a while loop stops by its condition.
// RUN: longc-interpret %s | FileCheck %s

// CHECK: result 0: 45
// CHECK: result 1: 7
// CHECK: result 2: 16
// CHECK: result 3: 21
func.func @main() -> (index, i32, index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c10 = arith.constant 10 : index
  %sum = scf.for %i = %c0 to %c10 step %c1 iter_args(%s = %c0) -> (index) {
    %n = arith.addi %s, %i : index
    scf.yield %n : index
  }
  %big = arith.cmpi sgt, %sum, %c10 : index
  %chosen = scf.if %big -> (i32) {
    %a = arith.constant 7 : i32
    scf.yield %a : i32
  } else {
    %b = arith.constant 8 : i32
    scf.yield %b : i32
  }
  %power = scf.while (%p = %c1) : (index) -> index {
    %less = arith.cmpi slt, %p, %c10 : index
    scf.condition(%less) %p : index
  } do {
  ^bb0(%p: index):
    %next = arith.muli %p, %c2 : index
    scf.yield %next : index
  }
  %twice = func.call @add(%power, %power) : (index, index) -> index
  %five = arith.constant 5 : index
  %more = func.call @add(%power, %five) : (index, index) -> index
  return %sum, %chosen, %power, %more : index, i32, index, index
}

func.func private @add(%a: index, %b: index) -> index {
  %c = arith.addi %a, %b : index
  return %c : index
}
