// Integers wrap at their width, i1 is 0 or 1, comparisons know signs and NaN; floats round to their types on demand.
// RUN: longc-interpret %s --function integers | FileCheck %s
// RUN: longc-interpret %s --function floats | FileCheck %s --check-prefix=FLOATS
// RUN: longc-interpret %s --function rounded --round | FileCheck %s --check-prefix=ROUNDED
// RUN: longc-interpret %s --function rounded | FileCheck %s --check-prefix=EXACT

// CHECK: result 0: -2147483648
// CHECK: result 1: 255
// CHECK: result 2: -1
// CHECK: result 3: -4
// CHECK: result 4: -3
// CHECK: result 5: 1
// CHECK: result 6: 0
// CHECK: result 7: 3 max=1 [1, 0, 1]
// CHECK: result 8: 3 max=128 [-128, 127, 5]
// CHECK: result 9: 1065353216
func.func @integers() -> (i32, i32, i32, i32, i32, i1, i1, tensor<3xi1>, tensor<3xi8>, i32) {
  %max = arith.constant 2147483647 : i32
  %one = arith.constant 1 : i32
  %overflow = arith.addi %max, %one : i32
  %byte = arith.constant -1 : i8
  %unsigned = arith.extui %byte : i8 to i32
  %signed = arith.extsi %byte : i8 to i32
  %minus7 = arith.constant -7 : i32
  %two = arith.constant 2 : i32
  %floor = arith.floordivsi %minus7, %two : i32
  %trunc = arith.divsi %minus7, %two : i32
  %ult = arith.cmpi ult, %two, %minus7 : i32
  %slt = arith.cmpi slt, %two, %minus7 : i32
  %a = arith.constant dense<[1, -2, 3]> : tensor<3xi32>
  %b = arith.constant dense<[0, 5, -9]> : tensor<3xi32>
  %c = arith.cmpi sgt, %a, %b : tensor<3xi32>
  %wide = arith.constant dense<[128, 127, 261]> : tensor<3xi32>
  %narrow = arith.trunci %wide : tensor<3xi32> to tensor<3xi8>
  %f = arith.constant 1.0 : f32
  %bits = arith.bitcast %f : f32 to i32
  return %overflow, %unsigned, %signed, %floor, %trunc, %ult, %slt, %c, %narrow, %bits
    : i32, i32, i32, i32, i32, i1, i1, tensor<3xi1>, tensor<3xi8>, i32
}

// FLOATS: result 0: 3 max={{nan|3}} [nan, 2, 3]
// FLOATS: result 1: 3 max=3 [1, 2, 3]
// FLOATS: result 2: 3 max=1 [1, 1, 0]
// FLOATS: result 3: 3 max=0 [0, 0, 0]
// FLOATS: result 4: -3
// FLOATS: result 5: 8
func.func @floats() -> (tensor<3xf32>, tensor<3xf32>, tensor<3xi1>, tensor<3xi1>, i32, f32) {
  %a = arith.constant dense<[0x7FC00000, 2.0, 3.0]> : tensor<3xf32>
  %b = arith.constant dense<[1.0, -1.0, 3.0]> : tensor<3xf32>
  %strict = arith.maximumf %a, %b : tensor<3xf32>
  %lax = arith.maxnumf %a, %b : tensor<3xf32>
  %une = arith.cmpf une, %a, %b : tensor<3xf32>
  %olt = arith.cmpf olt, %a, %b : tensor<3xf32>
  %x = arith.constant -3.75 : f32
  %i = arith.fptosi %x : f32 to i32
  %three = arith.constant 3.0 : f32
  %e = math.exp2 %three : f32
  return %strict, %lax, %une, %olt, %i, %e : tensor<3xf32>, tensor<3xf32>, tensor<3xi1>, tensor<3xi1>, i32, f32
}

// 2^-9 is the last bit of a bf16 in [1, 2): ties go to even; 65519 is the largest number that rounds to a finite half.
// ROUNDED: result 0: 4 max=65504 [1, 1.01562, 65504, 5.96046e-08]
// EXACT: result 0: 4 max=65519 [1.00391, 1.01172, 65519, 6.1e-08]
func.func @rounded() -> tensor<4xf64> {
  %x = arith.constant dense<[1.00390625, 1.01171875]> : tensor<2xf64>
  %y = arith.constant dense<[65519.0, 6.1e-08]> : tensor<2xf64>
  %b = arith.truncf %x : tensor<2xf64> to tensor<2xbf16>
  %h = arith.truncf %y : tensor<2xf64> to tensor<2xf16>
  %bx = arith.extf %b : tensor<2xbf16> to tensor<2xf64>
  %hx = arith.extf %h : tensor<2xf16> to tensor<2xf64>
  %e = tensor.empty() : tensor<4xf64>
  %f = tensor.insert_slice %bx into %e[0] [2] [1] : tensor<2xf64> into tensor<4xf64>
  %g = tensor.insert_slice %hx into %f[2] [2] [1] : tensor<2xf64> into tensor<4xf64>
  return %g : tensor<4xf64>
}
