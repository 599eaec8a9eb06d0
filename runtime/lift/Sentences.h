// A text cut into sentences.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

/// The sentences of a text in their order, white space in each put as single blanks. A sentence ends behind . ! ? ; or : (and
/// quotes or brackets that close there) where white space follows, and at an empty line; one of more than 400 bytes also at
/// the comma or else the blank before that. Abbreviations of one letter or of a title ("Mr.") end none. All words of the text
/// are in one of them.
std::vector<std::string> sentencesOf(std::string_view text);

/// Words of a sentence: what blanks part.
std::vector<std::string_view> wordsOf(std::string_view sentence);

} // namespace longc
