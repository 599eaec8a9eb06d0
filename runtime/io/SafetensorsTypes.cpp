// Names, sizes and decoders of element types.
#include "runtime/io/SafetensorsTypes.h"

#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/Quantized.h"

#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>

namespace longc {
namespace {

constexpr struct {
  const char *name;
  uint8_t bits;
} types[] = {{"BOOL", 8},        {"F4", 4},   {"F6_E2M3", 6},      {"F6_E3M2", 6},      {"U8", 8},   {"I8", 8},
             {"F8_E5M2", 8},     {"F8_E4M3", 8}, {"F8_E8M0", 8},   {"F8_E4M3FNUZ", 8},  {"F8_E5M2FNUZ", 8},
             {"I16", 16},        {"U16", 16}, {"F16", 16},         {"BF16", 16},        {"I32", 32}, {"U32", 32},
             {"F32", 32},        {"C64", 64}, {"F64", 64},         {"I64", 64},         {"U64", 64}};

// A float of 8 bits with a sign. "FN": no infinities, NaN is all ones; "FNUZ": no negative zero, which is NaN instead.
struct SmallFloat {
  int mantissaBits, bias;
  bool infinities, unsignedZero;

  float decode(uint8_t bits) const {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    const int fraction = bits & ((1 << mantissaBits) - 1), exponent = (bits & 0x7f) >> mantissaBits;
    if (unsignedZero && bits == 0x80)
      return nan;
    if (infinities && exponent == 0x7f >> mantissaBits)
      return fraction ? nan : std::copysign(std::numeric_limits<float>::infinity(), bits & 0x80 ? -1.0f : 1.0f);
    if (!infinities && !unsignedZero && (bits & 0x7f) == 0x7f)
      return nan;
    const int significand = exponent ? fraction + (1 << mantissaBits) : fraction;
    const float magnitude = std::ldexp(static_cast<float>(significand), (exponent ? exponent : 1) - bias - mantissaBits);
    return bits & 0x80 ? -magnitude : magnitude;
  }
};

template <typename Stored, typename Decode>
void decodeEach(std::span<const std::byte> bytes, std::span<float> values, Decode decode) {
  for (size_t i = 0; i < values.size(); ++i) {
    Stored stored; // copied: tensors lie at any byte
    std::memcpy(&stored, bytes.data() + i * sizeof stored, sizeof stored);
    values[i] = decode(stored);
  }
}

} // namespace

const char *safetensorsTypeName(SafetensorsType type) { return types[static_cast<size_t>(type)].name; }
uint64_t safetensorsTypeBits(SafetensorsType type) { return types[static_cast<size_t>(type)].bits; }

Result<SafetensorsType> safetensorsTypeNamed(std::string_view name) {
  std::string known;
  for (size_t i = 0; i < std::size(types); ++i) {
    if (name == types[i].name)
      return static_cast<SafetensorsType>(i);
    known += (i ? ", " : "") + std::string(types[i].name);
  }
  return Status::error(TensorTypeUnsupported, "type " + quoted(name) + " is not known", "types: " + known);
}

bool isWeightType(SafetensorsType type) {
  switch (type) {
  case SafetensorsType::F64:
  case SafetensorsType::F32:
  case SafetensorsType::F16:
  case SafetensorsType::BF16:
  case SafetensorsType::F8_E5M2:
  case SafetensorsType::F8_E4M3:
  case SafetensorsType::F8_E4M3FNUZ:
  case SafetensorsType::F8_E5M2FNUZ:
    return true;
  default:
    return false;
  }
}

void decodeSafetensors(SafetensorsType type, std::span<const std::byte> bytes, std::span<float> values) {
  auto small = [&](SmallFloat format) {
    decodeEach<uint8_t>(bytes, values, [&](uint8_t bits) { return format.decode(bits); });
  };
  switch (type) {
  case SafetensorsType::F64:
    return decodeEach<double>(bytes, values, [](double value) { return static_cast<float>(value); });
  case SafetensorsType::F32:
    return decodeEach<float>(bytes, values, [](float value) { return value; });
  case SafetensorsType::F16:
    return decodeEach<uint16_t>(bytes, values, halfToFloat);
  case SafetensorsType::BF16:
    return decodeEach<uint16_t>(bytes, values, bfloat16ToFloat);
  case SafetensorsType::F8_E5M2:
    return small({2, 15, true, false});
  case SafetensorsType::F8_E4M3:
    return small({3, 7, false, false});
  case SafetensorsType::F8_E4M3FNUZ:
    return small({3, 8, false, true});
  case SafetensorsType::F8_E5M2FNUZ:
    return small({2, 16, false, true});
  default: // no weight type: nothing is decoded
    return;
  }
}

} // namespace longc
