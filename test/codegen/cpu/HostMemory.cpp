// Conversion between the interpreter's doubles and the bytes of runtime/abi and runtime/io/Panels.h.
#include "test/codegen/cpu/HostMemory.h"

#include "dialects/tile/TileDialect.h"
#include "runtime/abi/Layout.h"

#include <cmath>
#include <cstring>
#include <numeric>

using namespace mlir;

namespace longc {

namespace {

int64_t bytesOf(Type element) { return (element.getIntOrFloatBitWidth() + 7) / 8; }

void put(char *to, double value, Type element) {
  auto copy = [&](auto v) { std::memcpy(to, &v, sizeof v); };
  if (element.isF32())
    return copy(static_cast<float>(value));
  if (element.isF64())
    return copy(value);
  if (element.isF16())
    return copy(static_cast<_Float16>(value));
  if (element.isBF16()) {
    float rounded = static_cast<float>(roundToType(value, element));
    uint32_t bits;
    std::memcpy(&bits, &rounded, 4);
    return copy(static_cast<uint16_t>(bits >> 16));
  }
  int64_t whole = static_cast<int64_t>(value);
  std::memcpy(to, &whole, static_cast<size_t>(bytesOf(element)));
}

double take(const char *from, Type element) {
  auto read = [&](auto v) {
    std::memcpy(&v, from, sizeof v);
    return static_cast<double>(v);
  };
  if (element.isF32())
    return read(float());
  if (element.isF64())
    return read(double());
  if (element.isF16())
    return read(_Float16());
  if (element.isBF16()) {
    uint16_t half;
    std::memcpy(&half, from, 2);
    uint32_t bits = static_cast<uint32_t>(half) << 16;
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
  }
  if (bytesOf(element) == 1)
    return read(int8_t());
  if (bytesOf(element) == 2)
    return read(int16_t());
  return bytesOf(element) == 4 ? read(int32_t()) : read(int64_t());
}

} // namespace

HostMemory::HostMemory(const HostTensor &tensor, Type element, bool panels)
    : shape_(tensor.shape()), element_(element) {
  if (tensor.isQuantized() || panels)
    writePanels(tensor);
  else
    writeRowMajor(tensor);
}

void HostMemory::writeRowMajor(const HostTensor &tensor) {
  size_t size = static_cast<size_t>(bytesOf(element_)), count = static_cast<size_t>(tensor.size());
  size_t row = shape_.empty() || shape_[0] == 0 ? 1 : count / static_cast<size_t>(shape_[0]);
  bytes_.assign((count + 128 * std::max<size_t>(row, 1)) * size + 192, '\xff'); // all ones: NaN, -1
  first_ = 64 - reinterpret_cast<uintptr_t>(bytes_.data()) % 64;
  for (size_t i = 0; i < count; ++i)
    put(bytes_.data() + first_ + i * size, tensor[static_cast<int64_t>(i)], element_);
}

void HostMemory::writePanels(const HostTensor &tensor) {
  int64_t rows = shape_[0], columns = shape_[1], panels = (rows + panelRows - 1) / panelRows;
  Builder builder(element_.getContext());
  auto begin = [&](size_t count) {
    bytes_.assign(count + 192, 0);
    first_ = 64 - reinterpret_cast<uintptr_t>(bytes_.data()) % 64;
    return bytes_.data() + first_;
  };
  auto quantized = dyn_cast<tile::QuantizedType>(element_);
  if (!quantized) {
    int64_t group = 4 / bytesOf(element_), depth = (columns + group - 1) / group * group;
    char *to = begin(static_cast<size_t>(panels * depth * 16 * bytesOf(element_)));
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t k = 0; k < columns; ++k)
        put(to + (r / 16 * depth * 16 + (k / group * 16 + r % 16) * group + k % group) * bytesOf(element_),
            tensor[r * columns + k], element_);
    return;
  }
  const BlockFormat &format = *findBlockFormat(tile::stringifyFormat(quantized.getFormat()));
  Type scale = format.scaleBytes == 4 ? Type(builder.getF32Type()) : Type(builder.getF16Type());
  const int64_t blocks = columns / blockColumns, size = format.size();
  char *to = begin(static_cast<size_t>(panels * blocks * size));
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t k = 0; k < columns; ++k) {
      char *block = to + (r / 16 * blocks + k / 32) * size;
      int64_t lane = r % 16, inBlock = k % 32, at = r * blocks + k / 32;
      put(block + lane * bytesOf(scale), tensor.scales().d[static_cast<size_t>(at)], scale);
      if (format.minimum)
        put(block + format.secondAt() + lane * bytesOf(scale), tensor.scales().m[static_cast<size_t>(at)], scale);
      int64_t q = static_cast<int64_t>(tensor[r * columns + k]);
      if (format.halves) { // the greatest common divisor of 16 products is a scale of theirs
        int64_t divisor = 0;
        for (int64_t i = k / 16 * 16; i < k / 16 * 16 + 16; ++i)
          divisor = std::gcd(divisor, static_cast<int64_t>(tensor[r * columns + i]));
        block[format.secondAt() + lane * 2 + inBlock / 16] = static_cast<char>(divisor);
        q = divisor ? q / divisor : 0;
      }
      if (format.bytes)
        block[format.header() + inBlock / 4 * 64 + lane * 4 + inBlock % 4] = static_cast<char>(q);
      else
        block[format.header() + inBlock / 8 * 64 + lane * 4 + inBlock % 4] |= static_cast<char>(inBlock % 8 < 4 ? q : q << 4);
    }
}

longc_view HostMemory::view() {
  longc_view view{};
  view.data = bytes_.data() + first_;
  int64_t stride = 1;
  for (int64_t dim = 3; dim >= 0; --dim) {
    bool used = dim < static_cast<int64_t>(shape_.size());
    view.size[dim] = used ? shape_[static_cast<size_t>(dim)] : 1;
    view.stride[dim] = used ? stride : 0;
    if (used)
      stride *= shape_[static_cast<size_t>(dim)];
  }
  return view;
}

HostTensor HostMemory::tensor() const {
  std::vector<double> elements;
  int64_t count = 1;
  for (int64_t size : shape_)
    count *= size;
  for (int64_t i = 0; i < count; ++i)
    elements.push_back(take(bytes_.data() + first_ + static_cast<size_t>(i * bytesOf(element_)), element_));
  return HostTensor(shape_, element_, std::move(elements));
}

} // namespace longc
