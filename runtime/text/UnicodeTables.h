// What a code point is to a pre-tokenizer: letter, number, space or none of them, and whether it counts as a digit.
#pragma once

#include <cstdint>

namespace longc {

enum class CharClass : uint8_t { Other = 0, Letter = 1, Number = 2, Space = 3 };

constexpr uint32_t unicodeBlockSize = 128; // code points
extern const uint32_t unicodeTableEnd;     // from here on everything is Other
extern const uint8_t unicodeBlockIndex[];
extern const uint64_t unicodeBlocks[]; // four bits a code point

struct CharTraits {
  CharClass charClass;
  bool digit; // split off alone by pre-tokenizers that isolate digits
};

inline CharTraits charTraits(uint32_t codePoint) {
  if (codePoint >= unicodeTableEnd)
    return {CharClass::Other, false};
  uint32_t cell = unicodeBlockIndex[codePoint / unicodeBlockSize] * unicodeBlockSize + codePoint % unicodeBlockSize;
  uint64_t bits = unicodeBlocks[cell / 16] >> (cell % 16 * 4);
  return {static_cast<CharClass>(bits & 3), (bits & 4) != 0};
}

} // namespace longc
