// The GEMM-like skeleton: one block's tile of x W^T, in one product or in a loop over K.
#pragma once

#include "passes/KernelBuilder.h"

namespace longc {

// Position and shape of the block's tile. `depth` 0: the whole reduction in one product; else steps of so many, the last
// of which may reach past the end.
struct GemmTile {
  mlir::Value row, col;
  int64_t rows, cols, depth;
};

// x [M, K] times W [N, K] transposed, both dense, on top of `acc` (zeros where it is null); `weight` may be a quantised
// view, which is decoded to x's element.
mlir::Value buildProduct(KernelBuilder &kernel, const GemmTile &tile, mlir::Value x, mlir::Value weight,
                         mlir::Value acc = {});

// The same where `size`, a kernel's argument, says how many columns both have, in steps of `depth`; the first, where it stands apart, before
// the loop over the others: what it reads is known before `size` is.
mlir::Value buildOpenProduct(KernelBuilder &kernel, const GemmTile &tile, mlir::Value x, mlir::Value weight, mlir::Value size, int64_t depth,
                             bool firstApart);

// The same with a tile of whole rows of x.
mlir::Value buildProductOfRows(KernelBuilder &kernel, const GemmTile &tile, mlir::Value rows, mlir::Value weight, mlir::Value acc = {});

// x [M, K] times W [K, N] as it stands, a parameter or any other matrix; as above otherwise.
mlir::Value buildPlainProduct(KernelBuilder &kernel, const GemmTile &tile, mlir::Value x, mlir::Value weight);

// Rows [begin, end) of x^T y, the tile's row and column being columns of x and of y, in steps of `depth`; of heads of `head`.
mlir::Value buildRowProduct(KernelBuilder &kernel, const GemmTile &tile, mlir::Value x, mlir::Value y, mlir::Value begin, mlir::Value end,
                            mlir::Value head = {});

// The tile of a matrix at an offset in the float type `element`, decoded or converted where it is stored otherwise.
mlir::Value loadAs(KernelBuilder &kernel, mlir::Value view, llvm::ArrayRef<int64_t> shape, mlir::ValueRange offsets,
                   mlir::Type element);

// sum [M, N] + a [M, K] b [K, N], one of many such steps. In float32 the product is made alone first: one chain of roundings over all
// steps would lose digits.
mlir::Value addProduct(KernelBuilder &kernel, mlir::Value sum, mlir::Value a, mlir::Value b);

// The encoded form of x (values, scales, sums) times a quantised W; so many neighbouring blocks of both have one scale.
mlir::Value buildScaledProduct(KernelBuilder &kernel, const GemmTile &tile, mlir::Value values, mlir::Value scales,
                               mlir::Value sums, mlir::Value weight, int64_t scaleBlocks);

// The value that a kernel loads for a weight: decoding and widening happen on the tile, whatever the graph says about
// where.
mlir::Value storedWeight(mlir::Value weight);

} // namespace longc
