// Modules to the few words that say the same.
#include "runtime/io/PeftConfig.h"

#include "runtime/core/Json.h"
#include "runtime/core/JsonReader.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace longc {
namespace {

std::vector<std::string> targetModules(const PeftConfig &config) {
  std::map<std::string, std::set<std::string>> modules; // by last word
  for (const PeftModule &module : config.modules)
    modules[module.name.substr(module.name.rfind('.') + 1)].insert(module.name);
  std::vector<std::string> targets;
  for (const auto &[word, names] : modules)
    if (static_cast<int64_t>(names.size()) == config.layers)
      targets.push_back(word);
    else
      targets.insert(targets.end(), names.begin(), names.end());
  return targets;
}

template <typename Value> Value mostFrequent(const std::vector<PeftModule> &modules, Value PeftModule::*field) {
  std::map<Value, int> counts;
  for (const PeftModule &module : modules)
    ++counts[module.*field];
  auto most = std::max_element(counts.begin(), counts.end(), [](const auto &a, const auto &b) { return a.second < b.second; });
  return most == counts.end() ? Value(1) : most->first;
}

void writeNumber(JsonWriter &json, int64_t value) { json.integer(value); }
void writeNumber(JsonWriter &json, double value) {
  value == std::floor(value) && std::abs(value) < 1e15 ? json.integer(static_cast<int64_t>(value)) : json.number(value, 17);
}

template <typename Value>
void writePattern(JsonWriter &json, const char *key, const std::vector<PeftModule> &modules, Value PeftModule::*field, Value common) {
  json.key(key).beginObject();
  for (const PeftModule &module : modules)
    if (module.*field != common)
      writeNumber((json.key(module.name), json), module.*field);
  json.endObject();
}

void writeTexts(JsonWriter &json, const char *key, const std::vector<std::string> &texts) {
  json.key(key).beginArray();
  for (const std::string &text : texts)
    json.text(text);
  json.endArray();
}

} // namespace

void writeMemoryUse(JsonWriter &json, const MemoryUse &memory) {
  for (auto [key, value] : {std::pair(ingestKey, &memory.ingest), std::pair(temperatureKey, &memory.temperature)})
    if (!value->empty())
      json.key(key).text(*value);
}

MemoryUse memoryUseOf(const JsonValue &config) {
  MemoryUse memory;
  for (auto [key, value] : {std::pair(ingestKey, &memory.ingest), std::pair(temperatureKey, &memory.temperature)})
    if (const JsonValue *given = config.find(key); given && !given->isNull())
      *value = given->text() ? *given->text() : given->describe();
  return memory;
}

std::string peftConfigText(const PeftConfig &config) {
  const auto rank = mostFrequent(config.modules, &PeftModule::rank);
  const auto alpha = mostFrequent(config.modules, &PeftModule::alpha);
  JsonWriter json;
  json.beginObject();
  writePattern(json, "alpha_pattern", config.modules, &PeftModule::alpha, alpha);
  json.key("base_model_name_or_path").text(config.base);
  json.key("bias").text("none");
  json.key("fan_in_fan_out").boolean(false);
  json.key("inference_mode").boolean(true);
  json.key("init_lora_weights").boolean(true);
  writeMemoryUse(json, config.memory);
  json.key("lora_alpha");
  writeNumber(json, alpha);
  json.key("lora_dropout").number(0);
  if (!config.saved.empty())
    writeTexts(json, "modules_to_save", config.saved);
  json.key("peft_type").text("LORA");
  json.key("r").integer(rank);
  writePattern(json, "rank_pattern", config.modules, &PeftModule::rank, rank);
  writeTexts(json, "target_modules", targetModules(config));
  json.key("task_type").text("CAUSAL_LM");
  json.key("use_dora").boolean(false);
  json.key("use_rslora").boolean(false);
  return json.endObject().str() + "\n";
}

} // namespace longc
