// Changes to single characters of a text, as Hugging Face's normalizers make them. Bytes that are not UTF-8 stay unless said otherwise.
#pragma once

#include <string>
#include <string_view>

namespace longc {

// Lower case of each letter, whatever stands around it.
std::string withLowerCase(std::string_view text);
// Marks that stand alone: in NFC most letters have theirs in one code point, which stays.
std::string withoutMarks(std::string_view text);
// The same, without those alone that take no space.
std::string withoutNonspacing(std::string_view text);
// BertNormalizer's clean text: white space is a space, and control characters, U+FFFD and bytes that are not UTF-8 are gone.
std::string cleaned(std::string_view text);
// A space on each side of every ideograph.
std::string withIdeographsApart(std::string_view text);
// Without white space at the ends.
std::string withoutSpaceAtEnds(std::string_view text, bool left, bool right);

} // namespace longc
