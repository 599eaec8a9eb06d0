// `longc compile --remarks` prints what passes did not do, and why.
// RUN: longc compile %S/../../golden/fot_tiny.gguf --variants avx2 -o %t --remarks 2>&1 | FileCheck %s

// CHECK-DAG: remark: {{.*}}product kept in float32: its weight is stored in float32
// CHECK-DAG: remark: {{.*}}not pipelined: no product reads a tile as the loop loads it
// CHECK-DAG: remark: {{.*}}is not input {{.*}} in place: the kernel needs what it reads for more than the element that replaces it
