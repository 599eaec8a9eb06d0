// Blocks of every format to floats, bit for bit as the `gguf` package decodes them.
#include "runtime/io/BlockDecoders.h"

#include <cstring>
#include <iterator>

namespace longc {
namespace {

unsigned byteAt(const std::byte *at) { return std::to_integer<unsigned>(*at); }

uint16_t load16(const std::byte *at) {
  uint16_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

uint32_t load32(const std::byte *at) {
  uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

float halfAt(const std::byte *at) { return halfToFloat(load16(at)); }

// The nibble of value j of a block of 32: byte j has value j in its low half and value j + 16 in its high half.
int nibble(const std::byte *quants, int j) { return static_cast<int>(byteAt(quants + (j & 15)) >> (j & 16 ? 4 : 0) & 15); }

void decodeF32(const std::byte *block, float *out) { std::memcpy(out, block, 4); }
void decodeF16(const std::byte *block, float *out) { *out = halfAt(block); }
void decodeBf16(const std::byte *block, float *out) { *out = bfloat16ToFloat(load16(block)); }

// Blocks of 32 values d * q: the integers of each format, and what is made of them.
void integersQ8_0(const std::byte *block, int8_t *q) { std::memcpy(q, block + 2, 32); }

void integersQ4_0(const std::byte *block, int8_t *q) {
  for (int j = 0; j < 32; ++j)
    q[j] = static_cast<int8_t>(nibble(block + 2, j) - 8);
}

void integersQ5_0(const std::byte *block, int8_t *q) {
  const uint32_t high = load32(block + 2);
  for (int j = 0; j < 32; ++j)
    q[j] = static_cast<int8_t>((nibble(block + 6, j) | static_cast<int>(high >> j & 1) << 4) - 16);
}

void integersIQ4_NL(const std::byte *block, int8_t *q) {
  constexpr int8_t values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
  for (int j = 0; j < 32; ++j)
    q[j] = values[nibble(block + 2, j)];
}

template <void (*integers)(const std::byte *, int8_t *)> void decodeScaled(const std::byte *block, float *out) {
  int8_t q[32];
  integers(block, q);
  const float d = halfAt(block);
  for (int j = 0; j < 32; ++j)
    out[j] = d * static_cast<float>(q[j]);
}

void decodeQ4_1(const std::byte *block, float *out) {
  const float d = halfAt(block), m = halfAt(block + 2);
  for (int j = 0; j < 32; ++j)
    out[j] = d * static_cast<float>(nibble(block + 4, j)) + m;
}

void decodeQ5_1(const std::byte *block, float *out) {
  const float d = halfAt(block), m = halfAt(block + 2);
  const uint32_t high = load32(block + 4);
  for (int j = 0; j < 32; ++j)
    out[j] = d * static_cast<float>(nibble(block + 8, j) | static_cast<int>(high >> j & 1) << 4) + m;
}

// The two bits of value i of a block of 256, in 64 bytes: four groups of 32 share each 32 bytes.
int twoBits(const std::byte *quants, int i) {
  return static_cast<int>(byteAt(quants + i / 128 * 32 + i % 32) >> (i % 128 / 32 * 2) & 3);
}

// The nibble of value i of a block of 256, in 128 bytes: two groups of 32 share each 32 bytes.
int groupNibble(const std::byte *quants, int i) {
  return static_cast<int>(byteAt(quants + i / 64 * 32 + i % 32) >> (i % 64 / 32 * 4) & 15);
}

// Bit i of 256, in 32 bytes: each group of 32 has a bit of each byte.
int groupBit(const std::byte *bits, int i) { return static_cast<int>(byteAt(bits + i % 32) >> (i / 32) & 1); }

void decodeQ2_K(const std::byte *block, float *out) {
  const float d = halfAt(block + 80), dmin = halfAt(block + 82);
  for (int i = 0; i < 256; ++i) {
    const unsigned scales = byteAt(block + i / 16);
    out[i] = d * static_cast<float>(scales & 15) * static_cast<float>(twoBits(block + 16, i)) -
             dmin * static_cast<float>(scales >> 4);
  }
}

void decodeQ3_K(const std::byte *block, float *out) {
  const std::byte *scales = block + 96;
  const float d = halfAt(block + 108);
  for (int i = 0; i < 256; ++i) {
    const int group = i / 16; // six bits of scale: four of them in 8 bytes, two in the 4 bytes behind
    const unsigned low = byteAt(scales + group % 8) >> (group / 8 * 4) & 15;
    const unsigned high = byteAt(scales + 8 + group % 4) >> (group / 4 * 2) & 3;
    const int scale = static_cast<int>(low | high << 4) - 32;
    const int q = twoBits(block + 32, i) - (groupBit(block, i) ? 0 : 4);
    out[i] = d * static_cast<float>(scale) * static_cast<float>(q);
  }
}

// Scale and minimum of group `group` of 8, six bits each in 12 bytes.
struct ScaleAndMinimum {
  float scale, minimum;
};
ScaleAndMinimum scaleAndMinimum(const std::byte *packed, int group) {
  unsigned scale = byteAt(packed + group % 4), minimum = byteAt(packed + 4 + group % 4);
  if (group < 4)
    return {static_cast<float>(scale & 63), static_cast<float>(minimum & 63)};
  unsigned low = byteAt(packed + 4 + group);
  return {static_cast<float>((low & 15) | (scale >> 6) << 4), static_cast<float>(low >> 4 | (minimum >> 6) << 4)};
}

void decodeQ4_K(const std::byte *block, float *out) {
  const float d = halfAt(block), dmin = halfAt(block + 2);
  for (int i = 0; i < 256; ++i) {
    const ScaleAndMinimum group = scaleAndMinimum(block + 4, i / 32);
    out[i] = d * group.scale * static_cast<float>(groupNibble(block + 16, i)) - dmin * group.minimum;
  }
}

// Eight blocks of Q4_1F: the products are exact in float32.
void holdQ4_K(const std::byte *block, std::byte *out) {
  const float d = halfAt(block), dmin = halfAt(block + 2);
  for (int group = 0; group < 8; ++group, out += 24) {
    const ScaleAndMinimum factors = scaleAndMinimum(block + 4, group);
    const float scales[2] = {d * factors.scale, -(dmin * factors.minimum)};
    std::memcpy(out, scales, sizeof scales);
    for (int j = 0; j < 16; ++j) {
      const int low = groupNibble(block + 16, 32 * group + j), high = groupNibble(block + 16, 32 * group + j + 16);
      out[8 + j] = static_cast<std::byte>(low | high << 4);
    }
  }
}

void decodeQ4_1F(const std::byte *block, float *out) {
  float scales[2];
  std::memcpy(scales, block, sizeof scales);
  for (int j = 0; j < 32; ++j)
    out[j] = scales[0] * static_cast<float>(nibble(block + 8, j)) + scales[1];
}

void decodeQ5_K(const std::byte *block, float *out) {
  const float d = halfAt(block), dmin = halfAt(block + 2);
  for (int i = 0; i < 256; ++i) {
    const ScaleAndMinimum group = scaleAndMinimum(block + 4, i / 32);
    const int q = groupNibble(block + 48, i) | groupBit(block + 16, i) << 4;
    out[i] = d * group.scale * static_cast<float>(q) - dmin * group.minimum;
  }
}

// The six bits of value i of a block of 256, less 32: halves of 64 bytes of nibbles and 32 of the bits above them.
int sixBits(const std::byte *block, int i) {
  const int half = i / 128, within = i % 128;
  const int low = static_cast<int>(byteAt(block + half * 64 + within % 64) >> (within / 64 * 4) & 15);
  const int high = static_cast<int>(byteAt(block + 128 + half * 32 + within % 32) >> (within / 32 * 2) & 3);
  return (low | high << 4) - 32;
}

void decodeQ6_K(const std::byte *block, float *out) {
  const float d = halfAt(block + 208);
  for (int i = 0; i < 256; ++i) {
    const auto scale = static_cast<int8_t>(byteAt(block + 192 + i / 16));
    out[i] = d * static_cast<float>(scale) * static_cast<float>(sixBits(block, i));
  }
}

// Eight blocks of Q6_2.
void holdQ6_K(const std::byte *block, std::byte *out) {
  for (int group = 0; group < 8; ++group, out += 36) {
    std::memcpy(out, block + 208, 2);
    std::memcpy(out + 2, block + 192 + 2 * group, 2);
    for (int j = 0; j < 32; ++j)
      out[4 + j] = static_cast<std::byte>(sixBits(block, 32 * group + j));
  }
}

void decodeQ6_2(const std::byte *block, float *out) {
  const float d = halfAt(block);
  for (int j = 0; j < 32; ++j) {
    const auto scale = static_cast<int8_t>(byteAt(block + 2 + j / 16)), q = static_cast<int8_t>(byteAt(block + 4 + j));
    out[j] = d * (static_cast<float>(scale) * static_cast<float>(q)); // zeros keep their sign
  }
}

// In the order of ElementFormat.
constexpr BlockDecoder decoders[] = {
    {decodeF32},
    {decodeF16},
    {decodeBf16},
    {decodeScaled<integersQ8_0>, integersQ8_0},
    {decodeScaled<integersQ4_0>, integersQ4_0},
    {decodeQ4_1},
    {decodeScaled<integersQ5_0>, integersQ5_0},
    {decodeQ5_1},
    {decodeQ2_K},
    {decodeQ3_K},
    {decodeQ4_K, nullptr, holdQ4_K},
    {decodeQ5_K},
    {decodeQ6_K, nullptr, holdQ6_K},
    {decodeScaled<integersIQ4_NL>, integersIQ4_NL},
    {decodeQ4_1F},
    {decodeQ6_2},
};
static_assert(std::size(decoders) == std::size(formatInfos), "a decoder for each format");

} // namespace

const BlockDecoder &blockDecoder(ElementFormat format) { return decoders[static_cast<size_t>(format)]; }

} // namespace longc
