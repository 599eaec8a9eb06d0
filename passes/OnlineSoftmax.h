// One step of a softmax over columns that come tile by tile (Milakov and Gimelshein 2018), scores in units of log2.
#pragma once

#include "passes/KernelBuilder.h"

namespace longc {

struct SoftmaxStep {
  mlir::Value maximum, sum; // [rows], of all columns so far; the sum is of weights exp2(score - maximum)
  mlir::Value weights;      // [rows, columns], of this tile
  mlir::Value shrink;       // [rows], the factor of what was summed before
};

// A row that has seen nothing has maximum -inf; 0 in its place keeps -inf - -inf out of the exponents.
mlir::Value finiteMaximum(KernelBuilder &kernel, mlir::Value maximum);

// Takes in a tile of scores f32 after a maximum and a sum.
SoftmaxStep softmaxStep(KernelBuilder &kernel, mlir::Value scores, mlir::Value maximum, mlir::Value sum);

} // namespace longc
