// How vocabularies of characters write what is no character of its own: a space as U+2581, a byte as "<0x0A>"; and what a WordPiece is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace longc {

// "<0x0A>".
std::string writtenByte(uint8_t byte);

// Appends the text that a token stands for.
void appendWrittenText(std::string_view token, std::string &text);

// Appends the text of a WordPiece behind others: what follows `continuing`, or a space and the token. Cleaned up, there is
// no space before punctuation and the ends of English contractions.
void appendPieceText(std::string_view token, std::string_view continuing, bool cleansUp, std::string &text);

} // namespace longc
