// Numbers of a model to keys, a row a family; then back, to see that nothing was lost.
#include "frontends/hf/WriteConfig.h"

#include "frontends/hf/BuildJson.h"
#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace longc {
namespace {

struct Family {
  const char *name, *type, *architecture;
};

constexpr Family families[] = {
    {"bert", "bert", "BertModel"},                  {"gemma3", "gemma3_text", "Gemma3ForCausalLM"},
    {"llama", "llama", "LlamaForCausalLM"},         {"mistral", "mistral", "MistralForCausalLM"},
    {"qwen2", "qwen2", "Qwen2ForCausalLM"},         {"qwen3", "qwen3", "Qwen3ForCausalLM"},
    {"roberta", "roberta", "RobertaModel"},         {"smollm3", "smollm3", "SmolLM3ForCausalLM"},
    {"xlm-roberta", "xlm-roberta", "XLMRobertaModel"},
};

// Files that hold float32 say 9.99999974738e-06 where 1e-05 was meant.
double shortest(double value) {
  if (static_cast<double>(static_cast<float>(value)) != value)
    return value;
  char digits[32];
  const char *end = std::to_chars(digits, digits + sizeof digits, static_cast<float>(value)).ptr;
  std::from_chars(digits, end, value);
  return value;
}

bool close(double a, double b) { return std::abs(a - b) <= 1e-6 * std::max(std::abs(a), std::abs(b)); }

bool closeAll(const std::vector<double> &a, const std::vector<double> &b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), close);
}

// Factors of wave lengths as the rule of Llama 3 that gives them: files of other kinds hold what the rule came to.
RopeConfig asLlama3(const RopeConfig &rope, int64_t dim) {
  RopeConfig rule = rope;
  rule.factors.clear();
  rule.scaling = RopeScaling::Llama3;
  rule.factor = shortest(*std::max_element(rope.factors.begin(), rope.factors.end()));
  for (rule.originalContext = 2; rule.originalContext <= 1 << 20; rule.originalContext *= 2)
    if (closeAll(ropeFactors(rule, dim), rope.factors))
      return rule;
  return rope;
}

JsonValue scalingOf(const RopeConfig &rope) {
  ObjectBuilder json;
  switch (rope.scaling) {
  case RopeScaling::None:
    return JsonValue();
  case RopeScaling::Linear:
    return json.add("rope_type", "linear").add("factor", rope.factor).take();
  case RopeScaling::Llama3:
    return json.add("rope_type", "llama3").add("factor", rope.factor).add("low_freq_factor", rope.lowFrequency)
        .add("high_freq_factor", rope.highFrequency)
        .add("original_max_position_embeddings", static_cast<int64_t>(rope.originalContext)).take();
  case RopeScaling::Yarn:
    return json.add("rope_type", "yarn").add("factor", rope.factor).add("beta_fast", rope.fastTurns)
        .add("beta_slow", rope.slowTurns).add("truncate", rope.wholeDimensions).add("attention_factor", rope.magnitude)
        .add("original_max_position_embeddings", static_cast<int64_t>(rope.originalContext)).take();
  }
  return JsonValue();
}

class ConfigWriter {
public:
  ConfigWriter(const Checkpoint &checkpoint, const Family &family)
      : checkpoint_(checkpoint), config_(checkpoint.config), family_(family), name_(family.name) {}

  JsonValue write() {
    const bool gemma = name_ == "gemma3";
    json_.add("architectures", JsonValue(JsonValue::Array{jsonOf(family_.architecture)})).add("model_type", family_.type);
    json_.add("vocab_size", config_.vocabSize).add("hidden_size", config_.hidden);
    json_.add("intermediate_size", config_.feedForward).add("num_hidden_layers", config_.layers);
    json_.add("num_attention_heads", config_.heads);
    if (config_.encoder)
      return encoder();
    json_.add("num_key_value_heads", config_.kvHeads);
    json_.add("head_dim", config_.headSize).add("max_position_embeddings", config_.contextLength);
    json_.add(gemma ? "hidden_activation" : "hidden_act", config_.activation == Activation::Silu ? "silu" : "gelu_pytorch_tanh");
    json_.add("rms_norm_eps", shortest(config_.normEpsilon));
    RopeConfig rope = config_.rope.factors.empty() ? config_.rope : asLlama3(config_.rope, config_.ropeDim);
    json_.add("rope_theta", shortest(rope.theta)).add("rope_scaling", scalingOf(rope));
    json_.add("tie_word_embeddings", config_.tiedHead);
    if (name_ == "llama" || name_ == "qwen3" || name_ == "smollm3" || gemma)
      json_.add("attention_bias", config_.queryBias);
    if (name_ == "llama" || name_ == "smollm3")
      json_.add("mlp_bias", config_.mlpBias);
    if (name_ != "llama")
      windows();
    if (gemma)
      json_.add("query_pre_attn_scalar", query()).add("rope_local_base_freq", shortest(config_.slidingRope.theta));
    for (const char *key : {"attn_logit_softcapping", "final_logit_softcapping"})
      if (gemma)
        json_.add(key, nullptr);
    tokens();
    return json_.take();
  }

private:
  JsonValue encoder() {
    json_.add("max_position_embeddings", config_.encoder->positionRows).add("type_vocab_size", config_.encoder->tokenTypes);
    json_.add("hidden_act", config_.activation == Activation::Gelu ? "gelu" : "gelu_new").add("layer_norm_eps", shortest(config_.normEpsilon));
    tokens();
    return json_.take();
  }

  // What scores are divided by, squared; a whole number stays one.
  JsonValue query() {
    const double scalar = config_.attentionScale > 0 ? 1.0 / (config_.attentionScale * config_.attentionScale)
                                                     : static_cast<double>(config_.headSize);
    return close(scalar, std::round(scalar)) ? jsonOf(static_cast<int64_t>(std::round(scalar))) : jsonOf(scalar);
  }

  void windows() {
    const bool any = config_.slidingWindow > 0;
    json_.add("sliding_window", any ? jsonOf(config_.slidingWindow) : JsonValue());
    if (name_ == "mistral")
      return;
    if (name_ != "gemma3")
      json_.add("use_sliding_window", any);
    JsonValue::Array kinds, rotated;
    for (int64_t layer = 0; layer < config_.layers; ++layer) {
      kinds.push_back(jsonOf(config_.slides(layer) ? "sliding_attention" : "full_attention"));
      rotated.push_back(jsonOf(static_cast<int64_t>(config_.rotates(layer))));
    }
    json_.add("layer_types", JsonValue(kinds));
    if (name_ == "smollm3")
      json_.add("no_rope_layers", JsonValue(rotated));
    if (name_.starts_with("qwen"))
      json_.add("max_window_layers", config_.layers);
  }

  // Always said: what a family has by default are the tokens of another tokenizer.
  void tokens() {
    const TokenizerSource &tokenizer = checkpoint_.tokenizer;
    auto id = [](const std::optional<int32_t> &token) { return token ? jsonOf(*token) : JsonValue(); };
    json_.add("bos_token_id", id(tokenizer.bosId)).add("eos_token_id", id(tokenizer.eosId));
    json_.add("pad_token_id", id(tokenizer.paddingId));
  }

  const Checkpoint &checkpoint_;
  const DecoderConfig &config_;
  const Family &family_;
  const std::string name_;
  ObjectBuilder json_;
};

double scaleOf(const DecoderConfig &config) {
  return config.attentionScale > 0 ? config.attentionScale : 1.0 / std::sqrt(static_cast<double>(config.headSize));
}

bool sameRope(const RopeConfig &a, const RopeConfig &b, int64_t dim) {
  const double linearA = a.scaling == RopeScaling::Linear ? a.factor : 1, linearB = b.scaling == RopeScaling::Linear ? b.factor : 1;
  return close(a.theta, b.theta) && close(linearA, linearB) && close(a.magnitude, b.magnitude) &&
         closeAll(ropeFactors(a, dim), ropeFactors(b, dim));
}

// What two configurations of one family differ in; empty if in nothing that changes the arithmetic.
std::string difference(const DecoderConfig &a, const DecoderConfig &b) {
  if (a.encoder && b.encoder && (a.encoder->tokenTypes != b.encoder->tokenTypes || a.encoder->positionRows != b.encoder->positionRows))
    return "tables";
  if (a.encoder && b.encoder && (a.encoder->firstPosition != b.encoder->firstPosition || a.encoder->uncountedToken != b.encoder->uncountedToken))
    return "positions";
  if (a.vocabSize != b.vocabSize || a.hidden != b.hidden || a.layers != b.layers || a.heads != b.heads || a.kvHeads != b.kvHeads ||
      a.headSize != b.headSize || a.feedForward != b.feedForward || a.contextLength != b.contextLength)
    return "sizes";
  if (a.activation != b.activation)
    return "activation";
  if (!close(a.normEpsilon, b.normEpsilon))
    return "epsilon of norms";
  if (!close(a.embeddingScale, b.embeddingScale))
    return "factor on embeddings";
  if (!close(scaleOf(a), scaleOf(b)))
    return "factor on attention";
  if (a.ropeDim != b.ropeDim || !sameRope(a.rope, b.rope, a.ropeDim))
    return "rotary positions";
  bool windows = a.slidingWindow == b.slidingWindow, rotated = true, anySlides = false;
  for (int64_t layer = 0; layer < a.layers; ++layer) {
    windows &= a.slides(layer) == b.slides(layer);
    rotated &= a.rotates(layer) == b.rotates(layer);
    anySlides |= a.slides(layer);
  }
  if (!windows)
    return "layers with a window";
  if (!rotated)
    return "layers without positions";
  if (anySlides && !sameRope(a.slidingRope, b.slidingRope, a.ropeDim))
    return "rotary positions of layers with a window";
  if (a.queryBias != b.queryBias || a.outputBias != b.outputBias || a.mlpBias != b.mlpBias)
    return "biases";
  return "";
}

Result<JsonValue> newConfig(const Checkpoint &checkpoint) {
  // A Llama whose layers see a window is what transformers calls Mistral.
  const DecoderConfig &config = checkpoint.config;
  const std::string name = config.family == "llama" && config.slides(0) ? "mistral" : config.family;
  for (const Family &family : families)
    if (name == family.name)
      return ConfigWriter(checkpoint, family).write();
  return Status::error(ArchitectureUnsupported, "a model of the family '" + checkpoint.config.family +
                                                    "' cannot be written as a Hugging Face folder",
                       "README.md lists the models that can be converted");
}

// A config.json that is there says more than we read of it: it stays, but for what is decided by the tensors.
JsonValue keptConfig(const Checkpoint &checkpoint) {
  JsonValue json = checkpoint.folder->config;
  setMember(json, "tie_word_embeddings", jsonOf(checkpoint.config.tiedHead));
  const JsonValue *type = json.find("model_type");
  if (const JsonValue *list = json.find("architectures"); !list || list->isNull())
    for (const Family &family : families)
      if (type && type->text() && *type->text() == family.type)
        setMember(json, "architectures", JsonValue(JsonValue::Array{jsonOf(family.architecture)}));
  return json;
}

} // namespace

Result<WrittenConfig> writeConfig(const Checkpoint &checkpoint, const std::string &type) {
  Result<JsonValue> json = checkpoint.folder ? Result<JsonValue>(keptConfig(checkpoint)) : newConfig(checkpoint);
  if (!json.ok())
    return json.status();
  if (!type.empty()) // version 5 writes `dtype` and reads both, version 4 knows the other
    setMember(*json, json->find("dtype") ? "dtype" : "torch_dtype", jsonOf(type));
  Result<HfConfig> read = readHfConfig(*json);
  if (!read.ok())
    return read.status();
  if (std::string what = difference(checkpoint.config, read->decoder); !what.empty())
    return Status::error(ArchitectureUnsupported, "its " + what + " cannot be said in the config.json of the family '" +
                                                      checkpoint.config.family + "'",
                         "no Hugging Face model computes this; compile the checkpoint as it is");
  return WrittenConfig{std::move(*json), std::move(*read)};
}

} // namespace longc
