// A text cut into chunks for an encoder, before any tokenizer sees it.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace longc {

/// How large a chunk is at most: bytes of its text, or tokens that the encoder makes of it.
struct ChunkSize {
  enum class Unit : unsigned char { bytes, tokens };
  size_t most = 512;
  Unit unit = Unit::bytes;
};

/// Pieces of at most `most` bytes, which one after the other are the text, byte for byte. A piece ends behind the last end of a
/// sentence or line of its second half; else behind the last blank there; else where it is full, never within a
/// character of UTF-8.
std::vector<std::string_view> cutChunks(std::string_view text, size_t most);

/// The same of at most `most` tokens. `tokensOf` counts those of a text, which are those of its words together; a single character that has more is a piece.
std::vector<std::string_view> cutChunks(std::string_view text, size_t most, const std::function<size_t(std::string_view)> &tokensOf);

} // namespace longc
