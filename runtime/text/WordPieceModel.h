// WordPiece, as BERT has it: a word from left to right, each time the longest token that begins there. A word that cannot
// be made so to its end, or is too long, is unknown as a whole.
#pragma once

#include "runtime/text/TokenTrie.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

class WordPieceModel {
public:
  // `tokens`: by id; those without text are none. Those that begin with `continuing` go on within a word. `longestWord`: in characters.
  void build(std::span<const std::string_view> tokens, std::string_view continuing, size_t longestWord, int32_t unknown);

  // Appends the ids of `word`. `lookups` grows by the steps through the trees.
  void encode(std::string_view word, uint64_t &lookups, std::vector<int32_t> &ids) const;

private:
  bool isTooLong(std::string_view word) const;

  TokenTrie begins_, continues_;
  size_t longestWord_ = 0;
  int32_t unknown_ = -1;
};

} // namespace longc
