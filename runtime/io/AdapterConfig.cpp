// Keys of adapter_config.json, as PEFT 0.21 reads them.
#include "runtime/io/AdapterConfig.h"

#include "runtime/io/ConfigKeys.h"
#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/PeftConfig.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace longc {
namespace {

constexpr int64_t largestRank = 1 << 16;

// Read here, or without effect on what a trained adapter computes.
constexpr std::array<std::string_view, 30> knownKeys = {
    "alpha_pattern",     "auto_mapping",        "base_model_name_or_path", "bias",          "corda_config",
    "ensure_weight_tying", "eva_config",        "exclude_modules",         "fan_in_fan_out", "inference_mode",
    "init_lora_weights", "layers_pattern",      "layers_to_transform",     ingestKey,       temperatureKey,  "lora_alpha",    "lora_dropout",
    "lora_ga_config",    "loftq_config",        "megatron_core",           "modules_to_save", "peft_type",
    "peft_version",      "qalora_group_size",   "r",                       "rank_pattern",  "revision",
    "runtime_config",    "target_modules",      "task_type",
};

bool changesNothing(const JsonValue &value) {
  if (const bool *flag = value.boolean())
    return !*flag;
  if (const JsonValue::Array *list = value.array())
    return list->empty();
  return value.isNull() || (value.object() && value.object()->empty());
}

Status refuseUnknown(const ConfigKeys &keys) {
  for (const JsonMember &member : *keys.object().object())
    if (member.name != "use_rslora" && !changesNothing(member.value) &&
        std::find(knownKeys.begin(), knownKeys.end(), member.name) == knownKeys.end())
      return Status::error(AdapterInvalid, keys.name(member.name) + " is not supported: it may change what the adapter computes",
                           member.name == "use_dora" ? "merge the adapter into its base with PEFT: merge_and_unload, save_pretrained"
                                                     : "plain LoRA is supported, with patterns of ranks and factors and rslora");
  return {};
}

// Some ways to begin take a part out of the base's weights, and do it again whenever the adapter is loaded.
Status checkInitialisation(const ConfigKeys &keys) {
  const JsonValue *value = keys.find("init_lora_weights");
  const std::string *name = value ? value->text() : nullptr;
  if (!name || *name == "gaussian" || *name == "eva" || *name == "orthogonal")
    return {};
  return Status::error(AdapterInvalid, keys.name("init_lora_weights") + ": " + quoted(*name) +
                                           " changes the base when the adapter is loaded, which is not supported",
                       "let PEFT convert it: save_pretrained with path_initial_model_for_weight_conversion, or merge_and_unload");
}

Result<std::vector<std::string>> readTexts(const ConfigKeys &keys, const char *key) {
  std::vector<std::string> texts;
  const JsonValue *value = keys.find(key);
  if (value && value->text())
    texts.push_back(*value->text());
  else if (value && value->array()) {
    for (const JsonValue &entry : *value->array()) {
      if (!entry.text())
        return keys.invalid(key, "a list of texts");
      texts.push_back(*entry.text());
    }
  } else if (value)
    return keys.invalid(key, "a text or a list of texts");
  return texts;
}

// A text alone is a pattern, but for one.
Status readModules(const ConfigKeys &keys, const char *key, ModuleNames &out) {
  const JsonValue *value = keys.find(key);
  if (!value || !value->text()) {
    Result<std::vector<std::string>> names = readTexts(keys, key);
    if (!names.ok())
      return names.status();
    out.names = std::move(*names);
    return {};
  }
  std::string text = *value->text(), lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  out.allLinear = lower == "all-linear";
  if (out.allLinear)
    return {};
  Result<ModulePattern> pattern = ModulePattern::compile(text);
  if (!pattern.ok())
    return pattern.status();
  out.pattern = std::move(*pattern);
  return {};
}

// As PEFT puts them: the last words of a name.
Result<ModulePattern> lastWords(const std::string &pattern) { return ModulePattern::compile("(.*\\.)?(" + pattern + ")"); }

} // namespace

std::string baseName(std::string name) {
  for (auto [from, to] : {std::pair(peftPrefix, ""), std::pair(std::string_view("model.language_model."), "model."),
                          std::pair(std::string_view("language_model."), "")})
    if (name.starts_with(from))
      name.replace(0, from.size(), to);
  return name;
}

bool ModuleNames::hold(const std::string &module) const {
  if (allLinear)
    return module != "lm_head" && !module.ends_with("embed_tokens");
  if (pattern)
    return pattern->matches(module);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string &name) { return module == name || module.ends_with("." + name); });
}

Result<AdapterConfig> AdapterConfig::read(const JsonValue &json) {
  AdapterConfig config;
  if (!json.object())
    return Status::error(AdapterInvalid, "expected an object, found " + json.describe(), "this is no adapter_config.json");
  LONGC_TRY(config.readAll(json));
  return config;
}

Status AdapterConfig::readAll(const JsonValue &json) {
  ConfigKeys keys(json);
  std::string type, bias = "none";
  LONGC_TRY(keys.read("peft_type", type));
  if (type != "LORA")
    return Status::error(AdapterInvalid, keys.name("peft_type") + ": " + quoted(type) + " is not supported: expected 'LORA'",
                         type == "CARTRIDGE" ? "a program takes it when it runs: generate --adapter FOLDER --memory off"
                                             : "merge the adapter into its base with PEFT: merge_and_unload, save_pretrained");
  LONGC_TRY(refuseUnknown(keys));
  LONGC_TRY(checkInitialisation(keys));
  LONGC_TRY(keys.read("bias", bias));
  LONGC_TRY(keys.read("r", 1, largestRank, rank_));
  LONGC_TRY(keys.read("use_rslora", rootScale_));
  LONGC_TRY(keys.read("ensure_weight_tying", keepsTied_));
  if (const JsonValue *alpha = keys.find("lora_alpha")) {
    if (!alpha->isNumber() || !std::isfinite(alpha->number()))
      return keys.invalid("lora_alpha", "a number");
    alpha_ = alpha->number();
  }
  LONGC_TRY(readModules(keys, "target_modules", targets_));
  LONGC_TRY(readModules(keys, "exclude_modules", excluded_));
  return readPatterns(json);
}

Status AdapterConfig::readPatterns(const JsonValue &json) {
  ConfigKeys keys(json);
  for (const char *key : {"rank_pattern", "alpha_pattern"}) {
    const JsonValue *object = keys.find(key);
    if (object && !object->object())
      return keys.invalid(key, "an object of numbers");
    for (const JsonMember &member : object ? *object->object() : JsonValue::Object()) {
      Result<ModulePattern> pattern = lastWords(member.name);
      if (!pattern.ok())
        return pattern.status();
      const bool rank = key == std::string_view("rank_pattern");
      const int64_t *integer = member.value.integer();
      if (rank ? !integer || *integer < 1 || *integer > largestRank : !member.value.isNumber())
        return keys.invalid(key, rank ? "ranks from 1 to " + std::to_string(largestRank) : "numbers");
      if (rank)
        ranks_.emplace_back(*pattern, *integer);
      else
        alphas_.emplace_back(*pattern, member.value.number());
    }
  }
  Result<std::vector<std::string>> whole = readTexts(keys, "modules_to_save"), lists = readTexts(keys, "layers_pattern");
  if (!whole.ok() || !lists.ok())
    return whole.ok() ? lists.status() : whole.status();
  for (const std::string &module : *whole) {
    Result<ModulePattern> pattern = lastWords(module + "(\\..*)?");
    if (!pattern.ok())
      return pattern.status();
    whole_.emplace_back(*pattern, true);
  }
  layerLists_ = std::move(*lists);
  const JsonValue *layers = keys.find("layers_to_transform");
  JsonValue::Array one;
  if (layers && layers->integer())
    one.push_back(*layers);
  for (const JsonValue &layer : layers && layers->array() ? *layers->array() : one) {
    if (!layer.integer())
      return keys.invalid("layers_to_transform", "a number or a list of numbers");
    layers_.push_back(*layer.integer());
  }
  return {};
}

// The first number in a name that stands behind the name of a list of layers.
bool AdapterConfig::isInChosenLayer(const std::string &module) const {
  size_t begin = module.find('.');
  for (std::string before = module.substr(0, begin); begin != std::string::npos;) {
    size_t end = module.find('.', begin + 1);
    if (end == std::string::npos)
      return false;
    std::string word = module.substr(begin + 1, end - begin - 1);
    const bool number = word.find_first_not_of("0123456789") == std::string::npos && word.size() < 10 && !word.empty();
    if (number && (layerLists_.empty() || std::find(layerLists_.begin(), layerLists_.end(), before) != layerLists_.end()))
      return std::find(layers_.begin(), layers_.end(), std::stoll(word)) != layers_.end();
    before = word;
    begin = end;
  }
  return false;
}

bool AdapterConfig::targets(const std::string &module) const {
  if (excluded_.hold(module) || std::any_of(whole_.begin(), whole_.end(), [&](auto &entry) { return entry.first.matches(module); }))
    return false;
  const bool exactly = std::find(targets_.names.begin(), targets_.names.end(), module) != targets_.names.end();
  return targets_.hold(module) && (layers_.empty() || targets_.pattern || exactly || isInChosenLayer(module));
}

int64_t AdapterConfig::rankOf(const std::string &module) const {
  for (const auto &[pattern, rank] : ranks_)
    if (pattern.matches(module))
      return rank;
  return rank_;
}

double AdapterConfig::scaleOf(const std::string &module) const {
  double alpha = alpha_, rank = static_cast<double>(rankOf(module));
  for (auto entry = alphas_.rbegin(); entry != alphas_.rend(); ++entry) // the first that matches
    if (entry->first.matches(module))
      alpha = entry->second;
  return alpha / (rootScale_ ? std::sqrt(rank) : rank);
}

} // namespace longc
