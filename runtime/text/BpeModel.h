// BPE on bytes or on characters: the ids of one word.
//
// The ids are those that the merges give (MergeQueue), found from left to right: of the tokens that begin at a place, the
// longest that can stand beside the one before. If none can, the one before was wrong and gives way to a shorter one.
// Where a token may end, all before it is settled, so each place is tried once, and time is linear in the word's length.
#pragma once

#include "runtime/text/MergeTree.h"
#include "runtime/text/TokenTrie.h"

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace longc {

// What words are made of before any merge.
struct BpeAlphabet {
  bool characters = false;             // whole characters; else bytes
  std::array<int32_t, 256> byteTokens; // of bytes; of characters: what stands for the bytes of one without a token; or -1
  int32_t unknown = -1;                // stands for what has no token else; -1: it is left out
  bool fuseUnknown = false;            // neighbours without tokens are one unknown
};

class BpeModel {
public:
  // `text`: of a token, as it stands in words; it must stay. `rules`: by rank. `wholeWords`: a word that is a token is
  // that token, whatever the merges say.
  void build(const std::function<std::string_view(int32_t)> &text, size_t tokens, const BpeAlphabet &alphabet,
             const std::vector<MergeTree::Rule> &rules, bool wholeWords = false);

  // Appends the ids of `word`. What is left out of it lets its neighbours be neighbours.
  void encode(std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const;

  // The same by applying the merges one by one, for words of known symbols.
  void encodeByMerging(std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const;

  // Whether all of its symbols have a token.
  bool isKnown(std::string_view word) const;
  // Whether words may hold what has no token at all.
  bool leavesOut() const;
  // How many bytes of `word` are left out.
  size_t lostBytes(std::string_view word) const;
  const MergeTree &tree() const { return tree_; }

private:
  struct Piece {
    uint32_t length = 0;
    int32_t shorter = -1; // the next shorter token that this one begins with
  };
  struct Symbol {
    uint32_t length; // bytes
    bool isKnown;
  };

  void indexCharacters(const std::function<std::string_view(int32_t)> &text, size_t tokens);
  Symbol symbolAt(std::string_view word, size_t position) const;
  int32_t tokenOf(std::string_view symbol) const;
  bool spell(std::string_view text, std::vector<int32_t> &symbols) const;
  bool appendBytes(std::string_view symbol, std::vector<int32_t> &ids) const;
  int32_t longestAt(std::string_view word, size_t position, BpeWork &work) const;
  void encodeKnown(std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const;
  void encodeFrom(int32_t longest, std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const;
  void encodeMixed(std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const;

  BpeAlphabet alphabet_;
  bool knowsAll_ = false;
  std::unordered_map<uint32_t, int32_t> characters_; // tokens of code points
  std::vector<bool> isKnown_;                        // the same by code point: a look that is near
  MergeTree tree_;
  TokenTrie trie_;            // of the tokens that exist
  std::vector<Piece> pieces_; // by token
  std::unordered_map<std::string_view, int32_t> unmerged_; // whole words that merges do not make
};

} // namespace longc
