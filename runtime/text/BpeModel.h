// Byte-level BPE: the ids of one word.
//
// The ids are those that the merges give (MergeQueue), found from left to right: of the tokens that begin at a place, the
// longest that can stand beside the one before. If none can, the one before was wrong and gives way to a shorter one.
// Where a token may end, all before it is settled, so each place is tried once, and time is linear in the word's length.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/text/MergeTree.h"
#include "runtime/text/TokenTrie.h"

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

class BpeModel {
public:
  // `text`: the bytes of a token; `byteTokens`: the token of each byte, -1 where there is none; `rules`: by rank.
  void build(const std::function<std::string_view(int32_t)> &text, size_t tokens,
             const std::array<int32_t, 256> &byteTokens, const std::vector<MergeTree::Rule> &rules);

  // Appends the ids of `word`. A byte without a token is left out, and its neighbours become neighbours.
  void encode(std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const;

  // The same by applying the merges one by one.
  void encodeByMerging(std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const;

  bool lacks(uint8_t byte) const { return byteTokens_[byte] < 0; }
  const MergeTree &tree() const { return tree_; }

private:
  struct Piece {
    uint32_t length = 0;
    int32_t shorter = -1; // the next shorter token that this one begins with
  };

  int32_t longestAt(std::string_view word, size_t position, BpeWork &work) const;
  void encodeKnown(std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const;

  std::array<int32_t, 256> byteTokens_{};
  bool lacksBytes_ = false;
  MergeTree tree_;
  TokenTrie trie_;            // of the tokens that exist
  std::vector<Piece> pieces_; // by token
};

} // namespace longc
