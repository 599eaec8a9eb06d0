// Odd sizes, ops that no decoder needs, and a score modification that the target has never heard of.
//
// RUN: longc-compare-cpu %s --function=products | FileCheck %s
// RUN: longc-compare-cpu %s --function=few_rows | FileCheck %s
// RUN: longc-compare-cpu %s --function=shapes | FileCheck %s
// RUN: longc-compare-cpu %s --function=softmax | FileCheck %s
//
// CHECK-NOT: WRONG
// CHECK: {{[1-9][0-9]*}} passed, 0 failed, {{[0-9]+}} skipped

// Tiles larger than the matrices: 50 of 64 columns, 21 of 24 rows, a depth of 36.
tile.kernel @f32_panels grid(%i) (%x: !tile.view<21x36xf32>, %w: !tile.view<50x36xf32, panels>, %y: !tile.view<21x50xf32>) {
  %c24 = arith.constant 24 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c24 : index
  %zero = arith.constant dense<0.5> : tensor<24x64xf32>
  %a = tile.load %x[%row, %c0] : !tile.view<21x36xf32> -> tensor<24x36xf32>
  %b = tile.load %w[%c0, %c0] : !tile.view<50x36xf32, panels> -> tensor<64x36xf32>
  %s = tile.mma %a, %b, %zero transpose_b : tensor<24x36xf32>, tensor<64x36xf32> -> tensor<24x64xf32>
  tile.store %s, %y[%row, %c0] : tensor<24x64xf32>, !tile.view<21x50xf32>
  tile.return
}
// B as rows of memory: packed by transposition, 50 columns of a product are 3 panels and 2 columns.
tile.kernel @bf16_transposed grid(%i) (%x: !tile.view<21x36xbf16>, %w: !tile.view<50x36xbf16>, %y: !tile.view<21x50xf32>) {
  %c8 = arith.constant 8 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c8 : index
  %zero = arith.constant dense<0.0> : tensor<8x50xf32>
  %a = tile.load %x[%row, %c0] : !tile.view<21x36xbf16> -> tensor<8x36xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<50x36xbf16> -> tensor<50x36xbf16>
  %s = tile.mma %a, %b, %zero transpose_b : tensor<8x36xbf16>, tensor<50x36xbf16> -> tensor<8x50xf32>
  tile.store %s, %y[%row, %c0] : tensor<8x50xf32>, !tile.view<21x50xf32>
  tile.return
}
// B not transposed, and K walked by a loop that carries the accumulator.
tile.kernel @f32_rows grid(%i) (%x: !tile.view<21x36xf32>, %w: !tile.view<36x40xf32>, %y: !tile.view<21x40xf32>) {
  %c16 = arith.constant 16 : index
  %c12 = arith.constant 12 : index
  %c36 = arith.constant 36 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c16 : index
  %zero = arith.constant dense<0.0> : tensor<16x40xf32>
  %s = scf.for %k = %c0 to %c36 step %c12 iter_args(%acc = %zero) -> (tensor<16x40xf32>) {
    %a = tile.load %x[%row, %k] : !tile.view<21x36xf32> -> tensor<16x12xf32>
    %b = tile.load %w[%k, %c0] : !tile.view<36x40xf32> -> tensor<12x40xf32>
    %next = tile.mma %a, %b, %acc : tensor<16x12xf32>, tensor<12x40xf32> -> tensor<16x40xf32>
    scf.yield %next : tensor<16x40xf32>
  }
  tile.store %s, %y[%row, %c0] : tensor<16x40xf32>, !tile.view<21x40xf32>
  tile.return
}
// Both the other way round: columns of x are rows of A, and panels of 16 rows of a matrix that is multiplied as it stands.
tile.kernel @bf16_turned grid(%i) (%x: !tile.view<36x21xbf16>, %w: !tile.view<36x40xbf16, panels>, %y: !tile.view<21x40xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<21x40xf32>
  %columns = tile.load %x[%c0, %c0] : !tile.view<36x21xbf16> -> tensor<36x21xbf16>
  %a = tile.transpose %columns : tensor<36x21xbf16> -> tensor<21x36xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<36x40xbf16, panels> -> tensor<36x40xbf16>
  %s = tile.mma %a, %b, %zero : tensor<21x36xbf16>, tensor<36x40xbf16> -> tensor<21x40xf32>
  tile.store %s, %y[%c0, %c0] : tensor<21x40xf32>, !tile.view<21x40xf32>
  tile.return
}
func.func @products(%x: tensor<21x36xf32>, %w: tensor<50x36xf32>, %xb: tensor<21x36xbf16>, %wb: tensor<50x36xbf16>,
                    %wr: tensor<36x40xf32>, %xt: tensor<36x21xbf16>, %wt: tensor<36x40xbf16>)
    -> (tensor<21x50xf32>, tensor<21x50xf32>, tensor<21x40xf32>, tensor<21x40xf32>) {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %0 = tensor.empty() : tensor<21x50xf32>
  %1 = tile.launch @f32_panels grid(%c1) ins(%x, %w : tensor<21x36xf32>, tensor<50x36xf32>) outs(%0 : tensor<21x50xf32>)
  %2 = tensor.empty() : tensor<21x50xf32>
  %3 = tile.launch @bf16_transposed grid(%c3) ins(%xb, %wb : tensor<21x36xbf16>, tensor<50x36xbf16>) outs(%2 : tensor<21x50xf32>)
  %4 = tensor.empty() : tensor<21x40xf32>
  %5 = tile.launch @f32_rows grid(%c2) ins(%x, %wr : tensor<21x36xf32>, tensor<36x40xf32>) outs(%4 : tensor<21x40xf32>)
  %6 = tensor.empty() : tensor<21x40xf32>
  %7 = tile.launch @bf16_turned grid(%c1) ins(%xt, %wt : tensor<36x21xbf16>, tensor<36x40xbf16>) outs(%6 : tensor<21x40xf32>)
  return %1, %3, %5, %7 : tensor<21x50xf32>, tensor<21x50xf32>, tensor<21x40xf32>, tensor<21x40xf32>
}

// Few rows: B is read as it lies. 3 of 4 rows exist in the last block; 50 columns are 3 groups and 2; depths end within
// 64 bytes, or are long enough for a loop; the accumulator does not begin at zero.
tile.kernel @few_bf16 grid(%i) (%x: !tile.view<7x36xbf16>, %w: !tile.view<50x36xbf16>, %y: !tile.view<7x50xf32>) {
  %c4 = arith.constant 4 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c4 : index
  %start = arith.constant dense<0.25> : tensor<4x50xf32>
  %a = tile.load %x[%row, %c0] : !tile.view<7x36xbf16> -> tensor<4x36xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.view<50x36xbf16> -> tensor<50x36xbf16>
  %s = tile.mma %a, %b, %start transpose_b : tensor<4x36xbf16>, tensor<50x36xbf16> -> tensor<4x50xf32>
  tile.store %s, %y[%row, %c0] : tensor<4x50xf32>, !tile.view<7x50xf32>
  tile.return
}
tile.kernel @few_deep grid(%i) (%x: !tile.view<3x330xbf16>, %w: !tile.view<21x330xbf16>, %y: !tile.view<3x21xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c20 = arith.constant 20 : index
  %zero = arith.constant dense<0.0> : tensor<3x32xf32>
  %a = tile.load %x[%c0, %c0] : !tile.view<3x330xbf16> -> tensor<3x330xbf16>
  // Rows before the second and past the twentieth are outside.
  %b = tile.load %w[%c0, %c0] rows(%c2 to %c20) : !tile.view<21x330xbf16> -> tensor<32x330xbf16>
  %s = tile.mma %a, %b, %zero transpose_b : tensor<3x330xbf16>, tensor<32x330xbf16> -> tensor<3x32xf32>
  tile.store %s, %y[%c0, %c0] : tensor<3x32xf32>, !tile.view<3x21xf32>
  tile.return
}
tile.kernel @few_f32 grid(%i) (%x: !tile.view<21x36xf32>, %w: !tile.view<50x36xf32>, %y: !tile.view<21x50xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<1x64xf32>
  %a = tile.load %x[%i, %c0] : !tile.view<21x36xf32> -> tensor<1x36xf32>
  %b = tile.load %w[%c0, %c0] : !tile.view<50x36xf32> -> tensor<64x36xf32>
  %s = tile.mma %a, %b, %zero transpose_b : tensor<1x36xf32>, tensor<64x36xf32> -> tensor<1x64xf32>
  tile.store %s, %y[%i, %c0] : tensor<1x64xf32>, !tile.view<21x50xf32>
  tile.return
}
tile.kernel @few_along_k grid(%i) (%x: !tile.view<7x36xbf16>, %w: !tile.view<36x72xbf16>, %y: !tile.view<7x72xf32>) {
  %c3 = arith.constant 3 : index
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c33 = arith.constant 33 : index
  %row = arith.muli %i, %c3 : index
  %start = arith.constant dense<0.25> : tensor<3x72xf32>
  %a = tile.load %x[%row, %c0] : !tile.view<7x36xbf16> -> tensor<3x36xbf16>
  %b = tile.load %w[%c0, %c0] rows(%c1 to %c33) : !tile.view<36x72xbf16> -> tensor<36x72xbf16>
  %s = tile.mma %a, %b, %start : tensor<3x36xbf16>, tensor<36x72xbf16> -> tensor<3x72xf32>
  tile.store %s, %y[%row, %c0] : tensor<3x72xf32>, !tile.view<7x72xf32>
  tile.return
}
tile.kernel @few_f32_along_k grid(%i) (%x: !tile.view<21x36xf32>, %w: !tile.view<36x40xf32>, %y: !tile.view<21x40xf32>) {
  %c2 = arith.constant 2 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c2 : index
  %zero = arith.constant dense<0.0> : tensor<2x40xf32>
  %a = tile.load %x[%row, %c0] : !tile.view<21x36xf32> -> tensor<2x36xf32>
  %b = tile.load %w[%c0, %c0] : !tile.view<36x40xf32> -> tensor<36x40xf32>
  %s = tile.mma %a, %b, %zero : tensor<2x36xf32>, tensor<36x40xf32> -> tensor<2x40xf32>
  tile.store %s, %y[%row, %c0] : tensor<2x40xf32>, !tile.view<21x40xf32>
  tile.return
}
tile.kernel @one_along_k grid(%i) (%x: !tile.view<21x36xf32>, %w: !tile.view<36x40xf32>, %y: !tile.view<21x40xf32>) {
  %c0 = arith.constant 0 : index
  %c12 = arith.constant 12 : index
  %c36 = arith.constant 36 : index
  %zero = arith.constant dense<0.0> : tensor<1x40xf32>
  %s = scf.for %k = %c0 to %c36 step %c12 iter_args(%acc = %zero) -> (tensor<1x40xf32>) {
    %a = tile.load %x[%i, %k] : !tile.view<21x36xf32> -> tensor<1x12xf32>
    %b = tile.load %w[%k, %c0] : !tile.view<36x40xf32> -> tensor<12x40xf32>
    %next = tile.mma %a, %b, %acc : tensor<1x12xf32>, tensor<12x40xf32> -> tensor<1x40xf32>
    scf.yield %next : tensor<1x40xf32>
  }
  tile.store %s, %y[%i, %c0] : tensor<1x40xf32>, !tile.view<21x40xf32>
  tile.return
}
func.func @few_rows(%x: tensor<21x36xf32>, %w: tensor<50x36xf32>, %xb: tensor<7x36xbf16>, %wb: tensor<50x36xbf16>,
                    %xd: tensor<3x330xbf16>, %wd: tensor<21x330xbf16>, %wk: tensor<36x72xbf16>, %wr: tensor<36x40xf32>)
    -> (tensor<7x50xf32>, tensor<3x21xf32>, tensor<21x50xf32>, tensor<7x72xf32>, tensor<21x40xf32>, tensor<21x40xf32>) {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c11 = arith.constant 11 : index
  %c21 = arith.constant 21 : index
  %0 = tensor.empty() : tensor<7x50xf32>
  %1 = tile.launch @few_bf16 grid(%c2) ins(%xb, %wb : tensor<7x36xbf16>, tensor<50x36xbf16>) outs(%0 : tensor<7x50xf32>)
  %2 = tensor.empty() : tensor<3x21xf32>
  %3 = tile.launch @few_deep grid(%c1) ins(%xd, %wd : tensor<3x330xbf16>, tensor<21x330xbf16>) outs(%2 : tensor<3x21xf32>)
  %4 = tensor.empty() : tensor<21x50xf32>
  %5 = tile.launch @few_f32 grid(%c21) ins(%x, %w : tensor<21x36xf32>, tensor<50x36xf32>) outs(%4 : tensor<21x50xf32>)
  %6 = tensor.empty() : tensor<7x72xf32>
  %7 = tile.launch @few_along_k grid(%c3) ins(%xb, %wk : tensor<7x36xbf16>, tensor<36x72xbf16>) outs(%6 : tensor<7x72xf32>)
  %8 = tensor.empty() : tensor<21x40xf32>
  %9 = tile.launch @few_f32_along_k grid(%c11) ins(%x, %wr : tensor<21x36xf32>, tensor<36x40xf32>) outs(%8 : tensor<21x40xf32>)
  %10 = tensor.empty() : tensor<21x40xf32>
  %11 = tile.launch @one_along_k grid(%c21) ins(%x, %wr : tensor<21x36xf32>, tensor<36x40xf32>) outs(%10 : tensor<21x40xf32>)
  return %1, %3, %5, %7, %9, %11 : tensor<7x50xf32>, tensor<3x21xf32>, tensor<21x50xf32>, tensor<7x72xf32>, tensor<21x40xf32>, tensor<21x40xf32>
}

// Transposition, slices, reshapes both ways, accumulating stores, a branch with a loop inside.
tile.kernel @turn grid(%i) (%x: !tile.view<13x20xf32>, %y: !tile.view<20x13xf32>) {
  %c0 = arith.constant 0 : index
  %a = tile.load %x[%c0, %c0] : !tile.view<13x20xf32> -> tensor<16x24xf32>
  %t = tile.transpose %a : tensor<16x24xf32> -> tensor<24x16xf32>
  %e = math.exp %t : tensor<24x16xf32>
  tile.store %e, %y[%c0, %c0] : tensor<24x16xf32>, !tile.view<20x13xf32>
  tile.return
}
tile.kernel @regroup grid(%i) (%x: !tile.view<8x24xf32>, %y: !tile.view<16x12xf32>, %z: !tile.view<8x24xf32>) {
  %c0 = arith.constant 0 : index
  %a = tile.load %x[%c0, %c0] : !tile.view<8x24xf32> -> tensor<8x24xf32>
  %r = tile.reshape %a : tensor<8x24xf32> -> tensor<16x12xf32>
  %t = math.tanh %r : tensor<16x12xf32>
  tile.store %t, %y[%c0, %c0] : tensor<16x12xf32>, !tile.view<16x12xf32>
  %s = tile.slice %a [2, 4] : tensor<8x24xf32> -> tensor<4x16xf32>
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  tile.store %s, %z[%c2, %c4] accumulate : tensor<4x16xf32>, !tile.view<8x24xf32>
  tile.return
}
tile.kernel @branch grid(%i) (%n: index, %x: !tile.view<8x200xf32>, %y: !tile.view<8x200xf32>, %m: !tile.view<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = tile.load %x[%c0, %c0] : !tile.view<8x200xf32> -> tensor<8x200xf32>
  %half = arith.constant dense<0.5> : tensor<8x200xf32>
  %many = arith.cmpi sgt, %n, %c1 : index
  %r = scf.if %many -> (tensor<8x200xf32>) {
    %l = scf.for %k = %c0 to %n step %c1 iter_args(%v = %a) -> (tensor<8x200xf32>) {
      %h = arith.mulf %v, %half : tensor<8x200xf32>
      scf.yield %h : tensor<8x200xf32>
    }
    scf.yield %l : tensor<8x200xf32>
  } else {
    scf.yield %a : tensor<8x200xf32>
  }
  tile.store %r, %y[%c0, %c0] : tensor<8x200xf32>, !tile.view<8x200xf32>
  %s = tile.reduce add %r dim 1 : tensor<8x200xf32> -> tensor<8xf32>
  %b = math.absf %s : tensor<8xf32>
  %g = math.sqrt %b : tensor<8xf32>
  tile.store %g, %m[%c0] : tensor<8xf32>, !tile.view<8xf32>
  tile.return
}
func.func @shapes(%x: tensor<13x20xf32>, %a: tensor<8x24xf32>, %z: tensor<8x24xf32>, %w: tensor<8x200xf32>)
    -> (tensor<20x13xf32>, tensor<16x12xf32>, tensor<8x24xf32>, tensor<8x200xf32>, tensor<8xf32>) {
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %0 = tensor.empty() : tensor<20x13xf32>
  %1 = tile.launch @turn grid(%c1) ins(%x : tensor<13x20xf32>) outs(%0 : tensor<20x13xf32>)
  %2 = tensor.empty() : tensor<16x12xf32>
  %3:2 = tile.launch @regroup grid(%c1) ins(%a : tensor<8x24xf32>) outs(%2, %z : tensor<16x12xf32>, tensor<8x24xf32>)
  %4 = tensor.empty() : tensor<8x200xf32>
  %5 = tensor.empty() : tensor<8xf32>
  %6:2 = tile.launch @branch grid(%c1) ins(%c3, %w : index, tensor<8x200xf32>) outs(%4, %5 : tensor<8x200xf32>, tensor<8xf32>)
  return %1, %3#0, %3#1, %6#0, %6#1 : tensor<20x13xf32>, tensor<16x12xf32>, tensor<8x24xf32>, tensor<8x200xf32>, tensor<8xf32>
}

// Scores minus a distance that grows with the column, squashed by a sine: plain ops between two products.
tile.kernel @bent_scores grid(%i) (%q: !tile.view<70x32xbf16>, %k: !tile.view<48x32xbf16>, %v: !tile.view<48x32xbf16>,
    %o: !tile.view<70x32xf32>) {
  %c64 = arith.constant 64 : index
  %c0 = arith.constant 0 : index
  %row = arith.muli %i, %c64 : index
  %zero = arith.constant dense<0.0> : tensor<64x48xf32>
  %none = arith.constant dense<0.0> : tensor<64x32xf32>
  %slope = arith.constant dense<0.03125> : tensor<64x48xf32>
  %qt = tile.load %q[%row, %c0] : !tile.view<70x32xbf16> -> tensor<64x32xbf16>
  %kt = tile.load %k[%c0, %c0] : !tile.view<48x32xbf16> -> tensor<48x32xbf16>
  %vt = tile.load %v[%c0, %c0] : !tile.view<48x32xbf16> -> tensor<48x32xbf16>
  %s = tile.mma %qt, %kt, %zero transpose_b : tensor<64x32xbf16>, tensor<48x32xbf16> -> tensor<64x48xf32>
  %at = tile.iota dim 1 : tensor<64x48xi32>
  %af = arith.sitofp %at : tensor<64x48xi32> to tensor<64x48xf32>
  %bias = arith.mulf %af, %slope : tensor<64x48xf32>
  %bent = math.sin %s : tensor<64x48xf32>
  %t = arith.subf %bent, %bias : tensor<64x48xf32>
  %m = tile.reduce max %t dim 1 : tensor<64x48xf32> -> tensor<64xf32>
  %me = tile.expand %m dim 1 : tensor<64xf32> -> tensor<64x48xf32>
  %d = arith.subf %t, %me : tensor<64x48xf32>
  %p = math.exp %d : tensor<64x48xf32>
  %l = tile.reduce add %p dim 1 : tensor<64x48xf32> -> tensor<64xf32>
  %pb = arith.truncf %p : tensor<64x48xf32> to tensor<64x48xbf16>
  %acc = tile.mma %pb, %vt, %none : tensor<64x48xbf16>, tensor<48x32xbf16> -> tensor<64x32xf32>
  %le = tile.expand %l dim 1 : tensor<64xf32> -> tensor<64x32xf32>
  %out = arith.divf %acc, %le : tensor<64x32xf32>
  tile.store %out, %o[%row, %c0] : tensor<64x32xf32>, !tile.view<70x32xf32>
  tile.return
}
func.func @softmax(%q: tensor<70x32xbf16>, %k: tensor<48x32xbf16>, %v: tensor<48x32xbf16>) -> tensor<70x32xf32> {
  %c2 = arith.constant 2 : index
  %0 = tensor.empty() : tensor<70x32xf32>
  %1 = tile.launch @bent_scores grid(%c2) ins(%q, %k, %v : tensor<70x32xbf16>, tensor<48x32xbf16>, tensor<48x32xbf16>) outs(%0 : tensor<70x32xf32>)
  return %1 : tensor<70x32xf32>
}
