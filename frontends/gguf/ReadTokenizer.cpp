// tokenizer.* keys of a GGUF file to plain data.
#include "frontends/gguf/ReadTokenizer.h"

#include "runtime/io/Limits.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <array>

namespace longc {
namespace {

// Everything a byte-level BPE file may say. `scores` belongs to another kind of tokenizer but is written by some tools.
constexpr std::array<std::string_view, 17> knownKeys = {
    "tokenizer.chat_template",           "tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_eos_token",
    "tokenizer.ggml.add_space_prefix",   "tokenizer.ggml.bos_token_id",  "tokenizer.ggml.eos_token_id",
    "tokenizer.ggml.eot_token_id",       "tokenizer.ggml.merges",        "tokenizer.ggml.model",
    "tokenizer.ggml.padding_token_id",   "tokenizer.ggml.pre",           "tokenizer.ggml.scores",
    "tokenizer.ggml.seperator_token_id", // the spelling files have
    "tokenizer.ggml.separator_token_id", // the spelling of the specification
    "tokenizer.ggml.token_type",         "tokenizer.ggml.tokens",        "tokenizer.ggml.unknown_token_id",
};

Status readFlag(const GgufFile &file, const char *key, bool &flag) {
  if (!file.find(key))
    return {};
  Result<bool> value = file.boolValue(key);
  if (!value.ok())
    return value.status();
  flag = *value;
  return {};
}

Status readId(const GgufFile &file, const char *key, size_t tokens, std::optional<int32_t> &id) {
  if (!file.find(key))
    return {};
  Result<uint64_t> value = file.unsignedValue(key);
  if (!value.ok())
    return value.status();
  if (*value >= tokens)
    return Status::error(TokenizerInvalid,
                         "key " + quoted(key) + ": expected an id below " + std::to_string(tokens) +
                             ", the number of tokens; the file has " + std::to_string(*value),
                         "the tokenizer metadata is damaged");
  id = static_cast<int32_t>(*value);
  return {};
}

Result<std::vector<std::string>> readStrings(const GgufFile &file, const char *key) {
  Result<std::vector<std::string_view>> views = file.stringArray(key);
  if (!views.ok())
    return views.status();
  return std::vector<std::string>(views->begin(), views->end());
}

Status readTypes(const GgufFile &file, TokenizerSource &source) {
  const char *key = "tokenizer.ggml.token_type";
  source.types.assign(source.tokens.size(), TokenType::Normal);
  if (!file.find(key))
    return {};
  Result<std::vector<int64_t>> types = file.integerArray(key);
  if (!types.ok())
    return types.status();
  if (types->size() != source.tokens.size())
    return Status::error(TokenizerInvalid, "key " + quoted(key) + ": expected " + std::to_string(source.tokens.size()) +
                                               " types, one a token, found " + std::to_string(types->size()));
  for (size_t i = 0; i < types->size(); ++i) {
    int64_t type = (*types)[i];
    if (type < static_cast<int64_t>(TokenType::Normal) || type > static_cast<int64_t>(TokenType::Byte))
      return Status::error(TokenizerInvalid, "key " + quoted(key) + ": expected types from 1 to 6, token " +
                                                 std::to_string(i) + " has " + std::to_string(type));
    source.types[i] = static_cast<TokenType>(type);
  }
  return {};
}

} // namespace

Result<TokenizerSource> readTokenizerSource(const GgufFile &file, int64_t vocabSize) {
  for (const GgufValue &value : file.values())
    if (value.key.starts_with("tokenizer.") &&
        std::find(knownKeys.begin(), knownKeys.end(), value.key) == knownKeys.end() &&
        !value.key.starts_with("tokenizer.chat_template.")) // further named templates: only the main one is used
      return Status::error(TokenizerInvalid, "key " + quoted(value.key) + " is not known: it may change the tokens",
                           "remove the key if the model does not need it");

  Result<std::string_view> model = file.stringValue("tokenizer.ggml.model");
  if (!model.ok())
    return model.status();
  if (*model != "gpt2")
    return Status::error(TokenizerInvalid,
                         "tokenizer " + quoted(*model) + " is not supported: expected 'gpt2' (byte-level BPE)",
                         "use a model with a byte-level BPE tokenizer");

  TokenizerSource source;
  Result<std::string_view> pre = file.stringValue("tokenizer.ggml.pre");
  if (!pre.ok())
    return pre.status();
  source.pre = *pre;

  Result<std::vector<std::string>> tokens = readStrings(file, "tokenizer.ggml.tokens");
  if (!tokens.ok())
    return tokens.status();
  source.tokens = std::move(*tokens);
  if (static_cast<int64_t>(source.tokens.size()) != vocabSize)
    return Status::error(TokenizerInvalid, "key 'tokenizer.ggml.tokens': expected " + std::to_string(vocabSize) +
                                               " tokens, one a row of the embedding table, found " +
                                               std::to_string(source.tokens.size()));
  LONGC_TRY(readTypes(file, source));
  Result<std::vector<std::string>> merges = readStrings(file, "tokenizer.ggml.merges");
  if (!merges.ok())
    return merges.status();
  source.merges = std::move(*merges);

  const size_t count = source.tokens.size();
  LONGC_TRY(readId(file, "tokenizer.ggml.bos_token_id", count, source.bosId));
  LONGC_TRY(readId(file, "tokenizer.ggml.eos_token_id", count, source.eosId));
  LONGC_TRY(readId(file, "tokenizer.ggml.eot_token_id", count, source.eotId));
  LONGC_TRY(readId(file, "tokenizer.ggml.unknown_token_id", count, source.unknownId));
  LONGC_TRY(readId(file, "tokenizer.ggml.padding_token_id", count, source.paddingId));
  LONGC_TRY(readFlag(file, "tokenizer.ggml.add_bos_token", source.addBos));
  LONGC_TRY(readFlag(file, "tokenizer.ggml.add_eos_token", source.addEos));
  LONGC_TRY(readFlag(file, "tokenizer.ggml.add_space_prefix", source.addSpacePrefix));

  if (file.find("tokenizer.chat_template")) {
    Result<std::string_view> text = file.stringValue("tokenizer.chat_template");
    if (!text.ok())
      return text.status();
    if (text->size() > limits::chatTemplateBytes)
      return Status::error(GgufOverLimit, "key 'tokenizer.chat_template': expected at most " +
                                              std::to_string(limits::chatTemplateBytes) + " bytes, the file has " +
                                              std::to_string(text->size()));
    source.chatTemplate = *text;
  }
  return source;
}

} // namespace longc
