// Tiles of bf16: stored in any number of columns, multiplied over an odd depth, computed with, reduced, added to memory.
//
// RUN: longc-compare-cpu %s --function=widths --pass-pipeline='longc-lower{precision=fast}' | FileCheck %s
// RUN: longc-compare-cpu %s --function=depths | FileCheck %s
// RUN: longc-compare-cpu %s --function=arithmetic --rough-tolerance=4e-3 | FileCheck %s
// RUN: longc-compare-cpu %s --function=wide_products --rough-tolerance=1e-5 | FileCheck %s
// RUN: longc-compare-cpu %s --function=narrow_products --rough-tolerance=1e-4 | FileCheck %s
//
// CHECK-NOT: WRONG
// CHECK: {{[1-9][0-9]*}} passed, 0 failed, {{[0-9]+}} skipped

// The last tile of 97 and of 112 columns is one of 96 that mostly lies outside; 7 and 20 end within a chunk.
func.func @widths(%x: tensor<?x31xbf16>, %w7: tensor<7x31xbf16>, %w20: tensor<20x31xbf16>, %w97: tensor<97x31xbf16>,
                  %w112: tensor<112x31xbf16>)
    -> (tensor<?x7xbf16>, tensor<?x20xbf16>, tensor<?x97xbf16>, tensor<?x112xbf16>) {
  %0 = lm.linear %x, %w7 : (tensor<?x31xbf16>, tensor<7x31xbf16>) -> tensor<?x7xbf16>
  %1 = lm.linear %x, %w20 : (tensor<?x31xbf16>, tensor<20x31xbf16>) -> tensor<?x20xbf16>
  %2 = lm.linear %x, %w97 : (tensor<?x31xbf16>, tensor<97x31xbf16>) -> tensor<?x97xbf16>
  %3 = lm.linear %x, %w112 : (tensor<?x31xbf16>, tensor<112x31xbf16>) -> tensor<?x112xbf16>
  return %0, %1, %2, %3 : tensor<?x7xbf16>, tensor<?x20xbf16>, tensor<?x97xbf16>, tensor<?x112xbf16>
}

// Products of 35 values, which are 17 pairs and one: B in panels, transposed, row by row, and with few rows.
tile.kernel @panels grid(%i) (%x: !tile.view<9x35xbf16>, %w: !tile.view<50x35xbf16, panels>, %y: !tile.view<9x50xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<9x50xf32>
  %a = tile.load %x[%c0, %c0] : !tile.view<9x35xbf16> -> tensor<9x35xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<50x35xbf16, panels> -> tensor<50x35xbf16>
  %s = tile.mma %a, %b, %zero transpose_b : tensor<9x35xbf16>, tensor<50x35xbf16> -> tensor<9x50xf32>
  tile.store %s, %y[%c0, %c0] : tensor<9x50xf32>, !tile.view<9x50xf32>
  tile.return
}
tile.kernel @transposed grid(%i) (%x: !tile.view<9x35xbf16>, %w: !tile.view<50x35xbf16>, %y: !tile.view<9x50xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<9x50xf32>
  %a = tile.load %x[%c0, %c0] : !tile.view<9x35xbf16> -> tensor<9x35xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<50x35xbf16> -> tensor<50x35xbf16>
  %s = tile.mma %a, %b, %zero transpose_b : tensor<9x35xbf16>, tensor<50x35xbf16> -> tensor<9x50xf32>
  tile.store %s, %y[%c0, %c0] : tensor<9x50xf32>, !tile.view<9x50xf32>
  tile.return
}
tile.kernel @rows grid(%i) (%x: !tile.view<9x35xbf16>, %w: !tile.view<35x50xbf16>, %y: !tile.view<9x50xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<9x50xf32>
  %a = tile.load %x[%c0, %c0] : !tile.view<9x35xbf16> -> tensor<9x35xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<35x50xbf16> -> tensor<35x50xbf16>
  %s = tile.mma %a, %b, %zero : tensor<9x35xbf16>, tensor<35x50xbf16> -> tensor<9x50xf32>
  tile.store %s, %y[%c0, %c0] : tensor<9x50xf32>, !tile.view<9x50xf32>
  tile.return
}
tile.kernel @few_transposed grid(%i) (%x: !tile.view<9x35xbf16>, %w: !tile.view<50x35xbf16>, %y: !tile.view<9x50xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<1x50xf32>
  %a = tile.load %x[%i, %c0] : !tile.view<9x35xbf16> -> tensor<1x35xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<50x35xbf16> -> tensor<50x35xbf16>
  %s = tile.mma %a, %b, %zero transpose_b : tensor<1x35xbf16>, tensor<50x35xbf16> -> tensor<1x50xf32>
  tile.store %s, %y[%i, %c0] : tensor<1x50xf32>, !tile.view<9x50xf32>
  tile.return
}
tile.kernel @few_rows grid(%i) (%x: !tile.view<9x35xbf16>, %w: !tile.view<35x50xbf16>, %y: !tile.view<9x50xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<1x50xf32>
  %a = tile.load %x[%i, %c0] : !tile.view<9x35xbf16> -> tensor<1x35xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<35x50xbf16> -> tensor<35x50xbf16>
  %s = tile.mma %a, %b, %zero : tensor<1x35xbf16>, tensor<35x50xbf16> -> tensor<1x50xf32>
  tile.store %s, %y[%i, %c0] : tensor<1x50xf32>, !tile.view<9x50xf32>
  tile.return
}
func.func @depths(%x: tensor<9x35xbf16>, %w: tensor<50x35xbf16>, %r: tensor<35x50xbf16>)
    -> (tensor<9x50xf32>, tensor<9x50xf32>, tensor<9x50xf32>, tensor<9x50xf32>, tensor<9x50xf32>) {
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %0 = tensor.empty() : tensor<9x50xf32>
  %1 = tile.launch @panels grid(%c1) ins(%x, %w : tensor<9x35xbf16>, tensor<50x35xbf16>) outs(%0 : tensor<9x50xf32>)
  %2 = tensor.empty() : tensor<9x50xf32>
  %3 = tile.launch @transposed grid(%c1) ins(%x, %w : tensor<9x35xbf16>, tensor<50x35xbf16>) outs(%2 : tensor<9x50xf32>)
  %4 = tensor.empty() : tensor<9x50xf32>
  %5 = tile.launch @rows grid(%c1) ins(%x, %r : tensor<9x35xbf16>, tensor<35x50xbf16>) outs(%4 : tensor<9x50xf32>)
  %6 = tensor.empty() : tensor<9x50xf32>
  %7 = tile.launch @few_transposed grid(%c9) ins(%x, %w : tensor<9x35xbf16>, tensor<50x35xbf16>) outs(%6 : tensor<9x50xf32>)
  %8 = tensor.empty() : tensor<9x50xf32>
  %9 = tile.launch @few_rows grid(%c9) ins(%x, %r : tensor<9x35xbf16>, tensor<35x50xbf16>) outs(%8 : tensor<9x50xf32>)
  return %1, %3, %5, %7, %9 : tensor<9x50xf32>, tensor<9x50xf32>, tensor<9x50xf32>, tensor<9x50xf32>, tensor<9x50xf32>
}

// No processor computes in bf16: a sum, a choice, a constant, a maximum of each row, and what is there already plus more.
tile.kernel @compute grid(%i) (%x: !tile.view<6x27xbf16>, %y: !tile.view<6x27xbf16>, %m: !tile.view<6xbf16>,
    %z: !tile.view<6x27xbf16>) {
  %c0 = arith.constant 0 : index
  %a = tile.load %x[%c0, %c0] : !tile.view<6x27xbf16> -> tensor<8x32xbf16>
  %half = arith.constant dense<0.5> : tensor<8x32xbf16>
  %less = arith.cmpf olt, %a, %half : tensor<8x32xbf16>
  %wide = arith.constant 3.0 : f32
  %three = arith.truncf %wide : f32 to bf16
  %s = tile.splat %three : bf16 -> tensor<8x32xbf16>
  %b = arith.select %less, %a, %s : tensor<8x32xi1>, tensor<8x32xbf16>
  %c = arith.mulf %b, %half : tensor<8x32xbf16>
  %e = math.exp %c : tensor<8x32xbf16>
  tile.store %e, %y[%c0, %c0] : tensor<8x32xbf16>, !tile.view<6x27xbf16>
  %r = tile.reduce max %e dim 1 : tensor<8x32xbf16> -> tensor<8xbf16>
  tile.store %r, %m[%c0] : tensor<8xbf16>, !tile.view<6xbf16>
  tile.store %c, %z[%c0, %c0] accumulate : tensor<8x32xbf16>, !tile.view<6x27xbf16>
  tile.return
}
func.func @arithmetic(%x: tensor<6x27xbf16>, %z: tensor<6x27xbf16>) -> (tensor<6x27xbf16>, tensor<6xbf16>, tensor<6x27xbf16>) {
  %c1 = arith.constant 1 : index
  %0 = tensor.empty() : tensor<6x27xbf16>
  %1 = tensor.empty() : tensor<6xbf16>
  %2:3 = tile.launch @compute grid(%c1) ins(%x : tensor<6x27xbf16>) outs(%0, %1, %z : tensor<6x27xbf16>, tensor<6xbf16>, tensor<6x27xbf16>)
  return %2#0, %2#1, %2#2 : tensor<6x27xbf16>, tensor<6xbf16>, tensor<6x27xbf16>
}

// Weights of bf16 under a product of f32 are widened where they are read: 35 columns in panels of pairs.
tile.kernel @widened grid(%i) (%x: !tile.view<9x35xf32>, %w: !tile.view<50x35xbf16, panels>, %y: !tile.view<9x50xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<9x50xf32>
  %a = tile.load %x[%c0, %c0] : !tile.view<9x35xf32> -> tensor<9x35xf32>
  %b = tile.load %w[%c0, %c0] : !tile.view<50x35xbf16, panels> -> tensor<50x35xbf16>
  %bw = arith.extf %b : tensor<50x35xbf16> to tensor<50x35xf32>
  %s = tile.mma %a, %bw, %zero transpose_b : tensor<9x35xf32>, tensor<50x35xf32> -> tensor<9x50xf32>
  tile.store %s, %y[%c0, %c0] : tensor<9x50xf32>, !tile.view<9x50xf32>
  tile.return
}
tile.kernel @widened_few grid(%i) (%x: !tile.view<9x35xf32>, %w: !tile.view<50x35xbf16, panels>, %y: !tile.view<9x50xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<1x50xf32>
  %a = tile.load %x[%i, %c0] : !tile.view<9x35xf32> -> tensor<1x35xf32>
  %b = tile.load %w[%c0, %c0] : !tile.view<50x35xbf16, panels> -> tensor<50x35xbf16>
  %bw = arith.extf %b : tensor<50x35xbf16> to tensor<50x35xf32>
  %s = tile.mma %a, %bw, %zero transpose_b : tensor<1x35xf32>, tensor<50x35xf32> -> tensor<1x50xf32>
  tile.store %s, %y[%i, %c0] : tensor<1x50xf32>, !tile.view<9x50xf32>
  tile.return
}
func.func @wide_products(%x: tensor<9x35xf32>, %w: tensor<50x35xbf16>) -> (tensor<9x50xf32>, tensor<9x50xf32>) {
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %0 = tensor.empty() : tensor<9x50xf32>
  %1 = tile.launch @widened grid(%c1) ins(%x, %w : tensor<9x35xf32>, tensor<50x35xbf16>) outs(%0 : tensor<9x50xf32>)
  %2 = tensor.empty() : tensor<9x50xf32>
  %3 = tile.launch @widened_few grid(%c9) ins(%x, %w : tensor<9x35xf32>, tensor<50x35xbf16>) outs(%2 : tensor<9x50xf32>)
  return %1, %3 : tensor<9x50xf32>, tensor<9x50xf32>
}

// The other way round: weights of f32 are rounded panel by panel before a product of bf16 reads them.
tile.kernel @rounded grid(%i) (%x: !tile.view<9x35xbf16>, %w: !tile.view<50x35xf32, panels>, %y: !tile.view<9x50xf32>) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %zero = arith.constant dense<0.0> : tensor<3x64xf32>
  %row = arith.muli %i, %c3 : index
  %a = tile.load %x[%row, %c0] : !tile.view<9x35xbf16> -> tensor<3x35xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<50x35xf32, panels> -> tensor<64x35xf32>
  %bn = arith.truncf %b : tensor<64x35xf32> to tensor<64x35xbf16>
  %s = tile.mma %a, %bn, %zero transpose_b : tensor<3x35xbf16>, tensor<64x35xbf16> -> tensor<3x64xf32>
  tile.store %s, %y[%row, %c0] : tensor<3x64xf32>, !tile.view<9x50xf32>
  tile.return
}
// Block-scaled products of 20 columns and of 7, with few rows and with more.
tile.kernel @scaled grid(%i) (%x: !tile.view<?x64xf32>, %w: !tile.view<20x64x!tile.quantized<q4_1>>,
    %v: !tile.view<7x64x!tile.quantized<q8_0>>, %y: !tile.view<?x20xf32>, %z: !tile.view<?x7xf32>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %row = arith.muli %i, %c8 : index
  %a = tile.load %x[%row, %c0] : !tile.view<?x64xf32> -> tensor<8x64xf32>
  %q, %s, %m = tile.encode %a : tensor<8x64xf32> -> tensor<8x64xi8>, tensor<8x2xf32>, tensor<8x2xf32>
  %wt = tile.load %w[%c0, %c0] : !tile.view<20x64x!tile.quantized<q4_1>> -> tensor<20x64x!tile.quantized<q4_1>>
  %vt = tile.load %v[%c0, %c0] : !tile.view<7x64x!tile.quantized<q8_0>> -> tensor<7x64x!tile.quantized<q8_0>>
  %start = arith.constant dense<0.5> : tensor<8x20xf32>
  %zero = arith.constant dense<0.0> : tensor<8x7xf32>
  %r = tile.scaled_mma %q scaled(%s, %m), %wt, %start : tensor<8x64xi8>, tensor<20x64x!tile.quantized<q4_1>> -> tensor<8x20xf32> (tensor<8x2xf32>, tensor<8x2xf32>)
  %t = tile.scaled_mma %q scaled(%s, %m), %vt, %zero : tensor<8x64xi8>, tensor<7x64x!tile.quantized<q8_0>> -> tensor<8x7xf32> (tensor<8x2xf32>, tensor<8x2xf32>)
  tile.store %r, %y[%row, %c0] : tensor<8x20xf32>, !tile.view<?x20xf32>
  tile.store %t, %z[%row, %c0] : tensor<8x7xf32>, !tile.view<?x7xf32>
  tile.return
}
lm.parameter @w : !lm.quantized<20x64, q4_1>
lm.parameter @v : !lm.quantized<7x64, q8_0>
func.func @narrow_products(%x: tensor<9x35xbf16>, %w: tensor<50x35xf32>, %rows: tensor<10x64xf32>)
    -> (tensor<9x50xf32>, tensor<10x20xf32>, tensor<10x7xf32>) {
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %0 = tensor.empty() : tensor<9x50xf32>
  %1 = tile.launch @rounded grid(%c3) ins(%x, %w : tensor<9x35xbf16>, tensor<50x35xf32>) outs(%0 : tensor<9x50xf32>)
  %qw = lm.parameter_ref @w : !lm.quantized<20x64, q4_1>
  %qv = lm.parameter_ref @v : !lm.quantized<7x64, q8_0>
  %2 = tensor.empty() : tensor<10x20xf32>
  %3 = tensor.empty() : tensor<10x7xf32>
  %4:2 = tile.launch @scaled grid(%c2) ins(%rows, %qw, %qv : tensor<10x64xf32>, !lm.quantized<20x64, q4_1>, !lm.quantized<7x64, q8_0>) outs(%2, %3 : tensor<10x20xf32>, tensor<10x7xf32>)
  return %1, %4#0, %4#1 : tensor<9x50xf32>, tensor<10x20xf32>, tensor<10x7xf32>
}
