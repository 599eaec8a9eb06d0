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

struct TokenizerSource {
  std::string pre;                 // name of the splitting rule, e.g. "smollm"
  std::vector<std::string> tokens; // by id, in the byte alphabet of byte-level BPE
  std::vector<TokenType> types;    // one a token
  std::vector<std::string> merges; // "left right", best first
  std::vector<int32_t> stopIds;    // whatever ends a turn or a text, ascending
  std::vector<std::string> notes;  // what was not as it should be, and how it was read
  std::optional<int32_t> bosId, eosId, eotId, unknownId, paddingId;
  bool addBos = false, addEos = false, addSpacePrefix = false;
  TokenizerNames names;
  std::string chatTemplate; // text of the template; empty if the file has none
};

} // namespace longc
