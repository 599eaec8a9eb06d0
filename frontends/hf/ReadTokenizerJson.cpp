// Vocabulary, merges, added tokens and template to plain data.
#include "frontends/hf/ReadTokenizerJson.h"

#include "frontends/hf/ConfigKeys.h"
#include "runtime/core/Format.h"
#include "runtime/io/JsonFile.h"
#include "runtime/io/Limits.h"
#include "runtime/io/MappedFile.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <unistd.h>

namespace longc {
namespace {

bool exists(const std::string &path) { return ::access(path.c_str(), F_OK) == 0; }

Status invalid(const std::string &what, const std::string &hint = "the tokenizer is damaged or of another model") {
  return Status::error(TokenizerInvalid, what, hint);
}

std::string textAt(const JsonValue &object, std::string_view key) {
  const JsonValue *value = object.find(key);
  return value && value->text() ? *value->text() : "";
}

bool flagAt(const JsonValue &object, std::string_view key, bool otherwise) {
  const JsonValue *value = object.find(key);
  return value && value->boolean() ? *value->boolean() : otherwise;
}

class TokenizerReader {
public:
  TokenizerReader(const JsonValue &json, int64_t vocabulary, TokenizerSource &out)
      : json_(json), vocabulary_(static_cast<size_t>(vocabulary)), out_(out) {}

  Status read() {
    const JsonValue *model = json_.find("model");
    if (!model || !model->object())
      return invalid("'model' is missing: expected an object");
    if (std::string type = textAt(*model, "type"); type != "BPE")
      return invalid("tokenizer " + quoted(type) + " is not supported: expected 'BPE' on bytes",
                     "use a model with a byte-level BPE tokenizer");
    LONGC_TRY(readTokens(*model));
    LONGC_TRY(readAdded());
    LONGC_TRY(readMerges(*model));
    LONGC_TRY(readSplitting());
    for (const char *key : {"truncation", "padding"})
      if (const JsonValue *value = json_.find(key); value && !value->isNull())
        out_.notes.push_back(std::string("'") + key + "' of tokenizer.json is not applied: texts are read whole");
    fillUp();
    return {};
  }

  // The id of a token, if there is one of this text.
  std::optional<int32_t> idOf(const std::string &text) const {
    auto found = std::find(out_.tokens.begin(), out_.tokens.end(), text);
    if (text.empty() || found == out_.tokens.end())
      return std::nullopt;
    return static_cast<int32_t>(found - out_.tokens.begin());
  }

private:
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
    out_.tokens[at] = text;
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

  Status readAdded() {
    const JsonValue *added = json_.find("added_tokens");
    if (!added || !added->array())
      return {};
    for (const JsonValue &token : *added->array()) {
      const JsonValue *id = token.find("id");
      if (!id)
        return invalid("an entry of 'added_tokens' has no id");
      for (const char *key : {"lstrip", "rstrip", "single_word"})
        if (flagAt(token, key, false))
          return invalid("added token " + quoted(textAt(token, "content")) + ": '" + key + "' is not supported");
      LONGC_TRY(place(textAt(token, "content"), *id,
                      flagAt(token, "special", false) ? TokenType::Control : TokenType::UserDefined));
    }
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

  // The rule that cuts text into words, by the name that our tokenizer knows it by.
  Status readSplitting() {
    const JsonValue *normalizer = json_.find("normalizer");
    if (normalizer && !normalizer->isNull())
      return invalid("normalizer " + quoted(textAt(*normalizer, "type")) + " is not supported");
    const JsonValue *rule = json_.find("pre_tokenizer");
    JsonValue::Array one;
    if (rule && rule->object() && textAt(*rule, "type") != "Sequence")
      one.push_back(*rule);
    const JsonValue *list = rule ? rule->find("pretokenizers") : nullptr;
    const JsonValue::Array &steps = list && list->array() ? *list->array() : one;
    std::string names;
    for (const JsonValue &step : steps)
      names += (names.empty() ? "" : ", ") + textAt(step, "type");
    const bool bytes = !steps.empty() && textAt(steps.back(), "type") == "ByteLevel" &&
                       flagAt(steps.back(), "use_regex", true) && !flagAt(steps.back(), "add_prefix_space", true);
    if (bytes && steps.size() == 1)
      out_.pre = "gpt-2";
    else if (bytes && steps.size() == 2 && textAt(steps[0], "type") == "Digits" && flagAt(steps[0], "individual_digits", false))
      out_.pre = "smollm";
    else
      return invalid("pre-tokenizer " + quoted(names) + " is not supported: expected 'ByteLevel', or 'Digits' and 'ByteLevel'");
    return {};
  }

  // Every row of the embedding table has a token, used or not.
  void fillUp() {
    out_.tokens.resize(vocabulary_);
    out_.types.resize(vocabulary_, TokenType::Unused);
    for (size_t id = 0; id < vocabulary_; ++id)
      if (out_.types[id] == TokenType::Unused)
        out_.tokens[id] = "[PAD" + std::to_string(id) + "]";
  }

  const JsonValue &json_;
  size_t vocabulary_;
  TokenizerSource &out_;
};

// A token's text under a key: text, or an object with its content.
std::string tokenAt(const JsonValue &config, std::string_view key) {
  const JsonValue *value = config.find(key);
  return value && value->object() ? textAt(*value, "content") : textAt(config, key);
}

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
  if (exists(path)) {
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

// Whether a template of the post-processor puts the token before a text.
bool beginsWith(const JsonValue &json, const std::string &token) {
  const JsonValue *processor = json.find("post_processor");
  const JsonValue *several = processor ? processor->find("processors") : nullptr;
  JsonValue::Array one;
  if (processor && !several)
    one.push_back(*processor);
  for (const JsonValue &step : several && several->array() ? *several->array() : one) {
    const JsonValue *single = step.find("single");
    if (!single || !single->array() || single->array()->empty())
      continue;
    const JsonValue *special = single->array()->front().find("SpecialToken");
    if (special && textAt(*special, "id") == token)
      return true;
  }
  return false;
}

} // namespace

Result<TokenizerSource> readTokenizerFolder(const std::string &folder, int64_t vocabulary) {
  const std::string path = folder + "/tokenizer.json", configPath = folder + "/tokenizer_config.json";
  if (!exists(path))
    return Status::error(TokenizerInvalid, "'" + path + "' is missing",
                         "save the tokenizer beside the model: AutoTokenizer.from_pretrained(...).save_pretrained(folder)");
  Result<JsonValue> json = readJsonFile(path);
  if (!json.ok())
    return json.status();
  Result<JsonValue> config = exists(configPath) ? readJsonFile(configPath) : Result<JsonValue>(JsonValue(JsonValue::Object()));
  if (!config.ok())
    return config.status();
  TokenizerSource source;
  TokenizerReader reader(*json, vocabulary, source);
  if (Status status = reader.read(); !status.ok())
    return Status::error(status.code(), path + ": " + status.message(), status.hint());
  LONGC_TRY(readTemplate(folder, *config, source));
  const std::string bos = tokenAt(*config, "bos_token");
  source.bosId = reader.idOf(bos);
  source.eosId = reader.idOf(tokenAt(*config, "eos_token"));
  source.unknownId = reader.idOf(tokenAt(*config, "unk_token"));
  source.paddingId = reader.idOf(tokenAt(*config, "pad_token"));
  source.addBos = source.bosId.has_value() && beginsWith(*json, bos);
  addEndTokens(source, source.eosId ? std::vector<int32_t>{*source.eosId} : std::vector<int32_t>());
  return source;
}

void addEndTokens(TokenizerSource &tokenizer, const std::vector<int32_t> &ids) {
  tokenizer.stopIds.insert(tokenizer.stopIds.end(), ids.begin(), ids.end());
  std::sort(tokenizer.stopIds.begin(), tokenizer.stopIds.end());
  tokenizer.stopIds.erase(std::unique(tokenizer.stopIds.begin(), tokenizer.stopIds.end()), tokenizer.stopIds.end());
}

} // namespace longc
