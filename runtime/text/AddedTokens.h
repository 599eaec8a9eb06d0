// Tokens that are found in the text before it is cut into words, as Hugging Face's added tokens are: leftmost first, the
// longest of those that start there.
#pragma once

#include "runtime/text/TokenTrie.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct AddedToken {
  std::string text; // not empty
  int32_t id = -1;
  bool control = false;    // steers the model: text becomes it only where the caller allows that
  bool singleWord = false; // only where no letter, mark, digit or connector stands beside it
  bool stripLeft = false, stripRight = false; // takes the white space on that side with it
};

class AddedTokens {
public:
  AddedTokens() = default;
  // Texts must be distinct.
  explicit AddedTokens(std::vector<AddedToken> tokens);

  bool empty() const { return tokens_.empty(); }
  // Whether both sides of a cut at `position`, each searched alone, have the tokens that `text` has, as far as those go
  // that must stand alone: what is beside the cut is known, and part of no word.
  bool mayBeCutAt(std::string_view text, size_t position) const;

private:
  friend class AddedTokenFinder;

  std::vector<AddedToken> tokens_;
  TokenTrie trie_; // of indices into tokens_
  std::array<bool, 256> begins_{};
  bool anyStripsLeft_ = false, anyStandsAlone_ = false;
};

// Walks over the added tokens of one text.
class AddedTokenFinder {
public:
  struct Match {
    size_t begin, end; // with the white space that the token takes
    int32_t id;
  };

  // `tokens` and `text` must outlive this. Without `parseControl` a control token written out is plain text, and so is
  // every shorter token within it.
  AddedTokenFinder(const AddedTokens &tokens, std::string_view text, bool parseControl)
      : tokens_(tokens), text_(text), parseControl_(parseControl), undecided_(text.size()) {}

  std::optional<Match> next();
  // Where the first token may lie, of those looked at so far, that more text behind this one could make, lengthen or
  // unmake; text.size() if there is none.
  size_t undecidedFrom() const;
  // Steps through the tree of texts so far.
  uint64_t lookups() const { return lookups_; }

private:
  const AddedToken *longestHere();
  const AddedToken *nextWritten();
  bool standsAlone(size_t begin, size_t end) const;
  bool reachesEnd(size_t end) const;
  void markUndecided(size_t begin);

  const AddedTokens &tokens_;
  std::string_view text_;
  bool parseControl_;
  size_t position_ = 0; // where the search goes on
  size_t taken_ = 0;    // end of the last match
  size_t undecided_;
  uint64_t lookups_ = 0;
};

} // namespace longc
