// What reductions, changes of shape and selections refuse.
// RUN: longc-opt %s -split-input-file -verify-diagnostics

// reduce_c1
func.func @f(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{'tile.reduce' op expected a dimension of the source, got 2}}
  %0 = tile.reduce add %a dim 2 : tensor<2x3xf32> -> tensor<2xf32>
  return
}

// -----

// reduce_c2
func.func @f(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{'tile.reduce' op expected the source's type without dimension 1, got 'tensor<3xf32>'}}
  %0 = tile.reduce add %a dim 1 : tensor<2x3xf32> -> tensor<3xf32>
  return
}

// -----

// expand_c1
func.func @f(%a: tensor<2xf32>) {
  // expected-error@+1 {{'tile.expand' op expected a dimension of the result, got 3}}
  %0 = tile.expand %a dim 3 : tensor<2xf32> -> tensor<2x3xf32>
  return
}

// -----

// expand_c2
func.func @f(%a: tensor<2xf32>) {
  // expected-error@+1 {{'tile.expand' op expected the source to be the result's type without dimension 0, got 'tensor<2xf32>'}}
  %0 = tile.expand %a dim 0 : tensor<2xf32> -> tensor<2x3xf32>
  return
}

// -----

// splat_c1
func.func @f(%a: f32) {
  // expected-error@+1 {{'tile.splat' op expected a tile of 'f32', got 'tensor<2xi32>'}}
  %0 = tile.splat %a : f32 -> tensor<2xi32>
  return
}

// -----

// iota_c1
func.func @f() {
  // expected-error@+1 {{'tile.iota' op expected a dimension of the result, got 1}}
  %0 = tile.iota dim 1 : tensor<2xi32>
  return
}

// -----

// reshape_c1
func.func @f(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{'tile.reshape' op expected as many elements of the same type, got 'tensor<2x3xf32>' and 'tensor<5xf32>'}}
  %0 = tile.reshape %a : tensor<2x3xf32> -> tensor<5xf32>
  return
}

// -----

// transpose_c1
func.func @f(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{'tile.transpose' op expected a matrix and its transpose, got 'tensor<2x3xf32>' and 'tensor<2x3xf32>'}}
  %0 = tile.transpose %a : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----

// slice_c1
func.func @f(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{'tile.slice' op expected one offset per dimension and a result of the source's rank and element type}}
  %0 = tile.slice %a [0] : tensor<2x3xf32> -> tensor<1x2xf32>
  return
}

// -----

// slice_c2
func.func @f(%a: tensor<2x3xf32>) {
  // expected-error@+1 {{'tile.slice' op expected a slice inside the source, got offset 2 in dimension 1}}
  %0 = tile.slice %a [0, 2] : tensor<2x3xf32> -> tensor<1x2xf32>
  return
}

// -----

// topk_init_c1
func.func @f() {
  // expected-error@+1 {{'tile.topk_init' op expected positive rows and k, got '!tile.topk<4, 0>'}}
  %0 = tile.topk_init : !tile.topk<4, 0>
  return
}

// -----

// topk_update_c1
func.func @f(%s: !tile.topk<4, 2>, %a: tensor<3x8xf32>, %i: index) {
  // expected-error@+1 {{'tile.topk_update' op expected a static tile of 4 rows, got 'tensor<3x8xf32>'}}
  %0 = tile.topk_update %s, %a at %i : tensor<3x8xf32> -> !tile.topk<4, 2>
  return
}

// -----

// topk_threshold_c1
func.func @f(%s: !tile.topk<4, 2>) {
  // expected-error@+1 {{'tile.topk_threshold' op expected a score and an index for each of 4 rows}}
  %0:2 = tile.topk_threshold %s : !tile.topk<4, 2> -> tensor<3xf32>, tensor<4xi32>
  return
}

// -----

// work_list_c1
func.func @f(%s: tensor<?x8xi32>) {
  // expected-error@+1 {{'tile.work_list' op expected a positive number of rows, got 0}}
  %0 = tile.work_list %s rows = 0 : tensor<?x8xi32> -> tensor<?x8xi32>
  return
}

// -----

// work_list_c2
func.func @f(%s: tensor<?x6xi32>) {
  // expected-error@+1 {{'tile.work_list' op expected segments of at least 7 columns, got 6}}
  %0 = tile.work_list %s rows = 8 : tensor<?x6xi32> -> tensor<?x8xi32>
  return
}

// -----

// work_list_c3
func.func @f(%s: tensor<?x8xi32>) {
  // expected-error@+1 {{'tile.work_list' op expected a list of 8 columns, got 'tensor<?x7xi32>'}}
  %0 = tile.work_list %s rows = 8 : tensor<?x8xi32> -> tensor<?x7xi32>
  return
}
