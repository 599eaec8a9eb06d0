// One rule for NaN (dialects/tile/TileDialect.td), the same in the interpreter and in every variant: `maximumf` and
// `minimumf` keep it on either side; `maxnumf`, `minnumf` and a reduced maximum leave it out; an encoding has it in scale
// and sum. In no layer of a model does one get lost.
//
// RUN: longc-interpret %s --function=pairs --show 20 | FileCheck %s --check-prefix=PAIRS
// RUN: longc-interpret %s --function=rows --show 20 | FileCheck %s --check-prefix=ROWS
// RUN: longc-interpret %s --function=layers --tokens=3 --sequences=1 --show 20 | FileCheck %s --check-prefix=LAYERS
// RUN: longc-compare-cpu %s --function=pairs | FileCheck %s
// RUN: longc-compare-cpu %s --function=rows | FileCheck %s
// RUN: longc-compare-cpu %s --function=layers --tokens=3 --sequences=1 --pass-pipeline='longc-lower{precision=exact}' | FileCheck %s
// RUN: longc-compare-cpu %s --function=layers --tokens=3 --sequences=1 --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
// RUN: longc-interpret %s --function=layers --tokens=3 --sequences=1 --compare-after=longc-lower --tolerance=1e-4 --rounding-tolerance=0
// CHECK-NOT: WRONG
// CHECK: {{[1-9][0-9]*}} passed, 0 failed, {{[0-9]+}} skipped

module attributes {tile.target = #tile.target<mma_rows = 16, mma_cols = 32, mma_depth = 64, attention_rows = 16, attention_cols = 32, stream_rows = 4, fold_heads = true>} {
// PAIRS: result 0: 3 {{.*}}[nan, nan, 1]
// PAIRS: result 1: 3 {{.*}}[nan, nan, -1]
// PAIRS: result 2: 3 {{.*}}[-1, 2, 1]
// PAIRS: result 3: 3 {{.*}}[-1, 2, -1]
// PAIRS: result 4: 3 {{.*}}[nan, 2, 1]
// PAIRS: result 5: 3 {{.*}}[1, 2, 1]
tile.kernel @k_pairs grid(%i) (%x: !tile.view<3xf32>, %y: !tile.view<3xf32>, %a: !tile.view<3xf32>, %b: !tile.view<3xf32>,
                             %c: !tile.view<3xf32>, %d: !tile.view<3xf32>, %e: !tile.view<3xf32>, %f: !tile.view<3xf32>) {
  %c0 = arith.constant 0 : index
  %one = arith.constant dense<1.0> : tensor<3xf32>
  %p = tile.load %x[%c0] : !tile.view<3xf32> -> tensor<3xf32>
  %q = tile.load %y[%c0] : !tile.view<3xf32> -> tensor<3xf32>
  %0 = arith.maximumf %p, %q : tensor<3xf32>
  tile.store %0, %a[%c0] : tensor<3xf32>, !tile.view<3xf32>
  %1 = arith.minimumf %p, %q : tensor<3xf32>
  tile.store %1, %b[%c0] : tensor<3xf32>, !tile.view<3xf32>
  %2 = arith.maxnumf %p, %q : tensor<3xf32>
  tile.store %2, %c[%c0] : tensor<3xf32>, !tile.view<3xf32>
  %3 = arith.minnumf %p, %q : tensor<3xf32>
  tile.store %3, %d[%c0] : tensor<3xf32>, !tile.view<3xf32>
  %4 = arith.maximumf %p, %one : tensor<3xf32>
  tile.store %4, %e[%c0] : tensor<3xf32>, !tile.view<3xf32>
  %5 = arith.maxnumf %one, %p : tensor<3xf32>
  tile.store %5, %f[%c0] : tensor<3xf32>, !tile.view<3xf32>
  tile.return
}

func.func @pairs() -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %c1 = arith.constant 1 : index
  %x = arith.constant dense<[0x7FC00000, 2.0, 1.0]> : tensor<3xf32>
  %y = arith.constant dense<[-1.0, 0x7FC00000, -1.0]> : tensor<3xf32>
  %o = tensor.empty() : tensor<3xf32>
  %r:6 = tile.launch @k_pairs grid(%c1) ins(%x, %y : tensor<3xf32>, tensor<3xf32>) outs(%o, %o, %o, %o, %o, %o : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>)
  return %r#0, %r#1, %r#2, %r#3, %r#4, %r#5 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// A NaN first, in a rest, in the middle; a row of nothing else; 40 columns unrolled, 448 in a loop.
// ROWS: result 0: 4 {{.*}}[2, 2, 2, -inf]
// ROWS: result 1: 4 {{.*}}[2, 2, 2, -inf]
// ROWS: result 2: 4x2 {{.*}}[nan, 0.015748, 0.015748, nan, nan, 0.00787402, nan, nan]
// ROWS: result 3: 4x2 {{.*}}[nan, 0, 0, nan, nan, 0, nan, nan]
tile.kernel @k_rows grid(%i) (%x: !tile.view<4x64xf32>, %a: !tile.view<4xf32>, %b: !tile.view<4xf32>,
                            %v: !tile.view<4x64xi8>, %s: !tile.view<4x2xf32>, %m: !tile.view<4x2xf32>) {
  %c0 = arith.constant 0 : index
  %narrow = tile.load %x[%c0, %c0] : !tile.view<4x64xf32> -> tensor<4x40xf32>
  %t = tile.load %x[%c0, %c0] : !tile.view<4x64xf32> -> tensor<4x64xf32>
  %0 = tile.reduce max %narrow dim 1 : tensor<4x40xf32> -> tensor<4xf32>
  tile.store %0, %a[%c0] : tensor<4xf32>, !tile.view<4xf32>
  %many = tile.expand %t dim 1 : tensor<4x64xf32> -> tensor<4x7x64xf32>
  %wide = tile.reshape %many : tensor<4x7x64xf32> -> tensor<4x448xf32>
  %1 = tile.reduce max %wide dim 1 : tensor<4x448xf32> -> tensor<4xf32>
  tile.store %1, %b[%c0] : tensor<4xf32>, !tile.view<4xf32>
  %values, %scales, %sums = tile.encode %t : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4x2xf32>, tensor<4x2xf32>
  tile.store %values, %v[%c0, %c0] : tensor<4x64xi8>, !tile.view<4x64xi8>
  tile.store %scales, %s[%c0, %c0] : tensor<4x2xf32>, !tile.view<4x2xf32>
  tile.store %sums, %m[%c0, %c0] : tensor<4x2xf32>, !tile.view<4x2xf32>
  tile.return
}
func.func @rows() -> (tensor<4xf32>, tensor<4xf32>, tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x64xi8>) {
  %c1 = arith.constant 1 : index
  %x = arith.constant dense<[
    [0x7FC00000, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0],
    [-2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 0x7FC00000, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0],
    [-2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 2.0, -2.0, 0x7FC00000, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0],
    [0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000]]> : tensor<4x64xf32>
  %a = tensor.empty() : tensor<4xf32>
  %v = tensor.empty() : tensor<4x64xi8>
  %s = tensor.empty() : tensor<4x2xf32>
  %r:5 = tile.launch @k_rows grid(%c1) ins(%x : tensor<4x64xf32>) outs(%a, %a, %v, %s, %s : tensor<4xf32>, tensor<4xf32>, tensor<4x64xi8>, tensor<4x2xf32>, tensor<4x2xf32>)
  return %r#0, %r#1, %r#3, %r#4, %r#2 : tensor<4xf32>, tensor<4xf32>, tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x64xi8>
}
// The second of three tokens is NaN, and so is what is made of it, for whoever sees it. (A value that is NaN may also reach
// rows of its tile that do not see it, since 0 * NaN is one: attention's values are not compared.)
// LAYERS: result 0: 3x1 {{.*}}[{{-?[0-9.]+}}, nan, {{-?[0-9.]+}}]
// LAYERS: result 1: 3x1 {{.*}}[{{-?[0-9.]+}}, nan, {{-?[0-9.]+}}]
// LAYERS: result 2: 3x1 {{.*}}[{{-?[0-9.]+}}, nan, {{-?[0-9.]+}}]
// LAYERS: result 3: 1x3 {{.*}}[{{-?[0-9.]+}}, nan, nan]
// LAYERS: result 4: 3 {{.*}}[{{-?[0-9.]+}}, nan, {{-?[0-9.]+}}]
lm.parameter @w : !lm.quantized<1x64, q8_0>
lm.parameter @d : tensor<1x64xf32>
lm.parameter @n : tensor<64xf32>
lm.parameter @v : tensor<203x64xf32>
func.func @layers(%cu: tensor<2xi32> {lm.input = "cu_seqlens"}, %targets: tensor<3xi32> {lm.input = "targets"}, %weights: tensor<3xf32> {lm.input = "weights"},
                  %segments: tensor<?x8xi32> {lm.input = "segments"}, %memory: !lm.memory<1x64xf32> {lm.input = "memory", lm.layer = 0 : i64})
    -> (tensor<3x1xf32>, tensor<3x1xf32>, tensor<3x1xf32>, tensor<1x3xf32>, tensor<3xf32>, tensor<3x1x64xf32>, tensor<1x3xf32>, tensor<1xf32>) {
  %x = arith.constant dense<[
    [0.000, 0.750, -1.875, 1.625, -0.125, -1.625, -0.750, -1.125, 0.875, 1.750, -0.125, 1.000, -1.250, -0.125, -2.000, -0.375, 1.250, 0.125, -0.625, 1.000, -0.750, -1.500, -1.000, 1.500, -1.000, -1.000, -2.000, -2.000, -0.375, -0.375, -0.750, -0.750, 0.250, 0.500, -0.500, -0.375, -0.625, -0.500, 1.000, 0.375, -1.875, 0.875, 1.250, -0.750, -0.875, 0.000, -1.500, 0.625, 0.375, -2.000, 0.625, -1.500, 0.375, 0.750, 0.375, 1.750, 0.500, -0.625, 1.750, 1.750, -0.625, -1.625, 0.000, -1.875],
    [0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000, 0x7FC00000],
    [0.750, 1.125, -1.875, 1.250, 0.875, 1.000, -2.000, 1.500, -1.750, -0.625, -0.500, -1.125, -0.125, 1.625, 0.750, 2.000, 0.750, 0.000, 1.625, -1.250, 0.875, 0.250, -1.750, 1.375, -1.375, -0.375, 0.625, 2.000, 0.875, -0.875, 0.625, 0.125, -1.375, 0.375, 0.500, 0.375, -0.625, -1.375, -0.875, 0.375, 1.750, -0.750, -1.625, -1.375, 1.125, -1.750, -0.125, 0.750, 0.000, 1.625, 1.250, -0.875, -1.625, -1.750, 1.875, 0.625, -0.375, -1.000, -1.000, 1.250, -1.250, -0.750, 1.375, 0.875]]> : tensor<3x64xf32>
  %ws = lm.parameter_ref @w : !lm.quantized<1x64, q8_0>
  %ds = lm.parameter_ref @d : tensor<1x64xf32>
  %ns = lm.parameter_ref @n : tensor<64xf32>
  %vs = lm.parameter_ref @v : tensor<203x64xf32>
  %values, %scales, %sums = lm.quantize %x : (tensor<3x64xf32>) -> (tensor<3x64xi8>, tensor<3x2xf32>, tensor<3x2xf32>)
  %a = lm.quantized_linear %values, %scales, %sums, %ws : (tensor<3x64xi8>, tensor<3x2xf32>, tensor<3x2xf32>, !lm.quantized<1x64, q8_0>) -> tensor<3x1xf32>
  %normed = lm.rms_norm %x, %ns {epsilon = 1.0e-5 : f64} : (tensor<3x64xf32>, tensor<64xf32>) -> tensor<3x64xf32>
  %b = lm.linear %normed, %ds : (tensor<3x64xf32>, tensor<1x64xf32>) -> tensor<3x1xf32>
  %bent = lm.gelu %x {tanh} : (tensor<3x64xf32>) -> tensor<3x64xf32>
  %e = lm.linear %bent, %ds : (tensor<3x64xf32>, tensor<1x64xf32>) -> tensor<3x1xf32>
  %h = lm.split_heads %x : (tensor<3x64xf32>) -> tensor<3x1x64xf32>
  %out, %lse = lm.packed_attention %h, %h, %h, %cu, %cu causal {scale = 0.125 : f64}
    : (tensor<3x1x64xf32>, tensor<3x1x64xf32>, tensor<3x1x64xf32>, tensor<2xi32>, tensor<2xi32>) -> (tensor<3x1x64xf32>, tensor<1x3xf32>)
  %found, %foundLse = lm.knn_attention %h, %memory, %segments {scale = 0.125 : f64, topk = 2 : i64}
    : (tensor<3x1x64xf32>, !lm.memory<1x64xf32>, tensor<?x8xi32>) -> (tensor<3x1x64xf32>, tensor<1x3xf32>)
  %loss, %losses = lm.cross_entropy %x, %vs, %targets, %weights : (tensor<3x64xf32>, tensor<203x64xf32>, tensor<3xi32>, tensor<3xf32>) -> (tensor<1xf32>, tensor<3xf32>)
  return %a, %b, %e, %lse, %losses, %found, %foundLse, %loss : tensor<3x1xf32>, tensor<3x1xf32>, tensor<3x1xf32>, tensor<1x3xf32>, tensor<3xf32>, tensor<3x1x64xf32>, tensor<1x3xf32>, tensor<1xf32>
}
}
