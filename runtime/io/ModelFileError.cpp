// How names that come from a file are shown: they may hold anything, escape sequences of a terminal included.
#include "runtime/io/ModelFileError.h"

namespace longc {

std::string quoted(std::string_view name) {
  constexpr size_t shown = 80;
  constexpr char digits[] = "0123456789abcdef";
  std::string text = "'";
  for (unsigned char c : name.substr(0, shown)) {
    if (c < 0x20 || c >= 0x7f) {
      text += "\\x";
      text += digits[c >> 4];
      text += digits[c & 15];
    } else {
      text += static_cast<char>(c);
    }
  }
  if (name.size() > shown)
    text += "...";
  return text + "'";
}

} // namespace longc
