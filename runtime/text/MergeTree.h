// How each token of a BPE model comes about, and from that: which tokens can stand side by side.
//
// Applying merges to a text of two tokens, the two halves grow as each would alone until a merge joins a symbol of one
// with a symbol of the other, if one ever does. Only the symbols at the seam matter: the last of the left half and the
// first of the right one. Each grows along an edge of its token's tree, at known ranks, so whether the halves stay apart
// is a walk down two edges, and no merge need be applied. A sequence of tokens is the BPE of its text exactly if every
// token is that of its own text and every two neighbours stay apart, since what happens at one seam does not depend on
// what lies beyond the neighbours.
//
// The walk needs trees whose merges come in the order of their ranks. Trained vocabularies are so; the few tokens of
// others that are not ("irregular") are judged by applying the merges.
#pragma once

#include "runtime/text/MergeQueue.h"
#include "runtime/text/MergeTable.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace longc {

// What one thread needs while it encodes, and how many tables it looked into.
struct BpeWork {
  // `textBytes`: how much will be encoded; a short text should not pay for clearing a large memory.
  explicit BpeWork(size_t textBytes);

  MergeQueue queue;
  std::vector<int32_t> symbols;
  std::vector<uint64_t> judged;   // pairs of tokens and whether they stand apart, by hash; a power of two of them
  std::vector<uint64_t> deadEnds; // a bit for each position of a word
  std::string known;              // what is left of a word without its unknown symbols
  std::vector<int32_t> symbolBytes; // the tokens of one symbol's bytes
  uint64_t lookups = 0;
};

class MergeTree {
public:
  struct Rule {
    int32_t left, right, merged;
    uint32_t rank;
  };
  // The symbols that a token's text is made of before any merge; false if the vocabulary lacks one.
  using Speller = std::function<bool(int32_t token, std::vector<int32_t> &symbols)>;

  // `symbols`: the tokens that texts are made of before any merge. `rules`: ascending in
  // rank; of equal ranks the leftmost place in a text merges first.
  void build(size_t tokens, std::span<const int32_t> symbols, const std::vector<Rule> &rules, const Speller &spell);

  // Whether the BPE of the token's own text is the token.
  bool exists(int32_t token) const { return shapes_[token].created != never; }
  // Whether the BPE of two tokens' texts is the two tokens. Both must exist.
  bool standApart(int32_t left, int32_t right, BpeWork &work) const;
  size_t irregularTokens() const { return irregular_.size(); }

  const MergeTable &merges() const { return merges_; }

private:
  static constexpr uint32_t irregular = UINT32_MAX - 1, never = UINT32_MAX;

  struct Shape {
    int32_t left = -1, right = -1; // what it was merged from; an irregular token: left is its place in irregular_
    uint32_t created = never;      // 0: a symbol; else the rank of its last merge, plus one
  };

  bool isRegular(int32_t token) const { return shapes_[token].created < irregular; }
  bool growApart(int32_t left, int32_t right, bool asWholes, BpeWork &work) const;
  bool mergedStandApart(int32_t left, int32_t right, BpeWork &work) const;
  void addIrregular(std::span<const int32_t> candidates, const Speller &spell, BpeWork &work);
  void spell(int32_t token, std::vector<int32_t> &symbols) const;

  MergeTable merges_;
  std::vector<Shape> shapes_; // by token
  std::vector<std::vector<int32_t>> irregular_; // the symbols of each
};

} // namespace longc
