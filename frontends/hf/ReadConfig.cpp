// Keys of config.json to the numbers of a decoder, a function a family.
#include "frontends/hf/ReadConfig.h"

#include "frontends/hf/ArithmeticKeys.h"
#include "frontends/hf/ReadRope.h"
#include "runtime/core/Format.h"
#include "runtime/io/ConfigKeys.h"
#include "runtime/io/Limits.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <cmath>

namespace longc {
namespace {

class ConfigReader {
public:
  ConfigReader(const ConfigKeys &keys, HfConfig &out) : keys_(keys), out_(out), config_(out.decoder) {}

  Status llama() {
    LONGC_TRY(common("llama", 0, "hidden_act", true));
    LONGC_TRY(biases());
    return readRope(keys_, 10000.0, config_.rope, out_.notes);
  }

  Status longLlama() {
    LONGC_TRY(llama());
    MemoryDefaults memory;
    bool positions = true;
    LONGC_TRY(keys_.read("mem_positionals", positions));
    if (!positions)
      return keys_.unsupported("mem_positionals", "a memory without positions");
    if (config_.rope.scaling != RopeScaling::None)
      return keys_.unsupported("rope_scaling", "rotary scaling of this family");
    LONGC_TRY(keys_.read("last_context_length", 1, limits::contextLength, memory.lastContext));
    LONGC_TRY(layerList("mem_layers", memory.layers));
    if (memory.layers.empty())
      out_.notes.push_back(keys_.name("mem_layers") + " names no layers: the model has no memory of its own");
    out_.memory = memory;
    return {};
  }

  Status mistral() {
    LONGC_TRY(common("mistral", 0, "hidden_act", false));
    LONGC_TRY(window(4096));
    if (config_.slidingWindow > 0)
      config_.sliding.assign(static_cast<size_t>(config_.layers), true);
    LONGC_TRY(readRope(keys_, 10000.0, config_.rope, out_.notes));
    config_.slidingRope = config_.rope;
    return {};
  }

  Status qwen2() {
    LONGC_TRY(common("qwen2", 0, "hidden_act", false));
    config_.queryBias = true;
    return windowAndRope();
  }

  Status qwen3() {
    LONGC_TRY(common("qwen3", 128, "hidden_act", false));
    LONGC_TRY(biases());
    return windowAndRope();
  }

  Status smolLm3() {
    out_.tied = true;
    LONGC_TRY(common("smollm3", 0, "hidden_act", false));
    LONGC_TRY(biases());
    LONGC_TRY(layersWithoutRope());
    LONGC_TRY(window(0, /*used=*/false));
    LONGC_TRY(slidingLayers([&](int64_t layer) { return !config_.rotates(layer); }));
    LONGC_TRY(readRope(keys_, 2000000.0, config_.rope, out_.notes));
    config_.slidingRope = config_.rope;
    return {};
  }

  Status gemma3() {
    out_.tied = out_.normsPlusOne = true;
    LONGC_TRY(common("gemma3", 256, "hidden_activation", false));
    LONGC_TRY(biases());
    double scalar = 256.0;
    LONGC_TRY(keys_.readPositive("query_pre_attn_scalar", scalar));
    config_.attentionScale = 1.0 / std::sqrt(scalar);
    config_.embeddingScale = std::sqrt(static_cast<double>(config_.hidden));
    LONGC_TRY(window(4096));
    int64_t pattern = 6;
    LONGC_TRY(keys_.read("sliding_window_pattern", 1, limits::layers, pattern));
    LONGC_TRY(slidingLayers([&](int64_t layer) { return (layer + 1) % pattern != 0; }));
    return readLayeredRope(keys_, 1000000.0, 10000.0, config_, out_.notes);
  }

  Status bert() { return encoder("bert"); }

  // Positions begin behind that of the padding token, which the table has too; a padding token in a text stands there.
  Status roberta() {
    LONGC_TRY(encoder("roberta"));
    int64_t padding = 1;
    LONGC_TRY(keys_.read("pad_token_id", 0, limits::vocabulary, padding));
    if (padding >= config_.vocabSize || padding + 1 >= config_.contextLength)
      return keys_.invalid("pad_token_id", "a token whose place in the table of " + std::to_string(config_.contextLength) +
                                               " positions leaves room for others");
    config_.encoder->uncountedToken = static_cast<int32_t>(padding);
    config_.encoder->firstPosition = padding + 1;
    config_.contextLength -= padding + 1;
    return {};
  }

  Status xlmRoberta() {
    LONGC_TRY(roberta());
    config_.family = "xlm-roberta";
    return {};
  }

private:
  Status encoder(const char *family) {
    config_.family = family;
    config_.encoder.emplace();
    LONGC_TRY(sizes());
    config_.kvHeads = config_.heads;
    if (config_.hidden % config_.heads != 0)
      return keys_.invalid("hidden_size", "a multiple of the " + std::to_string(config_.heads) + " heads");
    config_.headSize = config_.hidden / config_.heads;
    config_.encoder->positionRows = config_.contextLength;
    config_.encoder->tokenTypes = 2;
    LONGC_TRY(keys_.read("type_vocab_size", 1, limits::vocabulary, config_.encoder->tokenTypes));
    config_.normEpsilon = 1e-12;
    LONGC_TRY(keys_.readPositive("layer_norm_eps", config_.normEpsilon));
    bool decodes = false;
    LONGC_TRY(keys_.read("is_decoder", decodes));
    if (decodes)
      return keys_.unsupported("is_decoder", "an encoder's layers as those of a decoder");
    std::string positions = "absolute";
    LONGC_TRY(keys_.read("position_embedding_type", positions));
    if (positions != "absolute")
      return keys_.unsupported("position_embedding_type", "positions of type " + quoted(positions), "expected 'absolute'");
    return activation("hidden_act", "gelu",
                      {{"gelu", Activation::Gelu}, {"gelu_python", Activation::Gelu}, {"gelu_new", Activation::GeluTanh},
                       {"gelu_pytorch_tanh", Activation::GeluTanh}});
  }

  Status sizes() {
    LONGC_TRY(keys_.require("vocab_size", 1, limits::vocabulary, config_.vocabSize));
    LONGC_TRY(keys_.require("hidden_size", 1, limits::width, config_.hidden));
    LONGC_TRY(keys_.require("intermediate_size", 1, limits::width, config_.feedForward));
    LONGC_TRY(keys_.require("num_hidden_layers", 1, limits::layers, config_.layers));
    LONGC_TRY(keys_.require("num_attention_heads", 1, limits::heads, config_.heads));
    return keys_.require("max_position_embeddings", 1, limits::contextLength, config_.contextLength);
  }

  // What all decoders have. `headSize`: the family's default, 0 for hidden / heads. `keyHeadsFollow`: an absent number of
  // key heads is that of heads.
  Status common(const char *family, int64_t headSize, const char *activationKey, bool keyHeadsFollow) {
    config_.family = family;
    LONGC_TRY(sizes());
    config_.kvHeads = config_.heads;
    if (!keyHeadsFollow && !keys_.object().find("num_key_value_heads"))
      return keys_.missing("num_key_value_heads");
    LONGC_TRY(keys_.read("num_key_value_heads", 1, limits::heads, config_.kvHeads));
    if (config_.heads % config_.kvHeads != 0)
      return keys_.invalid("num_key_value_heads", "a divisor of the " + std::to_string(config_.heads) + " heads");
    config_.headSize = headSize ? headSize : config_.hidden / config_.heads;
    if (!headSize && !keys_.has("head_dim") && config_.hidden % config_.heads != 0)
      return keys_.invalid("hidden_size", "a multiple of the " + std::to_string(config_.heads) +
                                              " heads, as there is no 'head_dim'");
    LONGC_TRY(keys_.read("head_dim", 1, limits::width, config_.headSize));
    if (config_.headSize % 2 != 0)
      return Status::error(ConfigInvalid, "head size " + std::to_string(config_.headSize) +
                                              ": expected an even one, as rotary embedding turns pairs");
    config_.ropeDim = config_.headSize;
    config_.normEpsilon = 1e-6;
    LONGC_TRY(keys_.readPositive("rms_norm_eps", config_.normEpsilon));
    LONGC_TRY(keys_.read("tie_word_embeddings", out_.tied));
    const bool silu = activationKey == std::string_view("hidden_act");
    return activation(activationKey, silu ? "silu" : "gelu_pytorch_tanh",
                      {{"silu", Activation::Silu}, {"swish", Activation::Silu}, {"gelu_pytorch_tanh", Activation::GeluTanh},
                       {"gelu_new", Activation::GeluTanh}});
  }

  using Activations = std::vector<std::pair<const char *, Activation>>;

  Status activation(const char *key, std::string name, const Activations &known) {
    LONGC_TRY(keys_.read(key, name));
    std::string names;
    for (const auto &[each, activation] : known) {
      if (name == each) {
        config_.activation = activation;
        return {};
      }
      names += (names.empty() ? "" : ", ") + std::string(each);
    }
    return keys_.unsupported(key, "activation " + quoted(name), "activations: " + names);
  }

  Status biases() {
    LONGC_TRY(keys_.read("attention_bias", config_.queryBias));
    config_.outputBias = config_.queryBias;
    return keys_.read("mlp_bias", config_.mlpBias);
  }

  // The number of tokens of a window where a key may switch windows off. An absent key is transformers' default; null
  // says that there is no window.
  Status window(int64_t defaultWindow, bool used = true) {
    LONGC_TRY(keys_.read("use_sliding_window", used));
    config_.slidingWindow = used && !keys_.object().find("sliding_window") ? defaultWindow : 0;
    return used ? keys_.read("sliding_window", 1, limits::contextLength, config_.slidingWindow) : Status();
  }

  // Which layers slide: `layer_types` if it is there, else `slides` by number.
  template <typename Slides> Status slidingLayers(Slides slides) {
    config_.sliding.resize(static_cast<size_t>(config_.layers));
    const JsonValue *types = keys_.find("layer_types");
    if (types && (!types->array() || types->array()->size() != config_.sliding.size()))
      return keys_.invalid("layer_types", "a list of " + std::to_string(config_.layers) + " entries, one a layer");
    for (size_t layer = 0; layer < config_.sliding.size(); ++layer) {
      if (!types) {
        config_.sliding[layer] = config_.slidingWindow > 0 && slides(static_cast<int64_t>(layer));
        continue;
      }
      const std::string *type = (*types->array())[layer].text();
      if (!type || (*type != "full_attention" && *type != "sliding_attention"))
        return keys_.unsupported("layer_types", "a layer of type " + (type ? quoted(*type) : "no text"));
      config_.sliding[layer] = *type == "sliding_attention";
      if (config_.sliding[layer] && config_.slidingWindow == 0)
        return keys_.invalid("layer_types", "no 'sliding_attention', as no 'sliding_window' is used");
    }
    if (std::none_of(config_.sliding.begin(), config_.sliding.end(), [](bool sliding) { return sliding; })) {
      config_.sliding.clear();
      config_.slidingWindow = 0;
    }
    return {};
  }

  Status windowAndRope() {
    int64_t firstSliding = 28;
    LONGC_TRY(keys_.read("max_window_layers", 0, limits::layers, firstSliding));
    LONGC_TRY(window(4096, /*used=*/false));
    LONGC_TRY(slidingLayers([&](int64_t layer) { return layer >= firstSliding; }));
    LONGC_TRY(readRope(keys_, 10000.0, config_.rope, out_.notes));
    config_.slidingRope = config_.rope;
    return {};
  }

  Status layersWithoutRope() {
    config_.unrotated.resize(static_cast<size_t>(config_.layers));
    const JsonValue *list = keys_.find("no_rope_layers");
    int64_t interval = 4;
    LONGC_TRY(keys_.read("no_rope_layer_interval", 1, limits::layers, interval));
    if (list && (!list->array() || list->array()->size() < config_.unrotated.size()))
      return keys_.invalid("no_rope_layers", "a list of " + std::to_string(config_.layers) + " entries, one a layer");
    for (size_t layer = 0; layer < config_.unrotated.size(); ++layer) {
      const int64_t *rotates = list ? (*list->array())[layer].integer() : nullptr;
      if (list && !rotates)
        return keys_.invalid("no_rope_layers", "0 or 1 for each layer");
      config_.unrotated[layer] = rotates ? *rotates == 0 : (static_cast<int64_t>(layer) + 1) % interval == 0;
    }
    return {};
  }

  Status layerList(const char *key, std::vector<int64_t> &layers) {
    const JsonValue *list = keys_.find(key);
    if (!list)
      return {};
    const std::string expected = "a list of layers from 0 to " + std::to_string(config_.layers - 1);
    if (!list->array())
      return keys_.invalid(key, expected);
    for (const JsonValue &layer : *list->array()) {
      if (!layer.integer() || *layer.integer() < 0 || *layer.integer() >= config_.layers)
        return keys_.invalid(key, expected);
      layers.push_back(*layer.integer());
    }
    return {};
  }

  const ConfigKeys &keys_;
  HfConfig &out_;
  DecoderConfig &config_;
};

struct Family {
  const char *type;
  Status (ConfigReader::*read)();
};

constexpr Family families[] = {
    {"bert", &ConfigReader::bert},       {"gemma3_text", &ConfigReader::gemma3},     {"llama", &ConfigReader::llama},
    {"longllama", &ConfigReader::longLlama}, {"mistral", &ConfigReader::mistral},    {"qwen2", &ConfigReader::qwen2},
    {"qwen3", &ConfigReader::qwen3},     {"roberta", &ConfigReader::roberta}, {"smollm3", &ConfigReader::smolLm3},
    {"xlm-roberta", &ConfigReader::xlmRoberta},
};

// A model that writes text, or an encoder whose hidden states are taken, and no classifier made of one.
Status checkArchitecture(const ConfigKeys &keys, bool encoder) {
  const JsonValue *list = keys.find("architectures");
  if (!list || !list->array() || list->array()->empty())
    return {};
  const std::string *name = list->array()->front().text();
  auto endsIn = [&](std::initializer_list<std::string_view> ends) {
    return name && std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return name->ends_with(end); });
  };
  if (encoder ? endsIn({"Model", "ForMaskedLM", "ForPreTraining"}) : endsIn({"ForCausalLM", "ForConditionalGeneration"}))
    return {};
  return keys.unsupported("architectures", name ? quoted(*name) : "no text",
                          encoder ? "expected one that ends in Model, ForMaskedLM or ForPreTraining" : "expected one that ends in ForCausalLM");
}

} // namespace

Status readEndIds(const JsonValue &json, int64_t vocabulary, std::vector<int32_t> &ids) {
  ConfigKeys keys(json);
  const char *key = "eos_token_id";
  const JsonValue *value = keys.find(key);
  if (!value)
    return {};
  JsonValue::Array one{*value};
  for (const JsonValue &id : value->array() ? *value->array() : one) {
    if (!id.integer() || *id.integer() < 0 || *id.integer() >= vocabulary)
      return keys.invalid(key, "ids below " + std::to_string(vocabulary) + ", the size of the vocabulary");
    ids.push_back(static_cast<int32_t>(*id.integer()));
  }
  return {};
}

Result<HfConfig> readHfConfig(const JsonValue &json) {
  if (!json.object())
    return Status::error(ConfigInvalid, "expected an object, found " + json.describe(), "this is no config.json of a model");
  ConfigKeys all(json);
  std::string type;
  LONGC_TRY(all.read("model_type", type));
  HfConfig config;
  const JsonValue *text = &json;
  if (type == "gemma3") { // with a picture's encoder beside the text model, which is what we take
    text = all.find("text_config");
    if (!text || !text->object())
      return all.missing("text_config");
    config.pictures = true;
    type = "gemma3_text";
  }
  ConfigKeys keys(*text, text == &json ? "" : "text_config.");
  std::string known;
  for (const Family &family : families) {
    known += (known.empty() ? "'" : ", '") + std::string(family.type) + "'";
    if (type != family.type)
      continue;
    LONGC_TRY(refuseArithmetic(keys));
    LONGC_TRY((ConfigReader(keys, config).*family.read)());
    LONGC_TRY(checkArchitecture(all, config.decoder.encoder.has_value()));
    LONGC_TRY(readEndIds(*text, config.decoder.vocabSize, config.endIds));
    return config;
  }
  if (type.empty())
    return all.missing("model_type");
  return Status::error(ArchitectureUnsupported, all.name("model_type") + ": " + quoted(type) + " is not supported: expected " + known,
                       "README.md lists the models that are");
}

} // namespace longc
