// Encodings of weights and the reference decoder of one row of them.
//
// A row is a sequence of blocks; a block holds `blockElements` weights in `blockBytes` bytes (all little-endian):
//
//   F32, F16, BF16   one weight a block
//   Q8_0   32 weights in 34 bytes: f16 d, int8 q[32];          w_j = d * q_j
//   Q4_0   32 weights in 18 bytes: f16 d, nibbles;             w_j = d * (q_j - 8)
//   Q4_1   32 weights in 20 bytes: f16 d, f16 m, nibbles;      w_j = d * q_j + m
//   Q5_0   32 weights in 22 bytes: f16 d, u32 h, nibbles;      w_j = d * (q_j + 16 h_j - 16), h_j bit j of h
//   Q5_1   32 weights in 24 bytes: f16 d, f16 m, u32 h, nibbles;  w_j = d * (q_j + 16 h_j) + m
//   IQ4_NL 32 weights in 18 bytes: f16 d, nibbles;             w_j = d * v[q_j], v sixteen integers of the format
//   Q4_1F  32 weights in 24 bytes: f32 d, f32 m, nibbles;      w_j = d * q_j + m                (no file has it: see below)
//   Q6_2   32 weights in 36 bytes: f16 d, int8 s[2], int8 q[32]; w_j = d * (s_(j/16) * q_j), -32 <= q < 32   (likewise)
//   Q2_K   256 weights in 84 bytes, Q3_K in 110, Q4_K in 144, Q5_K in 176, Q6_K in 210: groups of 16 or 32 with small
//          integers s (and t) of their own, w = d * s * q (- e * t); BlockDecoders.cpp says where each lies
//
// Nibbles are 16 bytes: byte j has q_j in its low half and q_(j+16) in its high half, 0 <= q <= 15. Every product above
// is exact in float32 and every sum rounds once, so any order of evaluation gives the same bits.
//
// Programs hold some of these; the others become one of those, without loss, when they are read (`held`): a group of 32
// of Q4_K, whose scale and minimum are products of two numbers, is a block of Q4_1F, two groups of 16 of Q6_K are one of
// Q6_2.
#pragma once

#include "runtime/core/Status.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace longc {

enum class ElementFormat : uint8_t {
  F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, Q4_1F,
  Q6_2
};

struct FormatInfo {
  ElementFormat format;
  const char *name; // "F32", "Q4_1", ...
  int32_t blockElements, blockBytes;
  ElementFormat held; // what programs hold it as: itself, or a wider format with the same values
};

// In the order of ElementFormat.
inline constexpr FormatInfo formatInfos[] = {
    {ElementFormat::F32, "F32", 1, 4, ElementFormat::F32},
    {ElementFormat::F16, "F16", 1, 2, ElementFormat::F32},
    {ElementFormat::BF16, "BF16", 1, 2, ElementFormat::BF16},
    {ElementFormat::Q8_0, "Q8_0", 32, 34, ElementFormat::Q8_0},
    {ElementFormat::Q4_0, "Q4_0", 32, 18, ElementFormat::Q4_0},
    {ElementFormat::Q4_1, "Q4_1", 32, 20, ElementFormat::Q4_1},
    {ElementFormat::Q5_0, "Q5_0", 32, 22, ElementFormat::Q8_0},
    {ElementFormat::Q5_1, "Q5_1", 32, 24, ElementFormat::F32},
    {ElementFormat::Q2_K, "Q2_K", 256, 84, ElementFormat::F32},
    {ElementFormat::Q3_K, "Q3_K", 256, 110, ElementFormat::F32},
    {ElementFormat::Q4_K, "Q4_K", 256, 144, ElementFormat::Q4_1F},
    {ElementFormat::Q5_K, "Q5_K", 256, 176, ElementFormat::F32},
    {ElementFormat::Q6_K, "Q6_K", 256, 210, ElementFormat::Q6_2},
    {ElementFormat::IQ4_NL, "IQ4_NL", 32, 18, ElementFormat::Q8_0},
    {ElementFormat::Q4_1F, "Q4_1F", 32, 24, ElementFormat::Q4_1F},
    {ElementFormat::Q6_2, "Q6_2", 32, 36, ElementFormat::Q6_2},
};

constexpr const FormatInfo &infoOf(ElementFormat format) { return formatInfos[static_cast<size_t>(format)]; }
constexpr bool isQuantized(ElementFormat format) { return infoOf(format).blockElements > 1; }
constexpr int64_t blockElements(ElementFormat format) { return infoOf(format).blockElements; }
constexpr int64_t blockBytes(ElementFormat format) { return infoOf(format).blockBytes; }
constexpr ElementFormat heldFormat(ElementFormat format) { return infoOf(format).held; }
constexpr const char *formatName(ElementFormat format) { return infoOf(format).name; }

// Bytes of a row of `elements` weights; an error if they are no whole number of blocks or too many to count.
Result<size_t> rowBytes(ElementFormat format, int64_t elements);

// Decodes a row: `row` must be exactly rowBytes(format, out.size()) long.
Status dequantizeRow(ElementFormat format, std::span<const std::byte> row, std::span<float> out);

// Encodes a row as blocks of Q8_0, of which `scaleBlocks` neighbours share a scale: d is their largest size over 127 as f16, weights are the
// nearest multiples of it. `row` must be exactly rowBytes(Q8_0, values.size()) long.
Status quantizeRow(std::span<const float> values, int64_t scaleBlocks, std::span<std::byte> row);

// The same values in the format that programs hold: `out` must be rowBytes(heldFormat(format), elements) long.
Status holdRow(ElementFormat format, std::span<const std::byte> row, std::span<std::byte> out);

// IEEE binary16 and bfloat16. Conversions to the short forms round to nearest, ties to even; NaN stays NaN.
float halfToFloat(uint16_t half);
uint16_t floatToHalf(float value);
float bfloat16ToFloat(uint16_t bits);
uint16_t floatToBfloat16(float value);

} // namespace longc
