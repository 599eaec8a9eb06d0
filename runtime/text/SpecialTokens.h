// Finds the special tokens of a model in text: leftmost first, the longest of those that start there.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

class SpecialTokens {
public:
  struct Match {
    size_t position;
    size_t length = 0; // 0: nothing found
    int32_t id = -1;
  };

  // Texts must be non-empty and distinct.
  void add(std::string text, int32_t id);
  // The first match at or after `from`; `{text.size(), 0, -1}` if there is none.
  Match find(std::string_view text, size_t from) const;
  // The first position at or after `from` where a token would begin if the right text followed; `text.size()` if none.
  size_t undecidedFrom(std::string_view text, size_t from) const;

private:
  struct Entry {
    std::string text;
    int32_t id;
  };

  const Entry *longestAt(std::string_view rest) const;

  std::array<std::vector<Entry>, 256> byFirstByte_; // longest first
  size_t longest_ = 0;
};

} // namespace longc
