// tokenizer.* keys of a GGUF file to plain data.
#include "frontends/gguf/ReadTokenizer.h"

#include "frontends/StepKinds.h"
#include "frontends/gguf/EndTokens.h"
#include "frontends/gguf/ReadPieces.h"
#include "frontends/gguf/SplittingRules.h"
#include "frontends/gguf/TokenizerKeys.h"
#include "runtime/io/Limits.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <array>

namespace longc {
namespace {

const char *const endIdsKey = "tokenizer.ggml.eos_token_ids"; // where several tokens end a reply

constexpr std::array<std::string_view, 16> knownKeys = {
    "tokenizer.chat_template",         "tokenizer.chat_templates", // names of further ones
    "tokenizer.ggml.add_bos_token",    "tokenizer.ggml.add_eos_token",
    "tokenizer.ggml.add_sep_token", // it parts two texts, and we read one
    "tokenizer.ggml.add_space_prefix", "tokenizer.ggml.eos_token_ids", "tokenizer.ggml.merges",
    "tokenizer.ggml.model",            "tokenizer.ggml.normalizer.lowercase", "tokenizer.ggml.normalizer.strip_accents",
    "tokenizer.ggml.pre",              "tokenizer.ggml.precompiled_charsmap", "tokenizer.ggml.remove_extra_whitespaces",
    "tokenizer.ggml.token_type",       "tokenizer.ggml.tokens",
};

// Of other kinds of tokenizers, or another form of the same; some tools write them anyway.
constexpr std::array<std::string_view, 4> keysWithoutEffect = {
    "tokenizer.ggml.scores",
    "tokenizer.ggml.token_type_count",
    "tokenizer.huggingface.json",
    "tokenizer.rwkv.world",
};

template <size_t size> bool isAmong(const std::array<std::string_view, size> &names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The id of a token changes nothing by itself: no text is encoded to it but one that has it.
bool namesToken(std::string_view key) { return key.starts_with("tokenizer.ggml.") && key.ends_with("_token_id"); }

// Further templates: only the main one is used.
bool isNamedTemplate(std::string_view key) { return key.starts_with("tokenizer.chat_template."); }

Status checkKeys(const GgufFile &file) {
  for (const GgufValue &value : file.values())
    if (value.key.starts_with("tokenizer.") && !isAmong(knownKeys, value.key) &&
        !isAmong(keysWithoutEffect, value.key) && !namesToken(value.key) && !isNamedTemplate(value.key))
      return Status::error(TokenizerInvalid, "key " + quoted(value.key) + " is not known: it may change the tokens",
                           "remove the key if the model does not need it");
  return {};
}

// Steps of WordPiece: with another kind they would change texts as nothing here does.
Status checkSteps(const GgufFile &file, std::string_view model) {
  for (const char *key : {"tokenizer.ggml.normalizer.lowercase", "tokenizer.ggml.normalizer.strip_accents"}) {
    bool applied = false;
    LONGC_TRY(readFlag(file, key, applied));
    if (applied && model != "bert")
      return Status::error(TokenizerInvalid, "key " + quoted(key) + ": expected false for a tokenizer " + quoted(model) + ", found true",
                           "remove the key if the model does not need it");
  }
  return {};
}

Status readEndIds(const GgufFile &file, size_t tokens, std::vector<int32_t> &ids) {
  if (!file.find(endIdsKey))
    return {};
  Result<std::vector<int64_t>> values = file.integerArray(endIdsKey);
  if (!values.ok())
    return values.status();
  for (int64_t id : *values) {
    if (id < 0 || id >= static_cast<int64_t>(tokens))
      return Status::error(TokenizerInvalid,
                           std::string("key '") + endIdsKey + "': expected ids below " + std::to_string(tokens) +
                               ", the number of tokens; the file has " + std::to_string(id),
                           "the tokenizer metadata is damaged");
    ids.push_back(static_cast<int32_t>(id));
  }
  return {};
}

Result<std::vector<std::string>> readStrings(const GgufFile &file, const char *key) {
  Result<std::vector<std::string_view>> views = file.stringArray(key);
  if (!views.ok())
    return views.status();
  return std::vector<std::string>(views->begin(), views->end());
}

// Without types, special tokens are told by the keys that name them, or by brackets around a text that no merge makes:
// whatever the merges do not make was added to the vocabulary.
void guessTypes(const GgufFile &file, TokenizerSource &source) {
  for (const GgufValue &value : file.values())
    if (namesToken(value.key))
      if (Result<uint64_t> id = file.unsignedValue(value.key); id.ok() && *id < source.types.size())
        source.types[*id] = TokenType::Control;
  std::vector<std::string> made;
  for (const std::string &merge : source.merges)
    if (size_t space = merge.find(' '); space != std::string::npos)
      made.push_back(std::string(merge).erase(space, 1));
  std::sort(made.begin(), made.end());
  for (size_t id = 0; id < source.tokens.size(); ++id) {
    const std::string &text = source.tokens[id];
    bool bracketed = text.size() > 2 && ((text.front() == '<' && text.back() == '>') ||
                                         (text.front() == '[' && text.back() == ']'));
    if (bracketed && !std::binary_search(made.begin(), made.end(), text))
      source.types[id] = TokenType::Control;
  }
  auto special = std::find(source.types.begin(), source.types.end(), TokenType::Control);
  auto count = std::count(special, source.types.end(), TokenType::Control);
  std::string example =
      count ? ", such as " + quoted(source.tokens[static_cast<size_t>(special - source.types.begin())]) : "";
  source.notes.push_back("key 'tokenizer.ggml.token_type' is missing: " + std::to_string(count) +
                         " tokens are taken for special ones by their look and the keys that name them" + example);
}

Status readTypes(const GgufFile &file, TokenizerSource &source) {
  const char *key = "tokenizer.ggml.token_type";
  source.types.assign(source.tokens.size(), TokenType::Normal);
  if (!file.find(key)) {
    guessTypes(file, source);
    return {};
  }
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

Status readScores(const GgufFile &file, TokenizerSource &source) {
  Result<std::vector<double>> scores = file.floatArray("tokenizer.ggml.scores");
  if (!scores.ok())
    return scores.status();
  if (scores->size() != source.tokens.size())
    return Status::error(TokenizerInvalid, "key 'tokenizer.ggml.scores': expected " + std::to_string(source.tokens.size()) +
                                               " scores, one a token, found " + std::to_string(scores->size()));
  source.scores.assign(scores->begin(), scores->end());
  return {};
}

Status readVocabulary(const GgufFile &file, int64_t vocabSize, TokenizerSource &source) {
  Result<std::vector<std::string>> tokens = readStrings(file, "tokenizer.ggml.tokens");
  if (!tokens.ok())
    return tokens.status();
  source.tokens = std::move(*tokens);
  if (static_cast<int64_t>(source.tokens.size()) != vocabSize)
    return Status::error(TokenizerInvalid, "key 'tokenizer.ggml.tokens': expected " + std::to_string(vocabSize) +
                                               " tokens, one a row of the embedding table, found " +
                                               std::to_string(source.tokens.size()),
                         "the tokenizer is of another model");
  if (source.model == "llama" || source.model == "t5") {
    LONGC_TRY(readScores(file, source));
  } else if (source.model == "gpt2") {
    Result<std::vector<std::string>> merges = readStrings(file, "tokenizer.ggml.merges");
    if (!merges.ok())
      return merges.status();
    source.merges = std::move(*merges);
  }
  return readTypes(file, source);
}

// Whether texts begin with `id`, end with it: where they do, there must be one.
Status readAdded(const GgufFile &file, const char *flagKey, const char *idKey, std::optional<int32_t> id, bool &flag) {
  LONGC_TRY(readFlag(file, flagKey, flag));
  if (flag && !id)
    return Status::error(KeyMissing, std::string("key '") + idKey + "' is missing: '" + flagKey +
                                         "' adds this token to every text",
                         "the file lacks metadata this model needs");
  return {};
}

// BPE on characters writes spaces as U+2581, and one before a text unless the file says otherwise.
Status readSpacePrefix(const GgufFile &file, TokenizerSource &source) {
  bool addSpacePrefix = source.model == "llama";
  LONGC_TRY(readFlag(file, "tokenizer.ggml.add_space_prefix", addSpacePrefix));
  if (source.model == "llama") {
    source.normalizer.push_back({step_kinds::replace, " ", step_kinds::writtenSpace});
    if (addSpacePrefix)
      source.normalizer.push_back({step_kinds::prepend, "", step_kinds::writtenSpace});
    source.stripFirstSpace = addSpacePrefix;
  } else if (source.model == "gpt2" && addSpacePrefix) {
    source.notes.emplace_back("key 'tokenizer.ggml.add_space_prefix' has no effect on byte-level BPE: no space is added");
  }
  return {};
}

Status readSpecials(const GgufFile &file, TokenizerSource &source) {
  const size_t count = source.tokens.size();
  const char *bosKey = "tokenizer.ggml.bos_token_id", *eosKey = "tokenizer.ggml.eos_token_id";
  std::optional<int32_t> endOfTurn, endOfMessage;
  LONGC_TRY(readTokenId(file, bosKey, count, source.bosId));
  LONGC_TRY(readTokenId(file, eosKey, count, source.eosId));
  LONGC_TRY(readTokenId(file, "tokenizer.ggml.eot_token_id", count, endOfTurn));
  LONGC_TRY(readTokenId(file, "tokenizer.ggml.eom_token_id", count, endOfMessage));
  LONGC_TRY(readTokenId(file, "tokenizer.ggml.unknown_token_id", count, source.unknownId));
  LONGC_TRY(readTokenId(file, "tokenizer.ggml.padding_token_id", count, source.paddingId));
  std::vector<int32_t> named;
  LONGC_TRY(readEndIds(file, count, named));
  if (!source.eosId && !named.empty())
    source.eosId = named.front();
  for (std::optional<int32_t> id : {source.eosId, endOfTurn, endOfMessage})
    if (id)
      named.push_back(*id);
  if (source.model == "llama")
    source.unknownPiece = source.unknownId;
  if (source.model == "bert")
    return readWordPieces(file, source);
  if (source.model == "t5")
    LONGC_TRY(readUnigram(file, source));
  source.stopIds = endTokens(source.tokens, source.types, std::move(named));
  source.addBos = source.bosId && (source.model != "gpt2" || source.addBos);
  source.addEos = source.eosId && (source.model == "t5" || source.addEos);
  LONGC_TRY(readAdded(file, "tokenizer.ggml.add_bos_token", bosKey, source.bosId, source.addBos));
  LONGC_TRY(readAdded(file, "tokenizer.ggml.add_eos_token", eosKey, source.eosId, source.addEos));
  return source.model == "t5" ? Status() : readSpacePrefix(file, source);
}

Status readTemplate(const GgufFile &file, TokenizerSource &source) {
  if (!file.find("tokenizer.chat_template"))
    return {};
  Result<std::string_view> text = file.stringValue("tokenizer.chat_template");
  if (!text.ok())
    return text.status();
  if (text->size() > limits::chatTemplateBytes)
    return Status::error(GgufOverLimit, "key 'tokenizer.chat_template': expected at most " +
                                            std::to_string(limits::chatTemplateBytes) + " bytes, the file has " +
                                            std::to_string(text->size()),
                         "the file is damaged");
  source.chatTemplate = *text;
  return {};
}

// The rule that cuts text into words.
Status readRule(const GgufFile &file, TokenizerSource &source) {
  if (source.model != "gpt2") {
    source.pre = source.model == "llama" ? "whole" : source.model == "bert" ? "bert" : "each-space";
    source.byteFallback = source.model == "llama";
    return {};
  }
  Result<std::string_view> pre = file.stringValue("tokenizer.ggml.pre");
  if (!pre.ok())
    return pre.status();
  applySplittingRule(*pre, source);
  return {};
}

} // namespace

Status readFlag(const GgufFile &file, const char *key, bool &flag) {
  if (!file.find(key))
    return {};
  Result<bool> value = file.boolValue(key);
  if (!value.ok())
    return value.status();
  flag = *value;
  return {};
}

Status readTokenId(const GgufFile &file, const char *key, size_t tokens, std::optional<int32_t> &id) {
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

Result<TokenizerSource> readTokenizerSource(const GgufFile &file, int64_t vocabSize) {
  LONGC_TRY(checkKeys(file));
  Result<std::string_view> model = file.stringValue("tokenizer.ggml.model");
  if (!model.ok())
    return model.status();
  constexpr std::array<std::string_view, 4> models = {"bert", "gpt2", "llama", "t5"};
  if (!isAmong(models, *model))
    return Status::error(TokenizerInvalid,
                         "tokenizer " + quoted(*model) + " is not supported: expected 'gpt2' (byte-level BPE), 'llama' (BPE of SentencePiece), "
                                                         "'bert' (WordPiece) or 't5' (Unigram)",
                         "use a model with a tokenizer of these kinds");
  LONGC_TRY(checkSteps(file, *model));
  TokenizerSource source;
  source.model = *model;
  LONGC_TRY(readRule(file, source));
  LONGC_TRY(readVocabulary(file, vocabSize, source));
  LONGC_TRY(readSpecials(file, source));
  LONGC_TRY(readTemplate(file, source));
  return source;
}

} // namespace longc
