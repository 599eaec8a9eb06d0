// Vocabulary, merges, added tokens and template to plain data.
#include "frontends/hf/ReadTokenizerJson.h"

#include "frontends/hf/ReadTokenizerSteps.h"
#include "runtime/core/Format.h"
#include "runtime/io/ConfigKeys.h"
#include "runtime/io/JsonFile.h"
#include "runtime/io/Limits.h"
#include "runtime/io/MappedFile.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

namespace longc {
namespace {

Status invalid(const std::string &what, const std::string &hint = "the tokenizer is damaged or of another model") {
  return Status::error(TokenizerInvalid, what, hint);
}

// A token's text under a key: text, or an object with its content.
std::string tokenAt(const JsonValue &config, std::string_view key) {
  const JsonValue *value = config.find(key);
  return value && value->object() ? textAt(*value, "content") : textAt(config, key);
}

class TokenizerReader {
public:
  // `config` is tokenizer_config.json.
  TokenizerReader(const JsonValue &json, const JsonValue &config, int64_t vocabulary, TokenizerSource &out)
      : json_(json), config_(config), vocabulary_(static_cast<size_t>(vocabulary)), out_(out) {}

  Status read() {
    const JsonValue *model = json_.find("model");
    if (!model || !model->object())
      return invalid("'model' is missing: expected an object");
    const std::string type = textAt(*model, "type");
    if (type != "BPE" && type != "WordPiece" && type != "Unigram")
      return invalid("tokenizer " + quoted(type) + " is not supported: expected 'BPE', 'WordPiece' or 'Unigram'",
                     "use a model with a tokenizer of these kinds");
    out_.model = type == "WordPiece" ? "bert" : type == "Unigram" ? "t5" : "";
    LONGC_TRY(type == "Unigram" ? readScoredTokens(*model) : readTokens(*model));
    LONGC_TRY(readAdded());
    LONGC_TRY(readNamed());
    LONGC_TRY(readUnknown(*model));
    LONGC_TRY(type == "BPE" ? readPairs(*model) : type == "WordPiece" ? readPieces(*model) : readUnigram(*model));
    LONGC_TRY(readTokenizerSteps(json_, out_));
    noteWhatIsNotApplied(*model);
    fillUp();
    return {};
  }

  // The id of a token, if there is one of this text; the least of several.
  std::optional<int32_t> idOf(const std::string &text) const {
    const auto found = ids_.find(text);
    if (text.empty() || found == ids_.end())
      return std::nullopt;
    return found->second;
  }

private:
  bool holds(int64_t id) const {
    return id >= 0 && static_cast<size_t>(id) < out_.types.size() && out_.types[static_cast<size_t>(id)] != TokenType::Unused;
  }

  void setText(size_t at, const std::string &text) {
    out_.tokens[at] = text;
    int32_t &id = ids_.emplace(text, static_cast<int32_t>(at)).first->second;
    id = std::min(id, static_cast<int32_t>(at));
  }

  Status place(const std::string &text, const JsonValue &id, TokenType type) {
    if (!id.integer() || *id.integer() < 0 || static_cast<size_t>(*id.integer()) >= vocabulary_)
      return invalid("token " + quoted(text) + ": expected an id below " + std::to_string(vocabulary_) +
                     ", the rows of the embedding table, found " + id.describe());
    auto at = static_cast<size_t>(*id.integer());
    if (at >= out_.tokens.size()) {
      out_.tokens.resize(at + 1);
      out_.types.resize(at + 1, TokenType::Unused);
    }
    if (out_.types[at] != TokenType::Unused && out_.tokens[at] != text)
      return invalid("tokens " + quoted(out_.tokens[at]) + " and " + quoted(text) + " have one id, " + std::to_string(at));
    setText(at, text);
    out_.types[at] = type;
    return {};
  }

  Status readTokens(const JsonValue &model) {
    const JsonValue *vocabulary = model.find("vocab");
    if (!vocabulary || !vocabulary->object())
      return invalid("'model.vocab' is missing: expected an object of ids");
    for (const JsonMember &token : *vocabulary->object())
      LONGC_TRY(place(token.name, token.value, TokenType::Normal));
    return {};
  }

  // [["text", score], …].
  Status readScoredTokens(const JsonValue &model) {
    const JsonValue *vocabulary = model.find("vocab");
    if (!vocabulary || !vocabulary->array())
      return invalid("'model.vocab' is missing: expected a list of texts and scores");
    for (const JsonValue &entry : *vocabulary->array()) {
      const JsonValue::Array *pair = entry.array();
      if (!pair || pair->size() != 2 || !(*pair)[0].text() || !(*pair)[1].isNumber())
        return invalid("'model.vocab': expected pairs of a text and a score, found " + entry.describe());
      LONGC_TRY(place(*(*pair)[0].text(), JsonValue(static_cast<int64_t>(out_.scores.size())), TokenType::Normal));
      out_.scores.push_back((*pair)[1].number());
    }
    return {};
  }

  Status readAdded() {
    const JsonValue *added = json_.find("added_tokens");
    if (!added || !added->array())
      return {};
    for (const JsonValue &token : *added->array()) {
      const JsonValue *id = token.find("id");
      if (!id)
        return invalid("an entry of 'added_tokens' has no id");
      LONGC_TRY(addToken(token, *id));
    }
    return {};
  }

  Status addToken(const JsonValue &token, const JsonValue &id) {
    const bool isPiece = id.integer() && holds(*id.integer()); // else no text is made of it
    LONGC_TRY(place(textAt(token, "content"), id, flagAt(token, "special", false) ? TokenType::Control : TokenType::UserDefined));
    AddedTokenSource flags{static_cast<int32_t>(*id.integer()), flagAt(token, "single_word", false), flagAt(token, "lstrip", false),
                           flagAt(token, "rstrip", false), flagAt(token, "normalized", false)};
    flags.isPiece = isPiece;
    if (flags.singleWord || flags.stripLeft || flags.stripRight || flags.normalized || !isPiece)
      out_.added.push_back(flags);
    return {};
  }

  // What the configuration adds, as transformers does: tokens that tokenizer.json does not have among its added ones, and tokens
  // of the vocabulary that it names.
  Status readNamed() {
    const JsonValue *list = config_.find("added_tokens_decoder");
    for (const JsonMember &member : list && list->object() ? *list->object() : JsonValue::Object()) {
      const std::string text = textAt(member.value, "content");
      int64_t id = -1;
      if (auto [end, error] = std::from_chars(member.name.data(), member.name.data() + member.name.size(), id);
          error != std::errc() || *end != '\0' || text.empty())
        return invalid("tokenizer_config.json: 'added_tokens_decoder': expected ids and their tokens, found " + quoted(member.name));
      if (!holds(id) || out_.tokens[static_cast<size_t>(id)] != text)
        id = idOf(text).value_or(static_cast<int32_t>(std::min<int64_t>(id, INT32_MAX)));
      if (!holds(id) || out_.types[static_cast<size_t>(id)] == TokenType::Normal)
        LONGC_TRY(addToken(member.value, JsonValue(id)));
    }
    for (const char *key : {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"})
      if (std::optional<int32_t> id = idOf(tokenAt(config_, key)); id && out_.types[static_cast<size_t>(*id)] == TokenType::Normal)
        out_.types[static_cast<size_t>(*id)] = TokenType::Control;
    return {};
  }

  // "a b", or ["a", "b"] as newer files have it.
  Status readMerges(const JsonValue &model) {
    const JsonValue *merges = model.find("merges");
    if (!merges || !merges->array())
      return invalid("'model.merges' is missing: expected a list");
    for (const JsonValue &merge : *merges->array()) {
      const JsonValue::Array *pair = merge.array();
      if (merge.text())
        out_.merges.push_back(*merge.text());
      else if (pair && pair->size() == 2 && (*pair)[0].text() && (*pair)[1].text())
        out_.merges.push_back(*(*pair)[0].text() + " " + *(*pair)[1].text());
      else
        return invalid("'model.merges': expected pairs of texts, found " + merge.describe());
    }
    return {};
  }

  // How characters become symbols, and what has no token.
  Status readPairs(const JsonValue &model) {
    for (const char *key : {"continuing_subword_prefix", "end_of_word_suffix"})
      if (!textAt(model, key).empty())
        return invalid("'model." + std::string(key) + "' is not supported");
    out_.byteFallback = flagAt(model, "byte_fallback", false);
    out_.fuseUnknown = flagAt(model, "fuse_unk", false);
    out_.ignoreMerges = flagAt(model, "ignore_merges", false);
    return readMerges(model);
  }

  Status readPieces(const JsonValue &model) {
    if (!out_.unknownPiece)
      return invalid("'model.unk_token' is missing: WordPiece needs one");
    if (const JsonValue *prefix = model.find("continuing_subword_prefix"); prefix && prefix->text())
      out_.continuing = *prefix->text();
    if (const JsonValue *longest = model.find("max_input_chars_per_word"); longest && longest->integer()) {
      if (*longest->integer() < 1 || *longest->integer() > INT32_MAX)
        return invalid("'model.max_input_chars_per_word': expected a number above 0, found " + longest->describe());
      out_.longestWord = static_cast<int32_t>(*longest->integer());
    }
    return {};
  }

  Status readUnigram(const JsonValue &model) {
    const JsonValue *unknown = model.find("unk_id");
    if (!unknown || !unknown->integer() || *unknown->integer() < 0 || static_cast<size_t>(*unknown->integer()) >= out_.scores.size())
      return invalid("'model.unk_id': expected the id of a token, which Unigram needs");
    out_.unknownPiece = static_cast<int32_t>(*unknown->integer());
    out_.byteFallback = flagAt(model, "byte_fallback", false);
    return {};
  }

  Status readUnknown(const JsonValue &model) {
    if (const std::string unknown = textAt(model, "unk_token"); !unknown.empty()) {
      out_.unknownPiece = idOf(unknown);
      if (!out_.unknownPiece)
        return invalid("'model.unk_token' " + quoted(unknown) + " is not in the vocabulary");
    }
    return {};
  }

  void noteWhatIsNotApplied(const JsonValue &model) {
    for (const char *key : {"truncation", "padding"})
      if (const JsonValue *value = json_.find(key); value && !value->isNull())
        out_.notes.push_back(std::string("'") + key + "' of tokenizer.json is not applied: texts are read whole");
    if (const JsonValue *dropout = model.find("dropout"); dropout && dropout->isNumber() && dropout->number() != 0)
      out_.notes.push_back("'model.dropout' of tokenizer.json is not applied: it makes tokens random, for training");
  }

  // Every row of the embedding table has a token, used or not.
  void fillUp() {
    out_.tokens.resize(vocabulary_);
    out_.types.resize(vocabulary_, TokenType::Unused);
    if (!out_.scores.empty())
      out_.scores.resize(vocabulary_);
    for (size_t id = 0; id < vocabulary_; ++id)
      if (out_.types[id] == TokenType::Unused)
        setText(id, "[PAD" + std::to_string(id) + "]");
  }

  const JsonValue &json_, &config_;
  size_t vocabulary_;
  TokenizerSource &out_;
  std::unordered_map<std::string, int32_t> ids_; // by text
};

// The main template: a text, or the entry called "default" of a list.
std::string templateOf(const JsonValue &config) {
  const JsonValue *value = config.find("chat_template");
  if (!value || !value->array())
    return textAt(config, "chat_template");
  for (const JsonValue &entry : *value->array())
    if (textAt(entry, "name") == "default")
      return textAt(entry, "template");
  return "";
}

Status readTemplate(const std::string &folder, const JsonValue &config, TokenizerSource &out) {
  const std::string path = folder + "/chat_template.jinja";
  out.chatTemplate = templateOf(config);
  if (fileExists(path)) {
    Result<MappedFile> file = MappedFile::open(path);
    if (!file.ok())
      return file.status();
    out.chatTemplate.assign(reinterpret_cast<const char *>(file->bytes().data()), file->bytes().size());
  }
  if (out.chatTemplate.size() > limits::chatTemplateBytes)
    return invalid("the chat template has " + std::to_string(out.chatTemplate.size()) + " bytes: expected at most " +
                   std::to_string(limits::chatTemplateBytes));
  return {};
}

// What the post-processor puts before a text and behind it.
struct Frame {
  std::vector<std::string> before, behind;
};

Frame frameOf(const JsonValue &json) {
  Frame frame;
  for (const JsonValue *step : tokenizerSteps(json, "post_processor", "processors")) {
    for (auto [key, side] : {std::pair("cls", &frame.before), std::pair("sep", &frame.behind)}) // BertProcessing, RobertaProcessing
      if (const JsonValue *pair = step->find(key); pair && pair->array() && !pair->array()->empty() && pair->array()->front().text())
        side->push_back(*pair->array()->front().text());
    const JsonValue *single = step->find("single"); // TemplateProcessing
    bool isBehind = false;
    for (const JsonValue &part : single && single->array() ? *single->array() : JsonValue::Array()) {
      isBehind |= part.find("Sequence") != nullptr;
      if (const JsonValue *special = part.find("SpecialToken"))
        (isBehind ? frame.behind : frame.before).push_back(textAt(*special, "id"));
    }
  }
  return frame;
}

// Reads one side of a frame: `id` is the token that the configuration names for it.
Status readSide(const TokenizerReader &reader, const std::vector<std::string> &tokens, const char *where, TokenizerSource &source,
                std::optional<int32_t> &id, bool &isAdded) {
  if (tokens.empty())
    return {};
  std::optional<int32_t> framing = reader.idOf(tokens.front());
  if (tokens.size() > 1 || !framing)
    return invalid("'post_processor' puts " + quoted(tokens.front()) + (framing ? " and more " : ", which the vocabulary lacks, ") +
                   where + " a text: expected one token");
  if (id && id != framing)
    source.notes.push_back("'post_processor' puts " + quoted(tokens.front()) + " " + where + " a text, and not " +
                           quoted(source.tokens[static_cast<size_t>(*id)]) + ", which tokenizer_config.json names");
  id = framing;
  isAdded = true;
  return {};
}

} // namespace

Result<TokenizerSource> readTokenizerFolder(const std::string &folder, int64_t vocabulary) {
  const std::string path = folder + "/tokenizer.json", configPath = folder + "/tokenizer_config.json";
  if (!fileExists(path))
    return Status::error(TokenizerInvalid, "'" + path + "' is missing",
                         "save the tokenizer beside the model: AutoTokenizer.from_pretrained(...).save_pretrained(folder)");
  Result<JsonValue> json = readJsonFile(path);
  if (!json.ok())
    return json.status();
  Result<JsonValue> config = fileExists(configPath) ? readJsonFile(configPath) : Result<JsonValue>(JsonValue(JsonValue::Object()));
  if (!config.ok())
    return config.status();
  TokenizerSource source;
  TokenizerReader reader(*json, *config, vocabulary, source);
  if (Status status = reader.read(); !status.ok())
    return inFile(path, status);
  LONGC_TRY(readTemplate(folder, *config, source));
  source.bosId = reader.idOf(tokenAt(*config, "bos_token"));
  source.eosId = reader.idOf(tokenAt(*config, "eos_token"));
  source.unknownId = reader.idOf(tokenAt(*config, "unk_token"));
  source.paddingId = reader.idOf(tokenAt(*config, "pad_token"));
  addEndTokens(source, source.eosId ? std::vector<int32_t>{*source.eosId} : std::vector<int32_t>());
  Frame frame = frameOf(*json); // 'add_bos_token' of tokenizer_config.json has no effect beside tokenizer.json, in transformers 5.17 neither
  Status status = readSide(reader, frame.before, "before", source, source.bosId, source.addBos);
  if (status.ok())
    status = readSide(reader, frame.behind, "behind", source, source.eosId, source.addEos);
  if (!status.ok())
    return inFile(path, status);
  return source;
}

void addEndTokens(TokenizerSource &tokenizer, const std::vector<int32_t> &ids) {
  tokenizer.stopIds.insert(tokenizer.stopIds.end(), ids.begin(), ids.end());
  std::sort(tokenizer.stopIds.begin(), tokenizer.stopIds.end());
  tokenizer.stopIds.erase(std::unique(tokenizer.stopIds.begin(), tokenizer.stopIds.end()), tokenizer.stopIds.end());
}

} // namespace longc
