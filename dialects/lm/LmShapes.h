// Checks that several families share: sizes that agree, boundaries that the host knows.
#pragma once

#include "dialects/interpreter/Interpreter.h"
#include "dialects/lm/LmDialect.h"

namespace longc::lm {

inline mlir::RankedTensorType tensorType(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}

// Sizes that may be equal when the program runs: equal or one of them unknown.
bool sizesAgree(int64_t a, int64_t b);
bool shapesAgree(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b);

// "expected WHAT of AxB, got TYPE".
mlir::LogicalResult expectShape(mlir::Operation *op, llvm::StringRef what, mlir::Value value,
                                llvm::ArrayRef<int64_t> shape);

// ragged_c1: the host must know the boundaries before anything runs, so they are function arguments.
mlir::LogicalResult verifyBoundary(mlir::Operation *op, llvm::StringRef what, mlir::Value value);
// ragged_c1 and segments_c1.
mlir::LogicalResult verifySegments(mlir::Operation *op, mlir::Value segments);

// Sizes that the types leave open, when it runs.
mlir::LogicalResult expectEqual(mlir::Operation *op, llvm::StringRef what, int64_t size, int64_t expected);
mlir::LogicalResult expectEqual(mlir::Operation *op, llvm::StringRef what, llvm::ArrayRef<int64_t> shape,
                                llvm::ArrayRef<int64_t> expected);

// One row of the segments operand.
struct Segment {
  int64_t queryBegin, queryEnd, windowBegin, windowEnd, memoryBegin, memoryEnd, slot;
};
// The rows of `segments`; each query range must lie in [0, rows).
mlir::FailureOr<llvm::SmallVector<Segment>> readSegments(mlir::Operation *op, const HostTensor &segments, int64_t rows);

} // namespace longc::lm
