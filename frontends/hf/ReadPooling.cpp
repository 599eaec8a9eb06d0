// The steps behind an encoder: a pool, perhaps a norm.
#include "frontends/hf/ReadPooling.h"

#include "runtime/core/Format.h"
#include "runtime/io/ConfigKeys.h"
#include "runtime/io/JsonFile.h"
#include "runtime/io/ModelFileError.h"


namespace longc {
namespace {

const char *const poolHint = "pools: cls, mean, last; without modules.json the program takes the mean, or what --pooling says";

// As files call the pools: older ones have a flag each, newer ones a text.
constexpr std::pair<const char *, Pooling> flags[] = {{"pooling_mode_cls_token", Pooling::Cls},
                                                      {"pooling_mode_mean_tokens", Pooling::Mean},
                                                      {"pooling_mode_lasttoken", Pooling::Last}};
constexpr std::pair<const char *, Pooling> names[] = {{"cls", Pooling::Cls}, {"mean", Pooling::Mean}, {"lasttoken", Pooling::Last}};
constexpr const char *unknownFlags[] = {"pooling_mode_max_tokens", "pooling_mode_mean_sqrt_len_tokens",
                                        "pooling_mode_weightedmean_tokens"};

Status readPool(const ConfigKeys &keys, Pooling &pooling) {
  for (const char *key : unknownFlags) {
    bool used = false;
    LONGC_TRY(keys.read(key, used));
    if (used)
      return keys.unsupported(key, "this pool", poolHint);
  }
  int found = 0;
  for (auto [key, pool] : flags) {
    bool used = false;
    LONGC_TRY(keys.read(key, used));
    if (used) {
      pooling = pool;
      ++found;
    }
  }
  if (const char *key = "pooling_mode"; const JsonValue *mode = keys.find(key)) {
    if (!mode->text())
      return keys.unsupported(key, "pools side by side", poolHint);
    found = 0;
    for (auto [name, pool] : names)
      if (*mode->text() == name) {
        pooling = pool;
        ++found;
      }
    if (found == 0)
      return keys.unsupported(key, "pool " + quoted(*mode->text()), poolHint);
  }
  if (found == 1)
    return {};
  return Status::error(ConfigInvalid, found == 0 ? "no pool is chosen: expected one" : "several pools are chosen: expected one", poolHint);
}

// What sentence-transformers does to texts and we do not: it cuts them, and may put words before them. True: it lowers them.
Result<bool> noteTexts(const std::string &folder, std::vector<std::string> &notes) {
  auto read = [&](const std::string &name) {
    const std::string path = folder + "/" + name;
    return fileExists(path) ? readJsonFile(path) : Result<JsonValue>(JsonValue(JsonValue::Object()));
  };
  bool lowers = false;
  const std::string cuts = "sentence_bert_config.json", prompts = "config_sentence_transformers.json";
  Result<JsonValue> json = read(cuts);
  if (!json.ok())
    return json.status();
  if (const JsonValue *length = json->find("max_seq_length"); length && length->integer())
    notes.push_back("'max_seq_length' " + std::to_string(*length->integer()) + " of " + cuts + " is not applied: texts are read whole");
  if (const JsonValue *lower = json->find("do_lower_case"); lower && lower->boolean())
    lowers = *lower->boolean();
  json = read(prompts);
  if (!json.ok())
    return json.status();
  if (const JsonValue *name = json->find("default_prompt_name"); name && name->text())
    notes.push_back("'default_prompt_name' " + quoted(*name->text()) + " of " + prompts + " is not applied: texts are read as they are");
  return lowers;
}

} // namespace

Result<bool> readPooling(const std::string &folder, EncoderConfig &encoder, std::vector<std::string> &notes) {
  const std::string path = folder + "/modules.json";
  if (!fileExists(path)) {
    notes.push_back("there is no modules.json: an embedding is the mean of a text's hidden states, unless --pooling says otherwise");
    return false;
  }
  Result<JsonValue> json = readJsonFile(path);
  if (!json.ok())
    return json.status();
  if (!json->array())
    return inFile(path, Status::error(ConfigInvalid, "expected a list of modules, found " + json->describe()));
  for (const JsonValue &module : *json->array()) {
    ConfigKeys keys(module);
    std::string type, place;
    if (module.object()) {
      LONGC_TRY(keys.read("type", type));
      LONGC_TRY(keys.read("path", place));
    }
    const std::string kind = type.substr(type.rfind('.') + 1);
    if (kind == "Pooling") {
      const std::string poolPath = folder + "/" + place + "/config.json";
      Result<JsonValue> pool = readJsonFile(poolPath);
      if (!pool.ok())
        return pool.status();
      if (Status status = readPool(ConfigKeys(*pool), encoder.pooling); !status.ok())
        return inFile(poolPath, status);
    } else if (kind == "Normalize") {
      encoder.normalize = true;
    } else if (kind != "Transformer") {
      return inFile(path, Status::error(ArchitectureUnsupported, "module " + quoted(type) + " is not supported",
                                    "modules: Transformer, Pooling, Normalize"));
    }
  }
  return noteTexts(folder, notes);
}

} // namespace longc
