// The list of known keys, by what they do, and typed access.
#include "frontends/gguf/GgufKeys.h"

#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace longc {
namespace {

// Read by ReadConfig.cpp, or of no consequence.
constexpr std::string_view knownKeys[] = {
    "attention.causal",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.key_length_swa",
    "attention.layer_norm_rms_epsilon",
    "attention.scale",
    "attention.sliding_window",
    "attention.sliding_window_pattern",
    "attention.value_length",
    "attention.value_length_swa",
    "block_count",
    "context_length",
    "embedding_length",
    "feed_forward_length",
    "rope.dimension_count",
    "rope.dimension_count_swa",
    "rope.freq_base",
    "rope.freq_base_swa",
    "rope.scale_linear", // older spelling of a linear scaling factor
    "rope.scaling.attn_factor",
    "rope.scaling.factor",
    "rope.scaling.finetuned", // how it was trained: of no consequence
    "rope.scaling.original_context_length",
    "rope.scaling.type",
    "rope.scaling.yarn_attn_factor",
    "rope.scaling.yarn_beta_fast",
    "rope.scaling.yarn_beta_slow",
    "rope.scaling.yarn_log_multiplier",
    "tensor_data_layout",
    "vocab_size",
};

// Fine while they change nothing.
struct NeutralKey {
  std::string_view key;
  double neutral; // the number that changes nothing; false never does
  const char *what;
};

constexpr NeutralKey neutralKeys[] = {
    {"attn_logit_softcapping", 0, "a cap on attention scores"},
    {"attention.clamp_kqv", 0, "clipped queries, keys and values"},
    {"attention.max_alibi_bias", 0, "a bias by distance"},
    {"attention.output_scale", 1, "a factor on attention"},
    {"attention.shared_kv_layers", 0, "keys shared between layers"},
    {"attention.temperature_length", 0, "scores that depend on the position"},
    {"attention.temperature_scale", 0, "scores that depend on the position"},
    {"embedding_scale", 1, "a factor on embeddings"},
    {"expert_count", 0, "a mixture of experts"},
    {"expert_used_count", 0, "a mixture of experts"},
    {"final_logit_softcapping", 0, "a cap on logits"},
    {"leading_dense_block_count", 0, "layers of two kinds"},
    {"logit_scale", 1, "a factor on logits"},
    {"nextn_predict_layers", 0, "a layer that predicts further tokens"},
    {"pooling_type", 0, "an embedding of the whole text"},
    {"residual_scale", 1, "a factor on residuals"},
    {"rope.scaling.yarn_ext_factor", 1, "extrapolation by another factor"},
    {"use_parallel_residual", 0, "attention and MLP side by side"},
};

} // namespace

Status GgufKeys::invalid(std::string_view key, const std::string &expected, const std::string &found) const {
  return Status::error(ConfigInvalid, "key " + quoted(name(key)) + ": expected " + expected + ", the file has " + found,
                       "the file is damaged or describes a model that is not supported");
}

Status GgufKeys::unsupported(std::string_view key, const std::string &what) const {
  return Status::error(ArchitectureUnsupported, "key " + quoted(name(key)) + ": " + what + " is not supported",
                       "use a plain model of the architecture '" + architecture_ + "'");
}

Status GgufKeys::readSize(std::string_view key, uint64_t least, uint64_t most, int64_t &out) const {
  if (out != 0 && !has(key))
    return {};
  Result<uint64_t> value = file_.unsignedValue(name(key));
  if (!value.ok())
    return value.status();
  if (*value < least || *value > most)
    return invalid(key, "a number from " + std::to_string(least) + " to " + std::to_string(most), std::to_string(*value));
  out = static_cast<int64_t>(*value);
  return {};
}

Status GgufKeys::readPositive(std::string_view key, double &out) const {
  if (out != 0 && !has(key))
    return {};
  Result<double> value = file_.floatValue(name(key));
  if (!value.ok())
    return value.status();
  if (!(*value > 0) || !std::isfinite(*value))
    return invalid(key, "a positive number", std::to_string(*value));
  out = *value;
  return {};
}

Result<std::string> GgufKeys::text(std::string_view key) const {
  if (!has(key))
    return std::string();
  Result<std::string_view> value = file_.stringValue(name(key));
  if (!value.ok())
    return value.status();
  return std::string(*value);
}

Status GgufKeys::refuseArithmetic(std::initializer_list<std::string_view> more) const {
  for (const GgufValue &value : file_.values()) {
    if (!value.key.starts_with(architecture_ + "."))
      continue;
    const std::string_view key = value.key.substr(architecture_.size() + 1);
    if (std::find(std::begin(knownKeys), std::end(knownKeys), key) != std::end(knownKeys) || std::find(more.begin(), more.end(), key) != more.end())
      continue;
    auto listed = std::find_if(std::begin(neutralKeys), std::end(neutralKeys),
                               [&](const NeutralKey &neutral) { return neutral.key == key; });
    if (listed == std::end(neutralKeys))
      return Status::error(ArchitectureUnsupported,
                           "key " + quoted(value.key) + " is not known: it may change what the model computes",
                           "use a plain model of the architecture '" + architecture_ +
                               "', or remove the key if it has no effect");
    Result<bool> flag = file_.boolValue(value.key);
    Result<int64_t> whole = file_.integerValue(value.key);
    Result<double> number = file_.floatValue(value.key);
    const bool neutral = flag.ok() ? !*flag
                         : whole.ok() ? static_cast<double>(*whole) == listed->neutral
                                      : number.ok() && *number == listed->neutral;
    if (!neutral)
      return unsupported(key, listed->what);
  }
  return {};
}

} // namespace longc
