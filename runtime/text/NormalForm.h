// The normal forms of Unicode: NFC, NFD, NFKC, NFKD.
#pragma once

#include <string>
#include <string_view>

namespace longc {

struct NormalForm {
  bool compatible = false; // also what only looks alike: ligatures, full widths, …
  bool composes = false;   // letters and their marks in one code point where there is one
};

// Bytes that are not UTF-8 stay, and nothing is composed over them.
std::string toNormalForm(std::string_view text, NormalForm form);

} // namespace longc
