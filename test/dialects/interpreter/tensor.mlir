// Tensor ops: sizes, elements, slices, reshapes; what nobody wrote is NaN.
// RUN: longc-interpret %s | FileCheck %s

// CHECK: result 0: 2x2 max={{.*}} [2, 3, 5, 6]
// CHECK: result 1: 2x3 max={{.*}} [1, 2, 3, 4, 9, 6]
// CHECK: result 2: 3
// CHECK: result 3: 6 max=6 [1, 2, 3, 4, 5, 6]
// CHECK: result 4: 2 max={{.*}} [nan, nan]
// CHECK: result 5: 5
// CHECK: result 6: 2 max=6 [3, 6]
func.func @main() -> (tensor<2x2xf32>, tensor<2x3xf32>, index, tensor<6xf32>, tensor<?xf32>, f32, tensor<2xf32>) {
  %x = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %nine = arith.constant 9.0 : f32
  %slice = tensor.extract_slice %x[0, 1] [2, 2] [1, 1] : tensor<2x3xf32> to tensor<2x2xf32>
  %insert = tensor.insert %nine into %x[%c1, %c1] : tensor<2x3xf32>
  %dim = tensor.dim %x, %c1 : tensor<2x3xf32>
  %flat = tensor.collapse_shape %x [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
  %empty = tensor.empty(%c2) : tensor<?xf32>
  %element = tensor.extract %x[%c1, %c1] : tensor<2x3xf32>
  %column = tensor.extract_slice %x[0, 2] [2, 1] [1, 1] : tensor<2x3xf32> to tensor<2xf32>
  return %slice, %insert, %dim, %flat, %empty, %element, %column
    : tensor<2x2xf32>, tensor<2x3xf32>, index, tensor<6xf32>, tensor<?xf32>, f32, tensor<2xf32>
}
