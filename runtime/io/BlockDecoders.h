// Decoders of one block of weights, one a format. Private to runtime/io; Quantized.h says what the formats are.
#pragma once

#include "runtime/io/Quantized.h"

#include <cstddef>
#include <cstdint>

namespace longc {

// What can be asked of a block; null where a format does not have it.
struct BlockDecoder {
  void (*values)(const std::byte *block, float *out);
  // The integers q of a block of 32 values d * q whose scale is its first two bytes: what Q8_0 holds as it is.
  void (*integers)(const std::byte *block, int8_t *out) = nullptr;
  // The whole block in the format that it is held in, where that has scales of its own.
  void (*held)(const std::byte *block, std::byte *out) = nullptr;
};

const BlockDecoder &blockDecoder(ElementFormat format);

} // namespace longc
