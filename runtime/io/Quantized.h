// Encodings of weights and the reference decoder of one row of them.
//
// A row is a sequence of blocks; a block holds `blockElements` weights in `blockBytes` bytes (all little-endian):
//
//   F32, F16, BF16   one weight a block
//   Q8_0   32 weights in 34 bytes: f16 d, int8 q[32];        w_j = d * q_j
//   Q4_0   32 weights in 18 bytes: f16 d, nibbles;           w_j = d * (q_j - 8)
//   Q4_1   32 weights in 20 bytes: f16 d, f16 m, nibbles;    w_j = d * q_j + m
//
// Nibbles are 16 bytes: byte j has q_j in its low half and q_(j+16) in its high half, 0 <= q <= 15. Every product above
// is exact in float32 and every sum rounds once, so any order of evaluation gives the same bits.
#pragma once

#include "runtime/core/Status.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace longc {

enum class ElementFormat : uint8_t { F32, F16, BF16, Q8_0, Q4_0, Q4_1 };

inline constexpr ElementFormat allElementFormats[] = {ElementFormat::F32,  ElementFormat::F16,  ElementFormat::BF16,
                                                      ElementFormat::Q8_0, ElementFormat::Q4_0, ElementFormat::Q4_1};

constexpr bool isQuantized(ElementFormat format) { return format >= ElementFormat::Q8_0; }
constexpr int64_t blockElements(ElementFormat format) { return isQuantized(format) ? 32 : 1; }
constexpr int64_t blockBytes(ElementFormat format) {
  switch (format) {
  case ElementFormat::F32:
    return 4;
  case ElementFormat::F16:
  case ElementFormat::BF16:
    return 2;
  case ElementFormat::Q8_0:
    return 34;
  case ElementFormat::Q4_0:
    return 18;
  case ElementFormat::Q4_1:
    return 20;
  }
  return 0;
}
const char *formatName(ElementFormat format); // "F32", "Q4_1", ...

// Bytes of a row of `elements` weights; an error if they are no whole number of blocks or too many to count.
Result<size_t> rowBytes(ElementFormat format, int64_t elements);

// Decodes a row: `row` must be exactly rowBytes(format, out.size()) long.
Status dequantizeRow(ElementFormat format, std::span<const std::byte> row, std::span<float> out);

// IEEE binary16 and bfloat16. Conversions to the short forms round to nearest, ties to even; NaN stays NaN.
float halfToFloat(uint16_t half);
uint16_t floatToHalf(float value);
float bfloat16ToFloat(uint16_t bits);
uint16_t floatToBfloat16(float value);

} // namespace longc
