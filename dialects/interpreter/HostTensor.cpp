// Tensors of the interpreter: shapes, sharing, rounding to types.
#include "dialects/interpreter/HostTensor.h"

#include <bit>
#include <cmath>

using namespace mlir;

namespace longc {

std::optional<int64_t> elementCount(ArrayRef<int64_t> shape) {
  constexpr int64_t limit = int64_t{1} << 29;
  int64_t count = 1;
  for (int64_t size : shape)
    if (size == 0)
      return 0;
  for (int64_t size : shape) {
    if (size < 0 || size > limit / count)
      return std::nullopt;
    count *= size;
  }
  return count;
}

HostTensor::HostTensor(ArrayRef<int64_t> shape, Type elementType)
    : HostTensor(shape, elementType, std::vector<double>(elementCount(shape).value_or(0))) {}

HostTensor::HostTensor(ArrayRef<int64_t> shape, Type elementType, std::vector<double> elements)
    : shape_(shape), elementType_(elementType), elements_(std::make_shared<std::vector<double>>(std::move(elements))) {}

HostTensor HostTensor::quantized(int64_t rows, int64_t columns, std::vector<double> integers, BlockScales scales) {
  HostTensor result({rows, columns}, Type(), std::move(integers));
  result.scales_ = std::make_shared<const BlockScales>(std::move(scales));
  return result;
}

double *HostTensor::mutableData() {
  if (elements_.use_count() > 1)
    elements_ = std::make_shared<std::vector<double>>(*elements_);
  return elements_->data();
}

double HostTensor::value(int64_t index) const {
  if (!scales_)
    return (*elements_)[index];
  int64_t block = index / quantizedBlock;
  return scales_->d[block] * (*elements_)[index] + scales_->m[block];
}

HostTensor HostTensor::withShape(ArrayRef<int64_t> shape) const {
  HostTensor result = *this;
  result.shape_.assign(shape.begin(), shape.end());
  return result;
}

HostTensor HostTensor::withElementType(Type type) const {
  HostTensor result = *this;
  result.elementType_ = type;
  return result;
}

// Rounds the float's bits to the upper 16, to nearest, ties to even.
static double roundToBfloat16(double value) {
  // Through f32 with round-to-odd, so that two roundings equal one.
  float single = static_cast<float>(value);
  uint32_t bits = std::bit_cast<uint32_t>(single);
  if (std::isnan(single) || std::isinf(single))
    return single;
  if (static_cast<double>(single) != value) {
    bool away = std::abs(static_cast<double>(single)) > std::abs(value);
    if (away)
      --bits;
    bits |= 1;
  }
  bits += 0x7fff + ((bits >> 16) & 1);
  return std::bit_cast<float>(bits & 0xffff0000u);
}

static double roundToHalf(double value) {
  if (!std::isfinite(value) || value == 0)
    return value;
  int exponent;
  std::frexp(value, &exponent);
  // Ten bits below the leading one; subnormals stop at 2^-24.
  int quantum = std::max(exponent - 11, -24);
  double rounded = std::ldexp(std::nearbyint(std::ldexp(value, -quantum)), quantum);
  return std::abs(rounded) >= 65520 ? std::copysign(INFINITY, value) : rounded;
}

double roundToType(double value, Type type) {
  if (type.isF32())
    return static_cast<float>(value);
  if (type.isBF16())
    return roundToBfloat16(value);
  if (type.isF16())
    return roundToHalf(value);
  return value;
}

int64_t wrapInteger(int64_t value, Type type) {
  auto integer = dyn_cast_or_null<IntegerType>(type);
  if (!integer || integer.getWidth() >= 64)
    return value;
  unsigned width = integer.getWidth();
  if (width == 1)
    return value & 1;
  return static_cast<int64_t>(static_cast<uint64_t>(value) << (64 - width)) >> (64 - width);
}

} // namespace longc
