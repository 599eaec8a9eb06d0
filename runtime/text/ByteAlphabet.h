// The printable alphabet in which byte-level BPE vocabularies are written: every byte has one code point.
//
// Bytes that are visible in Latin-1 stand for themselves; the other 68 are written as U+0100, U+0101, … in order.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace longc {

// The code point that writes each byte.
const std::array<uint16_t, 256> &byteAlphabet();

// The byte a code point of the alphabet stands for, or -1.
int byteOfAlphabet(uint32_t codePoint);

// Appends the bytes a vocabulary entry stands for. An entry with any character outside the alphabet stands for itself.
void appendBytesOfToken(std::string_view token, std::string &bytes);

} // namespace longc
