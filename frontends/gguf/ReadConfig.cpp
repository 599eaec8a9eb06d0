// The configuration of a GGUF file, each value checked against its range and against the others. What an architecture
// has without a key for it is here as llama.cpp has it in its code.
#include "frontends/gguf/ReadConfig.h"

#include "frontends/gguf/GgufKeys.h"
#include "runtime/core/Format.h"
#include "runtime/io/Limits.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <cmath>

namespace longc {
namespace {

// Heads and their sizes; keys and values of all layers are as wide as each other.
Status readHeads(const GgufKeys &keys, DecoderConfig &config) {
  LONGC_TRY(keys.readSize("attention.head_count", 1, limits::heads, config.heads));
  config.kvHeads = config.heads;
  LONGC_TRY(keys.readSize("attention.head_count_kv", 1, limits::heads, config.kvHeads));
  if (config.heads % config.kvHeads != 0)
    return keys.invalid("attention.head_count_kv", "a divisor of the " + std::to_string(config.heads) + " heads",
                        std::to_string(config.kvHeads));
  if (config.hidden % config.heads == 0)
    config.headSize = config.hidden / config.heads;
  else if (!keys.has("attention.key_length"))
    return keys.invalid("embedding_length",
                        "a multiple of the " + std::to_string(config.heads) + " heads, as there is no '" +
                            keys.name("attention.key_length") + "'",
                        std::to_string(config.hidden));
  LONGC_TRY(keys.readSize("attention.key_length", 1, limits::width, config.headSize));
  if (config.headSize % 2 != 0)
    return Status::error(ConfigInvalid, "head size " + std::to_string(config.headSize) +
                                            ": expected an even one, as rotary embedding turns pairs");
  for (const char *key : {"attention.value_length", "attention.key_length_swa", "attention.value_length_swa"}) {
    int64_t size = config.headSize;
    LONGC_TRY(keys.readSize(key, 1, limits::width, size));
    if (size != config.headSize)
      return keys.invalid(key, "the head size of the keys, " + std::to_string(config.headSize), std::to_string(size));
  }
  config.ropeDim = config.headSize;
  for (const char *key : {"rope.dimension_count", "rope.dimension_count_swa"}) {
    LONGC_TRY(keys.readSize(key, 1, limits::width, config.ropeDim));
    if (config.ropeDim != config.headSize)
      return keys.invalid(key, "the head size, " + std::to_string(config.headSize), std::to_string(config.ropeDim));
  }
  return {};
}

double yarnMagnitude(double factor, double weight) { return factor <= 1 ? 1.0 : 0.1 * weight * std::log(factor) + 1.0; }

Status readYarn(const GgufKeys &keys, const DecoderConfig &config, RopeConfig &rope) {
  if (!(rope.theta > 1))
    return keys.invalid("rope.freq_base", "more than 1, as yarn divides by its logarithm", std::to_string(rope.theta));
  int64_t original = config.contextLength;
  LONGC_TRY(keys.readSize("rope.scaling.original_context_length", 1, limits::contextLength, original));
  rope.originalContext = static_cast<double>(original);
  LONGC_TRY(keys.readPositive("rope.scaling.yarn_beta_fast", rope.fastTurns));
  LONGC_TRY(keys.readPositive("rope.scaling.yarn_beta_slow", rope.slowTurns));
  rope.magnitude = yarnMagnitude(rope.factor, 1.0);
  if (keys.has("rope.scaling.yarn_log_multiplier")) {
    double weight = 1.0;
    LONGC_TRY(keys.readPositive("rope.scaling.yarn_log_multiplier", weight));
    rope.magnitude /= yarnMagnitude(rope.factor, weight);
  }
  return keys.readPositive("rope.scaling.yarn_attn_factor", rope.magnitude);
}

Status readRope(const GgufKeys &keys, const DecoderConfig &config, RopeConfig &rope) {
  LONGC_TRY(keys.readPositive("rope.freq_base", rope.theta));
  Result<std::string> type = keys.text("rope.scaling.type");
  if (!type.ok())
    return type.status();
  if (type->empty() && keys.has("rope.scaling.factor"))
    return Status::error(KeyMissing, "key " + quoted(keys.name("rope.scaling.type")) + " is missing: " +
                                         quoted(keys.name("rope.scaling.factor")) + " has no meaning without it");
  if (keys.has("rope.scale_linear")) {
    LONGC_TRY(keys.readPositive("rope.scale_linear", rope.factor));
    rope.scaling = RopeScaling::Linear;
  }
  if (*type == "linear" || *type == "yarn") {
    rope.factor = 0; // there must be one
    LONGC_TRY(keys.readPositive("rope.scaling.factor", rope.factor));
    rope.scaling = *type == "linear" ? RopeScaling::Linear : RopeScaling::Yarn;
  } else if (!type->empty() && *type != "none") {
    return keys.unsupported("rope.scaling.type",
                            "rotary scaling " + quoted(*type) + " (expected 'none', 'linear' or 'yarn')");
  }
  if (rope.scaling == RopeScaling::Yarn)
    LONGC_TRY(readYarn(keys, config, rope));
  else if (rope.factor == 1.0)
    rope.scaling = RopeScaling::None;
  double factor = 1.0;
  LONGC_TRY(keys.readPositive("rope.scaling.attn_factor", factor));
  rope.magnitude *= factor;
  return {};
}

// Which layers see a window only: a list of flags, or of every `period` layers all but the last; `period` 0: all do.
Status readSlidingLayers(const GgufKeys &keys, int64_t period, DecoderConfig &config) {
  const char *key = "attention.sliding_window_pattern";
  const size_t layers = static_cast<size_t>(config.layers);
  const GgufValue *pattern = keys.file().find(keys.name(key));
  config.sliding.resize(layers);
  if (pattern && pattern->type == GgufValueType::Array) {
    if (pattern->count != layers || pattern->payload.size() % layers != 0 || pattern->elementType == GgufValueType::String)
      return keys.invalid(key, "a list of " + std::to_string(layers) + " flags, one a layer",
                          "one of " + std::to_string(pattern->count));
    const size_t width = pattern->payload.size() / layers;
    for (size_t layer = 0; layer < layers; ++layer)
      for (std::byte byte : pattern->payload.subspan(layer * width, width))
        config.sliding[layer] = config.sliding[layer] || byte != std::byte(0);
  } else {
    if (pattern) {
      Result<uint64_t> number = keys.file().unsignedValue(pattern->key);
      if (!number.ok())
        return number.status();
      if (*number > limits::layers)
        return keys.invalid(key, "at most " + std::to_string(limits::layers), std::to_string(*number));
      period = static_cast<int64_t>(*number);
    }
    for (size_t layer = 0; layer < layers; ++layer)
      config.sliding[layer] = period == 0 || (static_cast<int64_t>(layer) + 1) % period != 0;
  }
  if (std::find(config.sliding.begin(), config.sliding.end(), true) == config.sliding.end()) {
    config.sliding.clear();
    config.slidingWindow = 0;
  }
  return {};
}

// A window of 0 is none.
Status readWindow(const GgufKeys &keys, int64_t period, DecoderConfig &config) {
  if (keys.has("attention.sliding_window"))
    LONGC_TRY(keys.readSize("attention.sliding_window", 0, limits::contextLength, config.slidingWindow));
  return config.slidingWindow > 0 ? readSlidingLayers(keys, period, config) : Status();
}

// What the file cannot say of Gemma 3: scaled embeddings, another activation, scores scaled by the width that the largest
// model has for a head, plain positions of the sliding layers.
Status readGemma3(const GgufKeys &keys, DecoderConfig &config) {
  constexpr int64_t largestModelLayers = 62;
  config.activation = Activation::GeluTanh;
  config.embeddingScale = std::sqrt(static_cast<double>(config.hidden));
  if (config.layers == largestModelLayers)
    config.attentionScale = 1.0 / std::sqrt(static_cast<double>(config.hidden / config.heads));
  LONGC_TRY(readWindow(keys, 6, config));
  config.slidingRope = RopeConfig{};
  return keys.readPositive("rope.freq_base_swa", config.slidingRope.theta);
}

Status readFamily(const GgufKeys &keys, const Architecture &architecture, DecoderConfig &config) {
  config.family = architecture.family;
  if (config.family == "gemma3")
    return readGemma3(keys, config);
  if (config.family == "smollm3") // every fourth layer has no positions
    for (int64_t layer = 0; layer < config.layers; ++layer)
      config.unrotated.push_back((layer + 1) % 4 == 0);
  config.slidingRope = config.rope;
  LONGC_TRY(keys.readPositive("rope.freq_base_swa", config.slidingRope.theta));
  return readWindow(keys, 0, config);
}

Status checkOrder(const GgufKeys &keys, bool encoder) {
  if (keys.has("attention.causal")) {
    Result<bool> causal = keys.file().boolValue(keys.name("attention.causal"));
    if (!causal.ok())
      return causal.status();
    if (*causal == encoder)
      return keys.unsupported("attention.causal", encoder ? "an encoder whose attention is causal" : "attention that is not causal");
  }
  Result<std::string> layout = keys.text("tensor_data_layout"); // the named one is the order every llama file has
  if (!layout.ok())
    return layout.status();
  if (!layout->empty() && *layout != "Meta AI original pth")
    return keys.unsupported("tensor_data_layout", "the order " + quoted(*layout));
  return {};
}

Status readSizes(const GgufKeys &keys, DecoderConfig &config) {
  LONGC_TRY(keys.readSize("block_count", 1, limits::layers, config.layers));
  LONGC_TRY(keys.readSize("embedding_length", 1, limits::width, config.hidden));
  LONGC_TRY(keys.readSize("feed_forward_length", 1, limits::width, config.feedForward));
  LONGC_TRY(keys.readSize("context_length", 1, limits::contextLength, config.contextLength));
  if (const GgufTensor *embedding = keys.file().findTensor("token_embd.weight"); embedding && embedding->shape.size() == 2)
    config.vocabSize = embedding->shape[0];
  return keys.readSize("vocab_size", 1, limits::vocabulary, config.vocabSize);
}

// Rows of a table; 0 where it is missing or none, which is seen when the model is built.
int64_t tableRows(const GgufFile &file, std::initializer_list<const char *> names) {
  for (const char *name : names)
    if (const GgufTensor *table = file.findTensor(name); table && table->shape.size() == 2)
      return table->shape[0];
  return 0;
}

Status readPooling(const GgufKeys &keys, EncoderConfig &encoder, std::vector<std::string> &notes) {
  enum { none = 0, mean = 1, cls = 2, last = 3, kinds = 4 };
  const char *key = "pooling_type";
  int64_t kind = none;
  if (keys.has(key))
    LONGC_TRY(keys.readSize(key, none, UINT32_MAX, kind));
  if (kind >= kinds)
    return keys.unsupported(key, "pool " + std::to_string(kind) + " (expected 1, mean, 2, the first token, or 3, the last)");
  encoder.pooling = kind == cls ? Pooling::Cls : kind == last ? Pooling::Last : Pooling::Mean;
  if (kind == none)
    notes.push_back("the file names no pool (" + keys.name(key) + "): an embedding is the mean of a text's hidden states, unless --pooling says otherwise");
  notes.emplace_back("the file cannot say whether embeddings have length 1: they have, as llama.cpp's have, unless --normalize off is said");
  encoder.normalize = true;
  return {};
}

// BERT's family: positions begin at the first row of their table, from which the converter has cut what RoBERTa does not use. The
// activation is that of the family, which the file does not name.
Result<DecoderConfig> readEncoder(const GgufKeys &keys, const Architecture &architecture, std::vector<std::string> &notes) {
  DecoderConfig config;
  config.family = architecture.family;
  EncoderConfig &encoder = config.encoder.emplace();
  LONGC_TRY(readSizes(keys, config));
  LONGC_TRY(keys.readSize("attention.head_count", 1, limits::heads, config.heads));
  config.kvHeads = config.heads;
  LONGC_TRY(keys.readSize("attention.head_count_kv", 1, limits::heads, config.kvHeads));
  if (config.kvHeads != config.heads)
    return keys.invalid("attention.head_count_kv", "the " + std::to_string(config.heads) + " heads", std::to_string(config.kvHeads));
  if (config.hidden % config.heads != 0)
    return keys.invalid("embedding_length", "a multiple of the " + std::to_string(config.heads) + " heads", std::to_string(config.hidden));
  config.headSize = config.hidden / config.heads;
  for (const char *key : {"attention.key_length", "attention.value_length"}) {
    int64_t size = config.headSize;
    LONGC_TRY(keys.readSize(key, 1, limits::width, size));
    if (size != config.headSize)
      return keys.invalid(key, "the head size, " + std::to_string(config.headSize), std::to_string(size));
  }
  LONGC_TRY(keys.readPositive("attention.layer_norm_epsilon", config.normEpsilon));
  config.activation = Activation::Gelu;
  encoder.tokenTypes = std::max<int64_t>(1, tableRows(keys.file(), {"token_types.weight"}));
  encoder.positionRows = tableRows(keys.file(), {"position_embd.weight", "pos_embd.weight"});
  if (encoder.positionRows > 0) // older converters left the number of rows before the cut
    config.contextLength = std::min(config.contextLength, encoder.positionRows);
  LONGC_TRY(readPooling(keys, encoder, notes));
  return config;
}

} // namespace

Result<DecoderConfig> readGgufConfig(const GgufFile &file, const Architecture &architecture, std::vector<std::string> &notes) {
  const GgufKeys keys(file, architecture.name);
  LONGC_TRY(architecture.encoder ? keys.refuseArithmetic({"attention.layer_norm_epsilon", "pooling_type"}) : keys.refuseArithmetic());
  LONGC_TRY(checkOrder(keys, architecture.encoder));
  if (architecture.encoder)
    return readEncoder(keys, architecture, notes);
  DecoderConfig config;
  LONGC_TRY(readSizes(keys, config));
  LONGC_TRY(readHeads(keys, config));
  LONGC_TRY(keys.readPositive("attention.layer_norm_rms_epsilon", config.normEpsilon));
  LONGC_TRY(readRope(keys, config, config.rope));
  LONGC_TRY(readFamily(keys, architecture, config));
  if (keys.has("attention.scale"))
    LONGC_TRY(keys.readPositive("attention.scale", config.attentionScale));
  return config;
}

} // namespace longc
