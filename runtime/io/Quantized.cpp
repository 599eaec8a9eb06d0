// Conversions of short floats and the reference decoder of quantised rows.
#include "runtime/io/Quantized.h"

#include "runtime/core/Checked.h"
#include "runtime/io/ModelFileError.h"

#include <bit>
#include <cstring>

namespace longc {
namespace {

uint16_t load16(const std::byte *at) {
  uint16_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

} // namespace

static_assert(std::endian::native == std::endian::little, "model files are read in place: little-endian hosts only");

const char *formatName(ElementFormat format) {
  switch (format) {
  case ElementFormat::F32:
    return "F32";
  case ElementFormat::F16:
    return "F16";
  case ElementFormat::BF16:
    return "BF16";
  case ElementFormat::Q8_0:
    return "Q8_0";
  case ElementFormat::Q4_0:
    return "Q4_0";
  case ElementFormat::Q4_1:
    return "Q4_1";
  }
  return "?";
}

Result<size_t> rowBytes(ElementFormat format, int64_t elements) {
  if (elements < 0 || elements % blockElements(format) != 0)
    return Status::error(PanelSize, "a row of " + std::to_string(elements) + " weights in " + formatName(format) +
                                        ": expected a multiple of " + std::to_string(blockElements(format)));
  Checked bytes = Checked(elements / blockElements(format)) * blockBytes(format);
  if (!bytes.atMost(PTRDIFF_MAX))
    return Status::error(PanelSize, "a row of " + std::to_string(elements) + " weights is too large to address");
  return static_cast<size_t>(bytes.value());
}

Status dequantizeRow(ElementFormat format, std::span<const std::byte> row, std::span<float> out) {
  Result<size_t> expected = rowBytes(format, static_cast<int64_t>(out.size()));
  if (!expected.ok())
    return expected.status();
  if (row.size() != *expected)
    return Status::error(PanelSize, "a row of " + std::to_string(out.size()) + " weights in " + formatName(format) +
                                        ": expected " + std::to_string(*expected) + " bytes, got " +
                                        std::to_string(row.size()));
  const int64_t blocks = static_cast<int64_t>(out.size()) / blockElements(format);
  const std::byte *in = row.data();
  float *to = out.data();
  auto nibble = [](const std::byte *quants, int j) {
    return static_cast<int>(quants[j & 15] >> (j & 16 ? 4 : 0) & std::byte{15});
  };
  for (int64_t block = 0; block < blocks; ++block, in += blockBytes(format), to += blockElements(format)) {
    switch (format) {
    case ElementFormat::F32:
      std::memcpy(to, in, 4);
      break;
    case ElementFormat::F16:
      *to = halfToFloat(load16(in));
      break;
    case ElementFormat::BF16:
      *to = bfloat16ToFloat(load16(in));
      break;
    case ElementFormat::Q8_0: {
      float d = halfToFloat(load16(in));
      for (int j = 0; j < 32; ++j)
        to[j] = d * static_cast<float>(static_cast<int8_t>(in[2 + j]));
      break;
    }
    case ElementFormat::Q4_0: {
      float d = halfToFloat(load16(in));
      for (int j = 0; j < 32; ++j)
        to[j] = d * static_cast<float>(nibble(in + 2, j) - 8);
      break;
    }
    case ElementFormat::Q4_1: {
      float d = halfToFloat(load16(in)), m = halfToFloat(load16(in + 2));
      for (int j = 0; j < 32; ++j)
        to[j] = d * static_cast<float>(nibble(in + 4, j)) + m;
      break;
    }
    }
  }
  return {};
}

float halfToFloat(uint16_t half) {
  uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  uint32_t exponent = half >> 10 & 31, mantissa = half & 0x3ff;
  if (exponent == 31) // infinity and NaN keep their mantissa
    return std::bit_cast<float>(sign | 0x7f800000u | mantissa << 13);
  if (exponent != 0)
    return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
  // Subnormal halves are normal floats: mantissa * 2^-24 is exact.
  float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | sign);
}

uint16_t floatToHalf(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) { // NaN: keep the top of the payload, and keep it a NaN
    uint16_t payload = static_cast<uint16_t>(magnitude >> 13 & 0x3ff);
    return static_cast<uint16_t>(sign | 0x7c00 | (payload ? payload : 0x200));
  }
  if (magnitude >= 0x477ff000u) // 65520 and more round to infinity
    return static_cast<uint16_t>(sign | 0x7c00);
  if (magnitude < 0x38800000u) {
    // Below 2^-14 the result is subnormal: adding 0.5 leaves the mantissa in units of 2^-24, rounded to nearest even.
    float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000u));
  }
  uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
  return static_cast<uint16_t>(sign | (rounded - 0x38000000u) >> 13);
}

float bfloat16ToFloat(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

uint16_t floatToBfloat16(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) // NaN: made quiet, so that cutting the payload cannot make an infinity
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

} // namespace longc
