// Reductions and changes of shape: verification and interpretation.
#include "dialects/tile/TilePosition.h"

#include <cmath>

using namespace mlir;
using namespace longc;
using namespace longc::tile;

static RankedTensorType tileType(Value value) { return cast<RankedTensorType>(value.getType()); }

static bool sameElements(Value a, Value b) { return tileType(a).getElementType() == tileType(b).getElementType(); }

// A shape as (sizes before, size of, sizes after) one dimension.
struct Around {
  int64_t before = 1, size = 1, after = 1;
  Around(ArrayRef<int64_t> shape, int64_t dim) {
    for (auto [d, extent] : llvm::enumerate(shape))
      (static_cast<int64_t>(d) < dim ? before : static_cast<int64_t>(d) == dim ? size : after) *= extent;
  }
};

// The shape without a dimension; nothing if it has none of that number.
static std::optional<SmallVector<int64_t>> without(ArrayRef<int64_t> shape, int64_t dim) {
  if (dim < 0 || dim >= static_cast<int64_t>(shape.size()))
    return std::nullopt;
  SmallVector<int64_t> rest(shape);
  rest.erase(rest.begin() + dim);
  return rest;
}

LogicalResult ReduceOp::verify() {
  auto expected = without(tileType(getSource()).getShape(), getDim());
  // reduce_c1
  if (!expected)
    return emitOpError("expected a dimension of the source, got ") << static_cast<int64_t>(getDim());
  // reduce_c2
  if (tileType(getResult()).getShape() != ArrayRef(*expected) || !sameElements(getSource(), getResult()))
    return emitOpError("expected the source's type without dimension ")
           << getDim() << ", got " << getResult().getType();
  return success();
}

LogicalResult ReduceOp::interpret(Interpreter &interpreter) {
  const HostTensor &source = interpreter.getTensor(getSource());
  bool isMax = getKind() == Reduction::max;
  HostTensor result(tileType(getResult()).getShape(), Type());
  double *out = result.mutableData();
  Around around(source.shape(), getDim());
  for (int64_t i = 0; i < around.before; ++i)
    for (int64_t j = 0; j < around.after; ++j) {
      double value = isMax ? -INFINITY : 0;
      for (int64_t k = 0; k < around.size; ++k) {
        double element = source[(i * around.size + k) * around.after + j];
        value = isMax ? std::fmax(element, value) : value + element;
      }
      out[i * around.after + j] = value;
    }
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult ExpandOp::verify() {
  auto expected = without(tileType(getResult()).getShape(), getDim());
  // expand_c1
  if (!expected)
    return emitOpError("expected a dimension of the result, got ") << static_cast<int64_t>(getDim());
  // expand_c2
  if (tileType(getSource()).getShape() != ArrayRef(*expected) || !sameElements(getSource(), getResult()))
    return emitOpError("expected the source to be the result's type without dimension ")
           << getDim() << ", got " << getSource().getType();
  return success();
}

LogicalResult ExpandOp::interpret(Interpreter &interpreter) {
  const HostTensor &source = interpreter.getTensor(getSource());
  HostTensor result(tileType(getResult()).getShape(), Type());
  double *out = result.mutableData();
  Around around(result.shape(), getDim());
  for (int64_t i = 0; i < result.size(); ++i)
    out[i] = source[i / (around.size * around.after) * around.after + i % around.after];
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult SplatOp::verify() {
  // splat_c1
  if (getValue().getType() != tileType(getResult()).getElementType())
    return emitOpError("expected a tile of ") << getValue().getType() << ", got " << getResult().getType();
  return success();
}

LogicalResult SplatOp::interpret(Interpreter &interpreter) {
  const HostValue &value = interpreter.get(getValue());
  auto *integer = std::get_if<int64_t>(&value);
  double element = integer ? static_cast<double>(*integer) : std::get<double>(value);
  auto type = tileType(getResult());
  interpreter.set(getResult(),
                  HostTensor(type.getShape(), Type(), std::vector<double>(type.getNumElements(), element)));
  return success();
}

LogicalResult IotaOp::verify() {
  // iota_c1
  if (getDim() < 0 || getDim() >= tileType(getResult()).getRank())
    return emitOpError("expected a dimension of the result, got ") << static_cast<int64_t>(getDim());
  return success();
}

LogicalResult IotaOp::interpret(Interpreter &interpreter) {
  HostTensor result(tileType(getResult()).getShape(), Type());
  double *out = result.mutableData();
  Around around(result.shape(), getDim());
  for (int64_t i = 0; i < result.size(); ++i)
    out[i] = static_cast<double>(i / around.after % around.size);
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult ReshapeOp::verify() {
  auto source = tileType(getSource()), result = tileType(getResult());
  // reshape_c1
  if (source.getNumElements() != result.getNumElements() || !sameElements(getSource(), getResult()))
    return emitOpError("expected as many elements of the same type, got ") << source << " and " << result;
  return success();
}

LogicalResult ReshapeOp::interpret(Interpreter &interpreter) {
  interpreter.set(getResult(), interpreter.getTensor(getSource()).withShape(tileType(getResult()).getShape()));
  return success();
}

LogicalResult TransposeOp::verify() {
  auto source = tileType(getSource()), result = tileType(getResult());
  // transpose_c1
  if (source.getRank() != 2 || result.getRank() != 2 || source.getDimSize(0) != result.getDimSize(1) ||
      source.getDimSize(1) != result.getDimSize(0) || !sameElements(getSource(), getResult()))
    return emitOpError("expected a matrix and its transpose, got ") << source << " and " << result;
  return success();
}

LogicalResult TransposeOp::interpret(Interpreter &interpreter) {
  const HostTensor &source = interpreter.getTensor(getSource());
  HostTensor result(tileType(getResult()).getShape(), Type());
  double *out = result.mutableData();
  int64_t rows = source.dim(0), columns = source.dim(1);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      out[j * rows + i] = source[i * columns + j];
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult SliceOp::verify() {
  auto source = tileType(getSource()), result = tileType(getResult());
  // slice_c1
  if (source.getRank() != result.getRank() || getOffsets().size() != static_cast<size_t>(source.getRank()) ||
      !sameElements(getSource(), getResult()))
    return emitOpError("expected one offset per dimension and a result of the source's rank and element type");
  // slice_c2
  for (auto [d, offset] : llvm::enumerate(getOffsets()))
    if (offset < 0 || offset + result.getDimSize(d) > source.getDimSize(d))
      return emitOpError("expected a slice inside the source, got offset ") << offset << " in dimension " << d;
  return success();
}

LogicalResult SliceOp::interpret(Interpreter &interpreter) {
  const HostTensor &source = interpreter.getTensor(getSource());
  HostTensor result(tileType(getResult()).getShape(), Type());
  double *out = result.mutableData();
  forEachElement(source.shape(), getOffsets(), result.shape(), INT64_MIN, INT64_MAX,
                 [&](int64_t i, int64_t at) { out[i] = source[at]; });
  interpreter.set(getResult(), std::move(result));
  return success();
}
