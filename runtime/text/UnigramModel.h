// Unigram, as SentencePiece has it: of all ways to make a word of tokens the one with the highest sum of scores.
//
// Follows Hugging Face's Viterbi search down to its order of comparing, since sums of scores tie: by ends, and of equal
// sums the first found stays. A character that no token makes is unknown, at a score below all; neighbours are unknown
// together, or the tokens of their bytes.
#pragma once

#include "runtime/text/TokenTrie.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

// What one thread needs while it encodes.
struct UnigramWork {
  struct Best {
    double score = 0;
    uint32_t begin = 0;
    int32_t token = -1; // -1: nothing ends here yet
  };
  std::vector<Best> best; // by where a token ends
  std::vector<int32_t> ids;
};

class UnigramModel {
public:
  // `tokens`: by id; those without text are none. `byteTokens`: for the bytes of what is unknown, or -1 each.
  void build(std::span<const std::string_view> tokens, std::span<const double> scores, int32_t unknown,
             const std::array<int32_t, 256> &byteTokens);

  // Appends the ids of `word`. `lookups` grows by the steps through the tree.
  void encode(std::string_view word, UnigramWork &work, uint64_t &lookups, std::vector<int32_t> &ids) const;

private:
  void findBest(std::string_view word, UnigramWork &work, uint64_t &lookups) const;
  void appendUnknown(std::string_view text, std::vector<int32_t> &ids) const;

  TokenTrie tree_;
  std::vector<double> scores_;
  std::array<int32_t, 256> byteTokens_{};
  int32_t unknown_ = -1;
  double unknownScore_ = 0;
};

} // namespace longc
