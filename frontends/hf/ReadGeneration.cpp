// Keys of generation_config.json, as transformers 5.17 reads them.
#include "frontends/hf/ReadGeneration.h"

#include "runtime/io/ConfigKeys.h"
#include "runtime/io/JsonFile.h"

#include <array>

namespace longc {
namespace {

// What transformers draws with where the file says that tokens are drawn and no more.
constexpr double usualTemperature = 1, usualTopP = 1, hottest = 100;
constexpr int64_t usualTopK = 50;

// Keys that change what is written, each with the number that changes nothing.
struct Unsupported {
  const char *key;
  double neutral;
  bool ofDraws = false; // without effect on the best token
};
constexpr std::array<Unsupported, 25> unsupported = {{
    {"bad_words_ids", 0},
    {"begin_suppress_tokens", 0},
    {"constraints", 0},
    {"diversity_penalty", 0},
    {"dola_layers", 0},
    {"encoder_no_repeat_ngram_size", 0},
    {"encoder_repetition_penalty", 1},
    {"epsilon_cutoff", 0, true},
    {"eta_cutoff", 0, true},
    {"exponential_decay_length_penalty", 0},
    {"force_words_ids", 0},
    {"forced_bos_token_id", -1},
    {"forced_eos_token_id", -1},
    {"guidance_scale", 1},
    {"min_length", 0},
    {"min_new_tokens", 0},
    {"no_repeat_ngram_size", 0},
    {"num_beams", 1},
    {"penalty_alpha", 0},
    {"sequence_bias", 0},
    {"stop_strings", 0},
    {"suppress_tokens", 0},
    {"top_h", 1, true},
    {"typical_p", 1, true},
    {"watermarking_config", 0},
}};

bool changesNothing(const JsonValue &value, double neutral) {
  if (value.isNumber())
    return value.number() == neutral;
  if (const bool *flag = value.boolean())
    return !*flag;
  if (const JsonValue::Array *list = value.array())
    return list->empty();
  return value.object() && value.object()->empty();
}

// A share of the probability: of top_p more than 0.
Status readShare(const ConfigKeys &keys, const char *key, bool open, std::optional<double> &out) {
  const JsonValue *value = keys.find(key);
  if (!value)
    return {};
  if (!value->isNumber() || !(value->number() >= 0 && value->number() <= 1) || (open && value->number() == 0))
    return keys.invalid(key, open ? "a number above 0 and at most 1" : "a number from 0 to 1");
  out = value->number();
  return {};
}

Status readDraws(const ConfigKeys &keys, GenerationDefaults &out) {
  double temperature = usualTemperature;
  int64_t topK = usualTopK;
  out.topP = usualTopP;
  LONGC_TRY(keys.readPositive("temperature", temperature));
  if (temperature > hottest)
    return keys.invalid("temperature", "a number above 0 and at most 100");
  LONGC_TRY(keys.read("top_k", 0, INT32_MAX, topK));
  LONGC_TRY(readShare(keys, "top_p", /*open=*/true, out.topP));
  LONGC_TRY(readShare(keys, "min_p", /*open=*/false, out.minP));
  out.temperature = temperature;
  out.topK = topK;
  return {};
}

Status readKeys(const JsonValue &json, const HfConfig &config, std::vector<int32_t> &endIds, GenerationDefaults &out) {
  ConfigKeys keys(json);
  LONGC_TRY(readEndIds(json, config.decoder.vocabSize, endIds));
  LONGC_TRY(keys.read("do_sample", out.sample));
  if (out.sample)
    LONGC_TRY(readDraws(keys, out));
  double penalty = 1;
  LONGC_TRY(keys.readPositive("repetition_penalty", penalty));
  if (penalty < 0.01 || penalty > 100)
    return keys.invalid("repetition_penalty", "a number from 0.01 to 100");
  if (penalty != 1)
    out.repetitionPenalty = penalty;
  for (auto [key, neutral, ofDraws] : unsupported)
    if (const JsonValue *value = keys.find(key); value && (out.sample || !ofDraws) && !changesNothing(*value, neutral))
      out.ignored.push_back(key);
  return {};
}

} // namespace

Status readGeneration(const std::string &folder, const HfConfig &config, std::vector<int32_t> &endIds, GenerationDefaults &out) {
  const std::string path = folder + "/generation_config.json";
  endIds = config.endIds;
  if (!fileExists(path))
    return {};
  Result<JsonValue> json = readJsonFile(path);
  if (!json.ok())
    return json.status();
  Status status = readKeys(*json, config, endIds, out);
  return status.ok() ? status : inFile(path, status);
}

} // namespace longc
