// Random weights by name and row.
#include "dialects/interpreter/compare/RandomParameters.h"

#include "dialects/interpreter/compare/RandomBatch.h"
#include "dialects/lm/LmDialect.h"
#include "runtime/abi/Layout.h"

#include <cmath>

using namespace mlir;

namespace longc {
namespace {

ArrayRef<int64_t> shapeOf(Type type) {
  if (auto quantized = dyn_cast<lm::QuantizedType>(type))
    return quantized.getShape();
  return cast<RankedTensorType>(type).getShape();
}

int64_t rowSize(ArrayRef<int64_t> shape) {
  int64_t size = 1;
  for (int64_t extent : shape.drop_front())
    size *= extent;
  return size;
}

// Appends rows of random numbers: weights of a norm near 1, others with a variance that keeps products near 1.
void appendDense(StringRef name, ArrayRef<int64_t> shape, uint64_t seed, std::vector<double> &elements) {
  int64_t width = rowSize(shape);
  double scale = std::sqrt(3.0 / width);
  for (int64_t i = 0; i < shape[0] * width; ++i)
    elements.push_back(shape.size() == 1 ? 1 + 0.2 * drawReal(seed, name, i) : scale * drawReal(seed, name, i));
}

void appendQuantized(StringRef name, lm::QuantizedType type, uint64_t seed, std::vector<double> &integers,
                     BlockScales &scales) {
  const lm::Format format = type.getFormat();
  const BlockFormat &stored = *findBlockFormat(lm::stringifyFormat(format));
  Type scale = stored.scaleBytes == 4 ? Type(Float32Type::get(type.getContext())) : Type(Float16Type::get(type.getContext()));
  const double range = stored.halves ? 64 : stored.bytes ? 127 : 8;
  double largest = std::sqrt(3.0 / type.getColumns()) / range;
  int64_t count = type.getRows() * type.getColumns();
  for (int64_t i = 0; i < count; ++i) {
    if (stored.halves) // 6 bits, times a scale from -3 to 3 that 16 share
      integers.push_back((drawInteger(seed, name, count + i / 16, 7) - 3.0) * (drawInteger(seed, name, i, 64) - 32.0));
    else
      integers.push_back(stored.bytes ? drawInteger(seed, name, i, 255) - 127 : drawInteger(seed, name, i, 16));
  }
  const int64_t blocks = type.getColumns() / quantizedBlock, shared = name.ends_with(".shared") ? blocks : 1; // with one scale, by their name
  for (int64_t block = 0; block < count / quantizedBlock; ++block) {
    double d = roundToType(largest * (1 + 0.5 * drawReal(seed, name, count + 2 * (block / shared * shared))), scale);
    double m = roundToType(-d * (7.5 + drawReal(seed, name, count + 2 * block + 1)), scale);
    scales.d.push_back(d);
    scales.m.push_back(stored.minimum ? m : -d * static_cast<double>(stored.shift));
  }
}

} // namespace

HostTensor givenTensor(DenseElementsAttr elements) {
  std::vector<double> numbers;
  if (isa<FloatType>(elements.getElementType()))
    for (const APFloat &number : elements.getValues<APFloat>())
      numbers.push_back(number.convertToDouble());
  else
    for (const APInt &number : elements.getValues<APInt>())
      numbers.push_back(static_cast<double>(number.getSExtValue()));
  return HostTensor(elements.getType().getShape(), elements.getElementType(), std::move(numbers));
}

// An adapter's matrix of an open rank has five panels of them: more than any kernel takes at a time.
static Type closed(Type type) {
  constexpr int64_t rank = 80;
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return type;
  SmallVector<int64_t> shape(tensor.getShape());
  llvm::replace(shape, ShapedType::kDynamic, rank);
  return tensor.clone(shape);
}

FailureOr<HostTensor> randomParameter(Operation *op, StringRef name, Type type, uint64_t seed,
                                      const std::map<std::string, Type> &declared) {
  type = closed(type);
  if (!elementCount(shapeOf(type)))
    return op->emitError("parameter @") << name << " is beyond what the interpreter holds", failure();
  SmallVector<std::pair<std::string, Type>> parts;
  auto parameter = SymbolTable::lookupNearestSymbolFrom<lm::ParameterOp>(op, StringAttr::get(op->getContext(), name));
  auto isDeclared = [&](Attribute part) { return declared.count(cast<StringAttr>(part).str()) != 0; };
  // A module that was kept after its products were joined knows nothing of the parts: the whole is drawn by its name.
  if (parameter && parameter.getPartsAttr() && llvm::any_of(parameter.getPartsAttr(), isDeclared)) {
    for (Attribute part : parameter.getPartsAttr()) {
      auto found = declared.find(cast<StringAttr>(part).str());
      if (found == declared.end())
        return op->emitError("part ") << part << " of parameter @" << name << " is declared nowhere", failure();
      parts.push_back(*found);
    }
  } else {
    auto found = declared.find(name.str());
    parts.push_back({name.str(), found == declared.end() ? type : found->second});
  }
  std::vector<double> elements;
  BlockScales scales;
  int64_t rows = 0;
  bool isQuantized = false;
  for (const auto &[part, partType] : parts) {
    if (shapeOf(partType).drop_front() != shapeOf(type).drop_front())
      return op->emitError("part ") << part << " of parameter @" << name << " has rows of another size", failure();
    rows += shapeOf(partType)[0];
    isQuantized = isa<lm::QuantizedType>(partType);
    if (isQuantized != isa<lm::QuantizedType>(parts.front().second) || (!isQuantized && isa<lm::QuantizedType>(type)))
      return op->emitError("part ") << part << " of parameter @" << name << " has another kind of type", failure();
    if (isQuantized)
      appendQuantized(part, cast<lm::QuantizedType>(partType), seed, elements, scales);
    else
      appendDense(part, shapeOf(partType), seed, elements);
  }
  if (rows != shapeOf(type)[0])
    return op->emitError("parameter @") << name << " has " << shapeOf(type)[0] << " rows, its parts " << rows,
           failure();
  if (isQuantized) {
    HostTensor stored = HostTensor::quantized(rows, shapeOf(type)[1], std::move(elements), std::move(scales));
    if (isa<lm::QuantizedType>(type))
      return stored;
    elements.clear(); // a target that holds weights decoded
    for (int64_t i = 0; i < stored.size(); ++i)
      elements.push_back(roundToType(stored.value(i), cast<RankedTensorType>(type).getElementType()));
  }
  return HostTensor(shapeOf(type), cast<RankedTensorType>(type).getElementType(), std::move(elements));
}

} // namespace longc
