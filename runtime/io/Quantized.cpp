// Conversions of short floats and the reference decoder of quantised rows.
#include "runtime/io/Quantized.h"

#include "runtime/core/Checked.h"
#include "runtime/io/BlockDecoders.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

namespace longc {

static_assert(std::endian::native == std::endian::little, "model files are read in place: little-endian hosts only");

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
  const size_t elements = static_cast<size_t>(blockElements(format)), bytes = static_cast<size_t>(blockBytes(format));
  const BlockDecoder &decoder = blockDecoder(format);
  const std::byte *in = row.data();
  for (float *to = out.data(), *end = to + out.size(); to != end; to += elements, in += bytes)
    decoder.values(in, to);
  return {};
}

Status quantizeRow(std::span<const float> values, int64_t scaleBlocks, std::span<std::byte> row) {
  constexpr size_t elements = 32, bytes = 34;
  const size_t shared = elements * static_cast<size_t>(scaleBlocks);
  if (values.size() % shared != 0 || row.size() != values.size() / elements * bytes)
    return Status::error(PanelSize, "a row of " + std::to_string(values.size()) + " weights as Q8_0: expected whole blocks of " +
                                        std::to_string(shared) + " and their room");
  std::byte *to = row.data();
  for (const float *block = values.data(), *end = block + values.size(); block != end; block += elements, to += bytes) {
    float largest = 0;
    const float *first = block - static_cast<size_t>(block - values.data()) % shared; // of those that share its scale
    for (size_t i = 0; i < shared; ++i)
      largest = std::max(largest, std::abs(first[i]));
    const uint16_t half = floatToHalf(largest / 127);
    const float scale = halfToFloat(half), inverse = scale > 0 ? 1 / scale : 0;
    std::memcpy(to, &half, sizeof half);
    for (size_t i = 0; i < elements; ++i)
      to[sizeof half + i] = static_cast<std::byte>(static_cast<int8_t>(std::fmin(std::fmax(std::nearbyint(block[i] * inverse), -127.0f), 127.0f)));
  }
  return {};
}

Status holdRow(ElementFormat format, std::span<const std::byte> row, std::span<std::byte> out) {
  const ElementFormat held = heldFormat(format);
  const size_t elements = row.size() / static_cast<size_t>(blockBytes(format)) * static_cast<size_t>(blockElements(format));
  const size_t bytes = elements / static_cast<size_t>(blockElements(held)) * static_cast<size_t>(blockBytes(held));
  if (row.size() % static_cast<size_t>(blockBytes(format)) != 0 || out.size() != bytes)
    return Status::error(PanelSize, "a row of " + std::to_string(row.size()) + " bytes in " + formatName(format) +
                                        ": expected room for " + std::to_string(bytes) + " bytes in " +
                                        formatName(held) + ", got " + std::to_string(out.size()));
  if (held == format) {
    std::memcpy(out.data(), row.data(), bytes);
    return {};
  }
  if (held == ElementFormat::F32) {
    std::vector<float> values(elements);
    LONGC_TRY(dequantizeRow(format, row, values));
    std::memcpy(out.data(), values.data(), bytes);
    return {};
  }
  std::byte *to = out.data();
  const BlockDecoder &decoder = blockDecoder(format);
  if (decoder.held) {
    const int64_t step = blockElements(format) / blockElements(held) * blockBytes(held);
    for (const std::byte *in = row.data(), *end = in + row.size(); in != end; in += blockBytes(format), to += step)
      decoder.held(in, to);
    return {};
  }
  // Q8_0: the scale stays, the integers fit into bytes.
  for (const std::byte *in = row.data(), *end = in + row.size(); in != end; in += blockBytes(format)) {
    int8_t integers[32];
    decoder.integers(in, integers);
    std::memcpy(to, in, 2);
    std::memcpy(to + 2, integers, sizeof integers);
    to += blockBytes(held);
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
