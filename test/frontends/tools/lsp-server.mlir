// The language server says what is wrong in a file of ours.
// RUN: longc-lsp-server -lit-test < %s | FileCheck -strict-whitespace %s
{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"processId":123,"rootPath":"mlir","capabilities":{},"trace":"off"}}
// -----
{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"test:///foo.mlir","languageId":"mlir","version":1,"text":"func.func @f(%x: tensor<2x8xf32>, %w: tensor<7xf32>) {\n  %y = lm.rms_norm %x, %w {epsilon = 1.0e-5 : f64} : (tensor<2x8xf32>, tensor<7xf32>) -> tensor<2x8xf32>\n  return\n}"}}}
// CHECK: "method": "textDocument/publishDiagnostics",
// CHECK: "message": "'lm.rms_norm' op expected a weight of 8, got 'tensor<7xf32>'",
// -----
{"jsonrpc":"2.0","id":3,"method":"shutdown"}
// -----
{"jsonrpc":"2.0","method":"exit"}
