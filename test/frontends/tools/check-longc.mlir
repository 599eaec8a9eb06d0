// `ninja check-longc` builds what the tests run, and what that needs when it runs.
// RUN: ninja -C %longc_build -t commands check-longc | FileCheck %s

// CHECK-DAG: -o bin/longc{{ }}
// CHECK-DAG: -o bin/longc-compare-cpu{{ }}
// CHECK-DAG: -o bin/longc-interpret{{ }}
// CHECK-DAG: -o bin/longc-lsp-server{{ }}
// CHECK-DAG: -o bin/longc-opt{{ }}
// CHECK-DAG: -o bin/longc-reduce{{ }}
// CHECK-DAG: bin/longc-runtime.o
