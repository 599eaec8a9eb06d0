// What a code point is to a tokenizer: letter, number, space or none of them; whether it counts as a digit, and whether
// words are made of it.
#pragma once

#include <cstdint>

namespace longc {

enum class CharClass : uint8_t { Other = 0, Letter = 1, Number = 2, Space = 3 };

constexpr uint32_t unicodeBlockSize = 128; // code points
extern const uint32_t unicodeTableEnd;     // from here on everything is Other
extern const uint8_t unicodeBlockIndex[];
extern const uint64_t unicodeBlocks[]; // four bits a code point

struct CharTraits {
  CharClass charClass = CharClass::Other;
  bool digit = false; // split off alone by pre-tokenizers that isolate digits
  bool word = false;  // \w: letters, marks, digits, connectors
};

inline CharTraits charTraits(uint32_t codePoint) {
  if (codePoint >= unicodeTableEnd)
    return {};
  uint32_t cell = unicodeBlockIndex[codePoint / unicodeBlockSize] * unicodeBlockSize + codePoint % unicodeBlockSize;
  uint64_t bits = unicodeBlocks[cell / 16] >> (cell % 16 * 4);
  return {static_cast<CharClass>(bits & 3), (bits & 4) != 0, (bits & 8) != 0};
}

} // namespace longc
