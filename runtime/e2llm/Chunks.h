// A text cut into chunks for an encoder, before any tokenizer sees it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace longc {

/// Pieces of at most `most` bytes, which one after the other are the text, byte for byte. A piece ends behind the last end of a
/// sentence or line of its second half; else behind the last blank there; else where it is full, never within a
/// character of UTF-8.
std::vector<std::string_view> cutChunks(std::string_view text, size_t most);

} // namespace longc
