// Checks that several families share.
#include "dialects/lm/LmShapes.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace longc::lm {

bool sizesAgree(int64_t a, int64_t b) { return a == b || ShapedType::isDynamic(a) || ShapedType::isDynamic(b); }

bool shapesAgree(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  return a.size() == b.size() &&
         llvm::all_of(llvm::zip(a, b), [](auto sizes) { return sizesAgree(std::get<0>(sizes), std::get<1>(sizes)); });
}

LogicalResult expectShape(Operation *op, StringRef what, Value value, ArrayRef<int64_t> shape) {
  if (shapesAgree(tensorType(value).getShape(), shape))
    return success();
  InFlightDiagnostic diagnostic = op->emitOpError("expected ") << what << " of ";
  for (auto [d, size] : llvm::enumerate(shape)) {
    diagnostic << (d ? "x" : "");
    if (ShapedType::isDynamic(size))
      diagnostic << "?";
    else
      diagnostic << size;
  }
  return diagnostic << ", got " << value.getType();
}

LogicalResult verifyBoundary(Operation *op, StringRef what, Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (argument && isa<FunctionOpInterface>(argument.getOwner()->getParentOp()))
    return success();
  return op->emitOpError("expected ") << what << " to be a function argument, so that the host knows it";
}

LogicalResult verifySegments(Operation *op, Value segments) {
  if (failed(verifyBoundary(op, "segments", segments)))
    return failure();
  return expectShape(op, "segments", segments, {ShapedType::kDynamic, 8});
}

LogicalResult expectEqual(Operation *op, StringRef what, int64_t size, int64_t expected) {
  if (size == expected)
    return success();
  return op->emitError("expected ") << what << " of size " << expected << ", got " << size;
}

LogicalResult expectEqual(Operation *op, StringRef what, ArrayRef<int64_t> shape, ArrayRef<int64_t> expected) {
  if (shape.size() != expected.size())
    return op->emitError("expected ") << what << " of rank " << expected.size() << ", got " << shape.size();
  for (auto [size, wanted] : llvm::zip(shape, expected))
    if (failed(expectEqual(op, what, size, wanted)))
      return failure();
  return success();
}

FailureOr<SmallVector<Segment>> readSegments(Operation *op, const HostTensor &segments, int64_t rows) {
  SmallVector<Segment> result;
  for (int64_t i = 0; i < segments.dim(0); ++i) {
    auto at = [&](int64_t column) { return static_cast<int64_t>(segments[i * segments.dim(1) + column]); };
    Segment segment{at(0), at(1), at(2), at(3), at(4), at(5), at(6)};
    if (segment.queryBegin < 0 || segment.queryBegin > segment.queryEnd || segment.queryEnd > rows)
      return op->emitError("expected segment ") << i << " to hold query rows of [0, " << rows << "), got ["
                                                << segment.queryBegin << ", " << segment.queryEnd << ")",
             failure();
    result.push_back(segment);
  }
  return result;
}

} // namespace longc::lm
