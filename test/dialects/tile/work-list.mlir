// One row a block of two queries, costliest first; an empty sequence gives none.
// RUN: longc-opt %s --verify-roundtrip -o /dev/null
// RUN: longc-interpret %s --show 200 | FileCheck %s

// CHECK: result 0: 4x8 max=9 [4, 5, 2, 9, 8, 0, 2, 3, 2, 4, 2, 9, 6, 0, 2, 3, 0, 2, 2, 9, 4, 0, 2, 3, 5, 6, 0, 1, 0, 0, 0, 0]

func.func @main() -> (tensor<?x8xi32>) {
  %s = arith.constant dense<[[0, 5, 2, 9, 0, 2, 3, 0], [5, 5, 0, 4, 0, 0, 1, 0], [5, 6, 0, 1, 0, 0, 0, 0]]> : tensor<3x8xi32>
  %l = tile.work_list %s rows = 2 : tensor<3x8xi32> -> tensor<?x8xi32>
  return %l : tensor<?x8xi32>
}
