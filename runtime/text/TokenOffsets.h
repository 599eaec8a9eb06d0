// Where the tokens of a text lie in it.
#pragma once

#include "runtime/text/Tokenizer.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace longc {

/// For `ids` = encode(text): the byte at which each begins, ascending, and text.size() last. Token i is the bytes up to the
/// next one's beginning. Exact where a token's bytes stand in the text as they are; where a normal form changed them, or
/// they are no part of the text (a space put before a word), a token begins where the last known one ended.
std::vector<uint64_t> tokenOffsets(const Tokenizer &tokenizer, std::string_view text, std::span<const int32_t> ids);

} // namespace longc
