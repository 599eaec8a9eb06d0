// A tokenizer as model files describe it: plain data.
#pragma once

#include "runtime/text/Normalizer.h"
#include "runtime/text/SplitPattern.h"

#include <cstdint>
#include <string>
#include <vector>

namespace longc {

// What an added token (one of type 3 or 4) does besides standing for its text.
struct AddedTokenFlags {
  int32_t id = -1;
  bool singleWord = false, stripLeft = false, stripRight = false;
  bool normalized = false; // found in the text as the normalizer leaves it
  bool isPiece = true;     // text may be made of it too: the vocabulary of its model holds it
};

enum class TokenizerKind {
  BytePairs,      // BPE; texts of tokens are in the byte-level alphabet
  CharacterPairs, // BPE; texts of tokens are characters, spaces as U+2581
  Unigram,        // SentencePiece's, by scores; texts of tokens are characters, spaces as U+2581
  WordPieces,     // BERT's; texts of tokens are characters, those within a word behind `continuing`
};

// A merge of BPE by ids: `merged` is the token whose text is that of `left` and that of `right`.
struct TokenMerge {
  int32_t left, right, merged;
};

struct TokenizerModel {
  TokenizerKind kind = TokenizerKind::BytePairs;
  std::string preTokenizer; // how text is cut into words: a name of PreTokenizer.cpp
  std::vector<SplitRule> splits; // before that, one after the other; of BytePairs
  std::vector<std::string> tokens;
  std::vector<TokenMerge> merges;  // the earlier, the stronger
  std::vector<double> scores;      // by id, without merges: what merges to the highest score merges first
  std::vector<int32_t> tokenTypes; // 1 normal, 2 unknown, 3 control, 4 user-defined, 6 byte; empty: all normal
  std::vector<AddedTokenFlags> added;
  std::vector<TextStep> normalizer; // on each part between added tokens that are found in the text as it stands
  std::vector<TextStep> wordSteps;  // on each part between all added tokens
  int32_t bosId = -1, eosId = -1, unknownId = -1, padId = -1;
  std::vector<int32_t> stopIds;        // end a reply, besides eosId
  bool addBos = false, addEos = false; // whether a text begins with bosId, ends with eosId
  bool byteFallback = false;           // a character without a token becomes the tokens "<0xNN>" of its bytes
  int32_t unknownPiece = -1;           // what it becomes otherwise; -1: it is left out
  bool fuseUnknown = false;            // neighbours of the kind are one unknownPiece
  bool ignoreMerges = false;           // a word that is a token is that token, whatever the merges say
  bool stripFirstSpace = false;        // of a text that is decoded
  std::string continuing = "##";       // of WordPieces
  int32_t longestWord = 100;           // of WordPieces, in characters: longer ones are unknownPiece
  bool cleansUp = false;               // of WordPieces: no space before punctuation in a text that is decoded
};

} // namespace longc
