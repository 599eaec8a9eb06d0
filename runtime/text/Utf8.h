// UTF-8 as text code needs it: one code point at a time, tolerant of bytes that are not UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace longc {

struct Utf8Char {
  uint32_t codePoint = 0; // meaningless when not valid
  uint32_t length = 1;    // bytes; an invalid byte is a character of its own
  bool valid = false;
};

// The character at `position` (which must be inside `text`). Overlong forms, surrogates and truncated sequences are
// invalid, as in Rust and Python.
Utf8Char decodeUtf8(std::string_view text, size_t position);

// Where the character that ends at `end` (not 0) begins.
size_t previousCharacter(std::string_view text, size_t end);

// Appends the encoding of `codePoint` (at most 0x10FFFF).
void appendUtf8(std::string &out, uint32_t codePoint);

// Bytes at the end of `text` that begin a character which more bytes could complete: 0 to 3.
size_t incompleteUtf8Tail(std::string_view text);

// `text` with every maximal ill-formed part replaced by U+FFFD: what Python's errors="replace" gives.
std::string toValidUtf8(std::string_view text);

// `text` in single quotes for a message: control and invalid bytes as \xNN, cut after some forty bytes.
std::string quoteForMessage(std::string_view text);

} // namespace longc
