// Longest match first.
#include "runtime/text/WordPieceModel.h"

#include <algorithm>

namespace longc {

void WordPieceModel::build(std::span<const std::string_view> tokens, std::string_view continuing,
                           size_t longestWord, int32_t unknown) {
  std::vector<TokenTrie::Entry> begins, continues;
  for (size_t id = 0; id < tokens.size(); ++id) {
    std::string_view text = tokens[id];
    if (!text.empty())
      begins.push_back({text, static_cast<int32_t>(id)});
    if (text.starts_with(continuing) && text.size() > continuing.size())
      continues.push_back({text.substr(continuing.size()), static_cast<int32_t>(id)});
  }
  begins_.build(begins);
  continues_.build(continues);
  longestWord_ = longestWord;
  unknown_ = unknown;
}

bool WordPieceModel::isTooLong(std::string_view word) const {
  auto begins = [](char byte) { return (static_cast<uint8_t>(byte) & 0xC0) != 0x80; };
  return word.size() > longestWord_ && static_cast<size_t>(std::count_if(word.begin(), word.end(), begins)) > longestWord_;
}

void WordPieceModel::encode(std::string_view word, uint64_t &lookups, std::vector<int32_t> &ids) const {
  size_t first = ids.size();
  bool isKnown = !isTooLong(word);
  for (size_t position = 0; isKnown && position < word.size();) {
    size_t longest = 0;
    int32_t token = -1;
    const TokenTrie &tree = position == 0 ? begins_ : continues_;
    lookups += tree.walk(word.substr(position), [&](int32_t found, size_t length) { token = found, longest = length; }).steps;
    isKnown = token >= 0;
    if (isKnown)
      ids.push_back(token);
    position += longest;
  }
  if (!isKnown) {
    ids.resize(first);
    ids.push_back(unknown_);
  }
}

} // namespace longc
