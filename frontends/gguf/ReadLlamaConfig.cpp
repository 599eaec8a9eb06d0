// The configuration of a llama-architecture GGUF file, each value checked against its range and against the others.
#include "frontends/gguf/ReadLlamaConfig.h"

#include "runtime/io/Limits.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace longc {
namespace {

constexpr std::array<std::string_view, 22> knownKeys = {
    "llama.attention.causal",
    "llama.attention.head_count",
    "llama.attention.head_count_kv",
    "llama.attention.key_length",
    "llama.attention.layer_norm_rms_epsilon",
    "llama.attention.value_length",
    "llama.block_count",
    "llama.context_length",
    "llama.embedding_length",
    "llama.expert_count",
    "llama.expert_used_count",
    "llama.feed_forward_length",
    "llama.rope.dimension_count",
    "llama.rope.freq_base",
    "llama.rope.scale_linear", // older spelling of a linear scaling factor
    "llama.rope.scaling.attn_factor",
    "llama.rope.scaling.factor",
    "llama.rope.scaling.finetuned",               // how it was trained: of no consequence
    "llama.rope.scaling.original_context_length", // of no consequence to linear scaling
    "llama.rope.scaling.type",
    "llama.tensor_data_layout",
    "llama.vocab_size",
};

Status invalid(const std::string &key, const std::string &expected, const std::string &found) {
  return Status::error(ConfigInvalid, "key " + quoted(key) + ": expected " + expected + ", the file has " + found,
                       "the file is damaged or describes a model that is not supported");
}

Status unsupported(const std::string &key, const std::string &what) {
  return Status::error(ArchitectureUnsupported, "key " + quoted(key) + ": " + what + " is not supported",
                       "use a plain Llama model");
}

// Reads `key` into `out`, from `least` to `most`. An absent key keeps what `out` has if that is not 0, else is an
// error.
Status readSize(const GgufFile &file, const char *key, uint64_t least, uint64_t most, int64_t &out) {
  if (out != 0 && !file.find(key))
    return {};
  Result<uint64_t> value = file.unsignedValue(key);
  if (!value.ok())
    return value.status();
  if (*value < least || *value > most)
    return invalid(key, "a number from " + std::to_string(least) + " to " + std::to_string(most),
                   std::to_string(*value));
  out = static_cast<int64_t>(*value);
  return {};
}

Status readPositive(const GgufFile &file, const char *key, double &out) {
  Result<double> value = file.floatValue(key);
  if (!value.ok())
    return value.status();
  if (!(*value > 0) || !std::isfinite(*value))
    return invalid(key, "a positive number", std::to_string(*value));
  out = *value;
  return {};
}

Status readRopeScaling(const GgufFile &file, DecoderConfig &config) {
  const char *typeKey = "llama.rope.scaling.type", *factorKey = "llama.rope.scaling.factor";
  if (file.find("llama.rope.scale_linear")) {
    LONGC_TRY(readPositive(file, "llama.rope.scale_linear", config.rope.factor));
    config.rope.scaling = RopeScaling::Linear;
  }
  if (file.find(typeKey)) {
    Result<std::string_view> type = file.stringValue(typeKey);
    if (!type.ok())
      return type.status();
    if (*type == "linear") {
      LONGC_TRY(readPositive(file, factorKey, config.rope.factor));
      config.rope.scaling = RopeScaling::Linear;
    } else if (*type != "none") {
      return unsupported(typeKey, "rotary scaling " + quoted(*type) + " (expected 'none' or 'linear')");
    }
  } else if (file.find(factorKey)) {
    return Status::error(KeyMissing, std::string("key '") + typeKey + "' is missing: '" + factorKey +
                                         "' has no meaning without it");
  }
  double attentionFactor = 1.0;
  if (file.find("llama.rope.scaling.attn_factor"))
    LONGC_TRY(readPositive(file, "llama.rope.scaling.attn_factor", attentionFactor));
  if (attentionFactor != 1.0)
    return unsupported("llama.rope.scaling.attn_factor", "a factor on attention");
  if (config.rope.factor == 1.0)
    config.rope.scaling = RopeScaling::None;
  return {};
}

// Features that are fine when they are off.
Status refuseFeatures(const GgufFile &file) {
  for (const GgufValue &value : file.values())
    if (value.key.starts_with("llama.") && std::find(knownKeys.begin(), knownKeys.end(), value.key) == knownKeys.end())
      return Status::error(ArchitectureUnsupported,
                           "key " + quoted(value.key) + " is not known: it may change what the model computes",
                           "use a plain Llama model, or remove the key if it has no effect");
  for (const char *key : {"llama.expert_count", "llama.expert_used_count"}) {
    if (!file.find(key))
      continue;
    Result<uint64_t> count = file.unsignedValue(key);
    if (!count.ok())
      return count.status();
    if (*count != 0)
      return unsupported(key, "a mixture of experts");
  }
  if (file.find("llama.attention.causal")) {
    Result<bool> causal = file.boolValue("llama.attention.causal");
    if (!causal.ok())
      return causal.status();
    if (!*causal)
      return unsupported("llama.attention.causal", "attention that is not causal");
  }
  const char *layoutKey = "llama.tensor_data_layout"; // the named one is the order every llama file has
  if (file.find(layoutKey)) {
    Result<std::string_view> layout = file.stringValue(layoutKey);
    if (!layout.ok())
      return layout.status();
    if (*layout != "Meta AI original pth")
      return unsupported(layoutKey, "the order " + quoted(*layout));
  }
  return {};
}

} // namespace

Result<DecoderConfig> readLlamaConfig(const GgufFile &file) {
  LONGC_TRY(refuseFeatures(file));
  DecoderConfig config;
  LONGC_TRY(readSize(file, "llama.block_count", 1, limits::layers, config.layers));
  LONGC_TRY(readSize(file, "llama.embedding_length", 1, limits::width, config.hidden));
  LONGC_TRY(readSize(file, "llama.feed_forward_length", 1, limits::width, config.feedForward));
  LONGC_TRY(readSize(file, "llama.context_length", 1, limits::contextLength, config.contextLength));
  LONGC_TRY(readSize(file, "llama.attention.head_count", 1, limits::heads, config.heads));
  config.kvHeads = config.heads;
  LONGC_TRY(readSize(file, "llama.attention.head_count_kv", 1, limits::heads, config.kvHeads));
  if (config.heads % config.kvHeads != 0)
    return invalid("llama.attention.head_count_kv", "a divisor of the " + std::to_string(config.heads) + " heads",
                   std::to_string(config.kvHeads));

  const char *keyLength = "llama.attention.key_length", *valueLength = "llama.attention.value_length";
  if (config.hidden % config.heads == 0)
    config.headSize = config.hidden / config.heads;
  else if (!file.find(keyLength))
    return invalid("llama.embedding_length",
                   "a multiple of the " + std::to_string(config.heads) + " heads, as there is no '" + keyLength + "'",
                   std::to_string(config.hidden));
  LONGC_TRY(readSize(file, keyLength, 1, limits::width, config.headSize));
  int64_t valueSize = config.headSize;
  LONGC_TRY(readSize(file, valueLength, 1, limits::width, valueSize));
  if (valueSize != config.headSize)
    return invalid(valueLength, "the head size of the keys, " + std::to_string(config.headSize),
                   std::to_string(valueSize));
  if (config.headSize % 2 != 0)
    return Status::error(ConfigInvalid, "head size " + std::to_string(config.headSize) +
                                            ": expected an even one, as rotary embedding turns pairs");
  config.ropeDim = config.headSize;
  LONGC_TRY(readSize(file, "llama.rope.dimension_count", 1, limits::width, config.ropeDim));
  if (config.ropeDim != config.headSize)
    return invalid("llama.rope.dimension_count", "the head size, " + std::to_string(config.headSize),
                   std::to_string(config.ropeDim));

  if (file.find("llama.rope.freq_base"))
    LONGC_TRY(readPositive(file, "llama.rope.freq_base", config.rope.theta));
  LONGC_TRY(readPositive(file, "llama.attention.layer_norm_rms_epsilon", config.normEpsilon));
  LONGC_TRY(readRopeScaling(file, config));

  if (const GgufTensor *embedding = file.findTensor("token_embd.weight"); embedding && embedding->shape.size() == 2)
    config.vocabSize = embedding->shape[0];
  LONGC_TRY(readSize(file, "llama.vocab_size", 1, limits::vocabulary, config.vocabSize));
  return config;
}

} // namespace longc
