// Python's operations on strings, as chat templates use them: positions count characters, not bytes.
//
// Bytes that are not UTF-8 count as one character each and stay as they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

size_t countCharacters(std::string_view text);

// The characters of `text`, one after another.
std::vector<std::string_view> charactersOf(std::string_view text);

enum class StripSide { Left, Right, Both };

// str.strip, lstrip, rstrip: white space, or any of `characters`.
std::string_view stripText(std::string_view text, StripSide side);
std::string_view stripText(std::string_view text, StripSide side, std::string_view characters);

// str.split: at white space, or at `separator` (not empty); at most `most` cuts if that is not negative.
std::vector<std::string_view> splitText(std::string_view text, int64_t most);
std::vector<std::string_view> splitText(std::string_view text, std::string_view separator, int64_t most);
std::vector<std::string_view> splitLines(std::string_view text);

// str.replace; nothing if the result would be longer than `longest`.
std::optional<std::string> replaceText(std::string_view text, std::string_view from, std::string_view to, int64_t most,
                                       size_t longest);

std::string upperText(std::string_view text);
std::string lowerText(std::string_view text);
void appendLowerAlone(std::string &out, uint32_t c); // of one letter, whatever stands around it
std::string capitalizeText(std::string_view text); // first letter upper, the rest lower
std::string titleText(std::string_view text);      // every word so

// repr() of a string and of a float.
std::string reprText(std::string_view text);
std::string reprFloat(double number);

// The value of a string literal's inside; nothing if an escape names no character.
std::optional<std::string> unescapeText(std::string_view literal);

} // namespace longc
