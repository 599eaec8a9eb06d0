// Interpretation of tensor ops: sizes, elements, slices, reshapes.
#include "dialects/interpreter/Interpreter.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;

namespace longc {
namespace {

HostValue scalarOf(double element, Type type) {
  if (isa<FloatType>(type))
    return element;
  return static_cast<int64_t>(element);
}

double elementOf(const HostValue &scalar) {
  if (auto *integer = std::get_if<int64_t>(&scalar))
    return static_cast<double>(*integer);
  return std::get<double>(scalar);
}

SmallVector<int64_t> fullShape(RankedTensorType type, ArrayRef<int64_t> dynamic) {
  SmallVector<int64_t> shape(type.getShape());
  size_t next = 0;
  for (int64_t &size : shape)
    if (ShapedType::isDynamic(size))
      size = dynamic[next++];
  return shape;
}

// An empty tensor holds NaN (or a strange integer), so that reading what nobody wrote shows.
LogicalResult interpretEmpty(tensor::EmptyOp op, Interpreter &interpreter) {
  SmallVector<int64_t> shape = fullShape(op.getType(), interpreter.getIntegers(op.getDynamicSizes()));
  std::optional<int64_t> count = elementCount(shape);
  if (!count || !op.getType().getElementType().isIntOrIndexOrFloat())
    return op.emitError("expected sizes that the interpreter can hold, of numbers");
  double filler = isa<FloatType>(op.getType().getElementType()) ? NAN : -559038737.0;
  interpreter.set(op, HostTensor(shape, op.getType().getElementType(), std::vector<double>(*count, filler)));
  return success();
}

// Position of the element at these indices; nothing if one is out of range.
std::optional<int64_t> position(ArrayRef<int64_t> shape, ArrayRef<int64_t> indices) {
  int64_t result = 0;
  for (auto [size, index] : llvm::zip(shape, indices)) {
    if (index < 0 || index >= size)
      return std::nullopt;
    result = result * size + index;
  }
  return result;
}

LogicalResult interpretExtract(tensor::ExtractOp op, Interpreter &interpreter) {
  const HostTensor &source = interpreter.getTensor(op.getTensor());
  std::optional<int64_t> at = position(source.shape(), interpreter.getIntegers(op.getIndices()));
  if (!at)
    return op.emitError("index out of range");
  interpreter.set(op, scalarOf(source[*at], op.getType()));
  return success();
}

LogicalResult interpretInsert(tensor::InsertOp op, Interpreter &interpreter) {
  HostTensor result = interpreter.getTensor(op.getDest());
  std::optional<int64_t> at = position(result.shape(), interpreter.getIntegers(op.getIndices()));
  if (!at)
    return op.emitError("index out of range");
  result.mutableData()[*at] = elementOf(interpreter.get(op.getScalar()));
  interpreter.set(op, std::move(result));
  return success();
}

// Offsets, sizes and strides of a slice with their operands' values.
struct Slice {
  SmallVector<int64_t> offsets, sizes, strides;

  Slice(OffsetSizeAndStrideOpInterface op, Interpreter &interpreter) {
    auto evaluate = [&](ArrayRef<OpFoldResult> values) {
      return llvm::map_to_vector(values, [&](OpFoldResult value) {
        if (auto attribute = dyn_cast<Attribute>(value))
          return cast<IntegerAttr>(attribute).getInt();
        return interpreter.getInteger(cast<Value>(value));
      });
    };
    offsets = evaluate(op.getMixedOffsets());
    sizes = evaluate(op.getMixedSizes());
    strides = evaluate(op.getMixedStrides());
  }

  bool fits(ArrayRef<int64_t> shape) const {
    for (size_t d = 0; d < sizes.size(); ++d)
      if (sizes[d] < 0 || sizes[d] > shape[d] || offsets[d] < 0 || strides[d] < 1 || strides[d] > INT32_MAX ||
          (sizes[d] > 0 && offsets[d] + (sizes[d] - 1) * strides[d] >= shape[d]))
        return false;
    return true;
  }

  // Calls f(position in the slice, position in the whole) for each element of the slice.
  void forEach(ArrayRef<int64_t> shape, function_ref<void(int64_t, int64_t)> f) const {
    int64_t count = elementCount(sizes).value_or(0);
    for (int64_t i = 0; i < count; ++i) {
      SmallVector<int64_t> indices(sizes.size());
      int64_t rest = i;
      for (int64_t d = static_cast<int64_t>(sizes.size()) - 1; d >= 0; --d) {
        indices[d] = offsets[d] + rest % sizes[d] * strides[d];
        rest /= sizes[d];
      }
      f(i, *position(shape, indices));
    }
  }
};

LogicalResult interpretExtractSlice(tensor::ExtractSliceOp op, Interpreter &interpreter) {
  const HostTensor &source = interpreter.getTensor(op.getSource());
  Slice slice(op, interpreter);
  if (!slice.fits(source.shape()))
    return op.emitError("slice out of range");
  std::vector<double> elements(elementCount(slice.sizes).value_or(0));
  slice.forEach(source.shape(), [&](int64_t part, int64_t whole) { elements[part] = source[whole]; });
  llvm::SmallBitVector dropped = op.getDroppedDims();
  SmallVector<int64_t> shape;
  for (auto [d, size] : llvm::enumerate(slice.sizes))
    if (!dropped.test(d))
      shape.push_back(size);
  interpreter.set(op, HostTensor(shape, op.getType().getElementType(), std::move(elements)));
  return success();
}

LogicalResult interpretInsertSlice(tensor::InsertSliceOp op, Interpreter &interpreter) {
  HostTensor result = interpreter.getTensor(op.getDest());
  const HostTensor &source = interpreter.getTensor(op.getSource());
  Slice slice(op, interpreter);
  if (!slice.fits(result.shape()) || elementCount(slice.sizes) != source.size())
    return op.emitError("slice out of range");
  double *data = result.mutableData();
  slice.forEach(result.shape(), [&](int64_t part, int64_t whole) { data[whole] = source[part]; });
  interpreter.set(op, std::move(result));
  return success();
}

LogicalResult interpretElements(tensor::FromElementsOp op, Interpreter &interpreter) {
  std::vector<double> elements;
  for (Value element : op.getElements())
    elements.push_back(elementOf(interpreter.get(element)));
  interpreter.set(op, HostTensor(op.getType().getShape(), op.getType().getElementType(), std::move(elements)));
  return success();
}

LogicalResult interpretSplat(tensor::SplatOp op, Interpreter &interpreter) {
  SmallVector<int64_t> shape = fullShape(op.getType(), interpreter.getIntegers(op.getDynamicSizes()));
  std::optional<int64_t> count = elementCount(shape);
  if (!count)
    return op.emitError("expected sizes that the interpreter can hold");
  interpreter.set(op, HostTensor(shape, op.getType().getElementType(),
                                 std::vector<double>(*count, elementOf(interpreter.get(op.getInput())))));
  return success();
}

LogicalResult interpretDim(tensor::DimOp op, Interpreter &interpreter) {
  const HostTensor &source = interpreter.getTensor(op.getSource());
  int64_t dim = interpreter.getInteger(op.getIndex());
  if (dim < 0 || dim >= source.rank())
    return op.emitError("dimension out of range");
  interpreter.set(op, source.dim(dim));
  return success();
}

LogicalResult interpretCast(tensor::CastOp op, Interpreter &interpreter) {
  HostTensor source = interpreter.getTensor(op.getSource());
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (!type || failed(verifyCompatibleShape(source.shape(), type.getShape())))
    return op.emitError("shape does not fit ") << op.getType();
  interpreter.set(op, std::move(source));
  return success();
}

} // namespace

LogicalResult interpretTensorOp(Operation *op, Interpreter &interpreter) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](tensor::CastOp cast) { return interpretCast(cast, interpreter); })
      .Case([&](tensor::DimOp dim) { return interpretDim(dim, interpreter); })
      .Case([&](tensor::EmptyOp empty) { return interpretEmpty(empty, interpreter); })
      .Case([&](tensor::ExtractOp extract) { return interpretExtract(extract, interpreter); })
      .Case([&](tensor::ExtractSliceOp slice) { return interpretExtractSlice(slice, interpreter); })
      .Case([&](tensor::FromElementsOp elements) { return interpretElements(elements, interpreter); })
      .Case([&](tensor::InsertOp insert) { return interpretInsert(insert, interpreter); })
      .Case([&](tensor::InsertSliceOp slice) { return interpretInsertSlice(slice, interpreter); })
      .Case([&](tensor::SplatOp splat) { return interpretSplat(splat, interpreter); })
      .Case<tensor::CollapseShapeOp, tensor::ExpandShapeOp>([&](auto reshape) -> LogicalResult {
        auto type = cast<RankedTensorType>(reshape.getResult().getType());
        if (!type.hasStaticShape())
          return reshape.emitError("the interpreter reshapes to static shapes alone");
        const HostTensor &source = interpreter.getTensor(reshape.getSrc());
        if (elementCount(type.getShape()) != source.size())
          return reshape.emitError("expected ") << type.getNumElements() << " elements, got " << source.size();
        interpreter.set(reshape.getResult(), source.withShape(type.getShape()));
        return success();
      })
      .Default([](Operation *other) { return other->emitError("the interpreter does not run ") << other->getName(); });
}

} // namespace longc
