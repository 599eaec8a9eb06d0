// What a checkpoint says about its tokenizer, copied out as plain data for the program's own tokenizer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace longc {

// Kinds of tokens, numbered as in GGUF.
enum class TokenType : int32_t { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };

// How the file calls the parts of a tokenizer, for messages.
struct TokenizerNames {
  const char *pre = "key 'tokenizer.ggml.pre'", *tokens = "key 'tokenizer.ggml.tokens'";
  const char *merges = "key 'tokenizer.ggml.merges'", *chatTemplate = "key 'tokenizer.chat_template'";
};

// A change that text undergoes before it is encoded; numbered as runtime/core/TextStepKind.h does.
struct TextStepSource {
  int32_t kind;
  std::string pattern, text;
};

// What an added token does besides standing for its text.
struct AddedTokenSource {
  int32_t id;
  bool singleWord, stripLeft, stripRight, normalized;
  bool isPiece = true; // text may be made of it too: the vocabulary of its model holds it
};

// A pattern that cuts text; its behavior is numbered as runtime/text/SplitPattern.h does.
struct SplitSource {
  std::string pattern;
  int32_t behavior = 0;
  bool inverted = false;
};

struct TokenizerSource {
  std::string model = "gpt2";      // BPE on bytes; "llama": on characters; "bert": WordPiece; "t5": Unigram
  std::string pre;                 // name of the splitting rule, e.g. "smollm"
  std::vector<SplitSource> splits; // cut text before that rule does
  std::vector<std::string> tokens; // by id, in the byte alphabet of byte-level BPE
  std::vector<TokenType> types;    // one a token
  std::vector<std::string> merges; // "left right", best first
  std::vector<double> scores;      // by id, instead of merges, or of Unigram
  std::vector<AddedTokenSource> added;
  std::vector<TextStepSource> normalizer, wordSteps;
  std::vector<int32_t> stopIds;    // whatever ends a turn or a text, ascending
  std::vector<std::string> notes;  // what was not as it should be, and how it was read
  std::optional<int32_t> bosId, eosId, eotId, unknownId, paddingId;
  bool addBos = false, addEos = false, addSpacePrefix = false;
  bool byteFallback = false, fuseUnknown = false, ignoreMerges = false, stripFirstSpace = false;
  bool cleansUp = false;           // of WordPiece: decoded, there is no space before punctuation
  std::string continuing = "##";   // of WordPiece: what tokens within words begin with
  int32_t longestWord = 100;       // of WordPiece, in characters
  std::optional<int32_t> unknownPiece; // what the model makes of a character without a token
  TokenizerNames names;
  std::string chatTemplate; // text of the template; empty if the file has none
};

} // namespace longc
