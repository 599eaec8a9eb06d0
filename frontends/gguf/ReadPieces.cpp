// WordPiece: words begin with U+2581 in the file, where vocab.txt has their later pieces begin with "##". Unigram: SentencePiece's steps.
#include "frontends/gguf/ReadPieces.h"

#include "frontends/StepKinds.h"
#include "frontends/gguf/TokenizerKeys.h"
#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace longc {
namespace {

using namespace step_kinds;

std::optional<int32_t> idOf(const TokenizerSource &source, std::string_view text) {
  const auto found = std::find(source.tokens.begin(), source.tokens.end(), text);
  if (found == source.tokens.end())
    return std::nullopt;
  return static_cast<int32_t>(found - source.tokens.begin());
}

// The first of some keys that stands in the file, else a token by its text.
Status readNamed(const GgufFile &file, std::initializer_list<const char *> keys, std::string_view text, const TokenizerSource &source,
                 std::optional<int32_t> &id) {
  for (const char *key : keys)
    if (file.find(key))
      return readTokenId(file, key, source.tokens.size(), id);
  id = idOf(source, text);
  if (id)
    return {};
  return Status::error(KeyMissing, std::string("key '") + *keys.begin() + "' is missing, and no token is called " + quoted(std::string(text)),
                       "the file lacks metadata this model needs");
}

bool isBracketed(std::string_view text) { return text.size() > 2 && text.starts_with('[') && text.ends_with(']'); }

// A word of the vocabulary that begins with a capital letter: texts are not put into lower case.
bool hasCapitals(const TokenizerSource &source) {
  return std::any_of(source.tokens.begin(), source.tokens.end(), [](std::string_view text) {
    return text.starts_with(writtenSpace) && text.size() > 3 && text[3] >= 'A' && text[3] <= 'Z';
  });
}

} // namespace

Status readWordPieces(const GgufFile &file, TokenizerSource &source) {
  const char *lowerKey = "tokenizer.ggml.normalizer.lowercase", *marksKey = "tokenizer.ggml.normalizer.strip_accents";
  bool lower = !hasCapitals(source);
  LONGC_TRY(readFlag(file, lowerKey, lower));
  bool strips = lower;
  LONGC_TRY(readFlag(file, marksKey, strips));
  if (!file.find(lowerKey))
    source.notes.push_back(std::string("the file does not say whether texts are put into lower case: ") +
                           (lower ? "they are, as no word has a capital letter" : "they are not, as words have capital letters"));
  for (size_t id = 0; id < source.tokens.size(); ++id) {
    std::string &text = source.tokens[id];
    if (text.starts_with(writtenSpace) && text != writtenSpace) // that alone is the character itself, within a word
      text.erase(0, std::string_view(writtenSpace).size());
    else if (source.types[id] == TokenType::Normal && !isBracketed(text))
      text.insert(0, source.continuing);
  }
  source.normalizer.push_back({clean, "", ""});
  source.normalizer.push_back({ideographsApart, "", ""});
  if (strips) {
    source.normalizer.push_back({normalForm + 1, "", ""});
    source.normalizer.push_back({stripNonspacing, "", ""});
  }
  if (lower)
    source.normalizer.push_back({lowercase, "", ""});
  source.cleansUp = true;
  LONGC_TRY(readNamed(file, {"tokenizer.ggml.unknown_token_id"}, "[UNK]", source, source.unknownPiece));
  LONGC_TRY(readNamed(file, {"tokenizer.ggml.cls_token_id", "tokenizer.ggml.bos_token_id"}, "[CLS]", source, source.bosId));
  LONGC_TRY(readNamed(file, {"tokenizer.ggml.seperator_token_id", "tokenizer.ggml.separator_token_id", "tokenizer.ggml.eos_token_id"}, "[SEP]",
                      source, source.eosId));
  source.addBos = source.addEos = true;
  for (const char *key : {"tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_eos_token"}) {
    bool added = true;
    LONGC_TRY(readFlag(file, key, added));
    if (!added)
      source.notes.push_back("key " + quoted(key) + " has no effect on WordPiece: texts stand between [CLS] and [SEP]");
  }
  source.unknownId = source.unknownPiece;
  if (!source.paddingId)
    source.paddingId = idOf(source, "[PAD]");
  return {};
}

Status readUnigram(const GgufFile &file, TokenizerSource &source) {
  const char *mapKey = "tokenizer.ggml.precompiled_charsmap";
  bool prefix = true, single = false;
  LONGC_TRY(readFlag(file, "tokenizer.ggml.add_space_prefix", prefix));
  LONGC_TRY(readFlag(file, "tokenizer.ggml.remove_extra_whitespaces", single));
  if (file.find(mapKey)) {
    Result<std::vector<int64_t>> bytes = file.integerArray(mapKey);
    if (!bytes.ok())
      return bytes.status();
    std::string table;
    for (int64_t byte : *bytes)
      table.push_back(static_cast<char>(byte));
    if (!table.empty())
      source.normalizer.push_back({map, "", std::move(table)});
  }
  if (single) {
    source.normalizer.push_back({stripRight, "", ""});
    source.normalizer.push_back({replacePattern, " {2,}", writtenSpace});
  }
  source.wordSteps.push_back({replace, " ", writtenSpace});
  if (prefix)
    source.wordSteps.push_back({prependUnlessThere, "", writtenSpace});
  source.stripFirstSpace = prefix;
  LONGC_TRY(readNamed(file, {"tokenizer.ggml.unknown_token_id"}, "<unk>", source, source.unknownPiece));
  for (auto [flagKey, idKey, text, id] : {std::tuple("tokenizer.ggml.add_bos_token", "tokenizer.ggml.bos_token_id", "<s>", &source.bosId),
                                          std::tuple("tokenizer.ggml.add_eos_token", "tokenizer.ggml.eos_token_id", "</s>", &source.eosId)}) {
    bool added = true;
    LONGC_TRY(readFlag(file, flagKey, added));
    if (added && !*id)
      LONGC_TRY(readNamed(file, {idKey}, text, source, *id));
  }
  source.byteFallback = std::find(source.types.begin(), source.types.end(), TokenType::Byte) != source.types.end();
  for (size_t id = 0; id < source.tokens.size(); ++id) // what no text is made of counts for no character without a token
    if (source.types[id] == TokenType::Unused)
      source.scores[id] = 0;
  return {};
}

} // namespace longc
