// Names of architectures and of their tensors, as llama.cpp's converter writes them.
#include "frontends/gguf/Architectures.h"

#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace longc {
namespace {

constexpr Architecture architectures[] = {
    {"bert", "bert", false, false, false, /*encoder=*/true},
    {"gemma3", "gemma3", false, false, true}, {"llama", "llama", true, true, false},
    {"qwen2", "qwen2", false, true, false},   {"qwen3", "qwen3", false, true, false},
    {"smollm3", "smollm3", true, true, false},
};

struct Names {
  std::string_view tensor, parameter;
};

constexpr Names ofDecoders[] = {
    {"token_embd", "model.embed_tokens"},
    {"output_norm", "model.norm"},
    {"output", "lm_head"},
};
constexpr Names ofEncoders[] = {
    {"token_embd", "embeddings.word_embeddings"},
    {"token_types", "embeddings.token_type_embeddings"},
    {"position_embd", "embeddings.position_embeddings"},
    {"pos_embd", "embeddings.position_embeddings"}, // as the specification has it
    {"token_embd_norm", "embeddings.LayerNorm"},
};

// blk.3.NAME.weight is model.layers.3.NAME.weight, and so are biases.
constexpr Names ofDecoderLayers[] = {
    {"attn_norm", "input_layernorm"},
    {"attn_q", "self_attn.q_proj"},
    {"attn_k", "self_attn.k_proj"},
    {"attn_v", "self_attn.v_proj"},
    {"attn_q_norm", "self_attn.q_norm"},
    {"attn_k_norm", "self_attn.k_norm"},
    {"attn_output", "self_attn.o_proj"},
    {"ffn_gate", "mlp.gate_proj"},
    {"ffn_up", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj"},
};
// blk.3.NAME.weight is encoder.layer.3.NAME.weight.
constexpr Names ofEncoderLayers[] = {
    {"attn_q", "attention.self.query"},
    {"attn_k", "attention.self.key"},
    {"attn_v", "attention.self.value"},
    {"attn_output", "attention.output.dense"},
    {"attn_output_norm", "attention.output.LayerNorm"},
    {"ffn_up", "intermediate.dense"},
    {"ffn_down", "output.dense"},
    {"layer_output_norm", "output.LayerNorm"},
};
constexpr Names innerNorms[] = {{"ffn_norm", "post_attention_layernorm"}};
constexpr Names outerNorms[] = {
    {"post_attention_norm", "post_attention_layernorm"},
    {"ffn_norm", "pre_feedforward_layernorm"},
    {"post_ffw_norm", "post_feedforward_layernorm"},
};

std::span<const Names> globalNames(const Architecture &architecture) {
  return architecture.encoder ? std::span<const Names>(ofEncoders) : ofDecoders;
}
std::span<const Names> layerNames(const Architecture &architecture) {
  return architecture.encoder ? std::span<const Names>(ofEncoderLayers) : ofDecoderLayers;
}
std::span<const Names> normsOf(const Architecture &architecture) {
  return architecture.encoder ? std::span<const Names>() : architecture.outerNorms ? std::span<const Names>(outerNorms) : innerNorms;
}
std::string_view layerPrefix(const Architecture &architecture) { return architecture.encoder ? "encoder.layer." : "model.layers."; }

// The other name of `name` in a list; empty if it is not there.
std::string_view translated(std::span<const Names> list, std::string_view name, std::string_view Names::*from,
                            std::string_view Names::*to) {
  for (const Names &entry : list)
    if (entry.*from == name)
      return entry.*to;
  return {};
}

// blk.3.attn_q.weight with the prefix "blk.": "3", "attn_q", "weight". Nothing for another form.
struct LayerName {
  std::string_view layer, part, kind;
};

std::optional<LayerName> splitLayer(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix))
    return std::nullopt;
  name.remove_prefix(prefix.size());
  const size_t first = name.find('.'), last = name.rfind('.');
  if (first == std::string_view::npos || first == last)
    return std::nullopt;
  const LayerName split{name.substr(0, first), name.substr(first + 1, last - first - 1), name.substr(last + 1)};
  uint32_t number = 0; // written as a number is: two names of one tensor would be two parameters of one name
  auto [end, error] = std::from_chars(split.layer.data(), split.layer.data() + split.layer.size(), number);
  if (error != std::errc() || std::to_string(number) != split.layer)
    return std::nullopt;
  return split;
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (std::string_view part : parts)
    text += part;
  return text;
}

} // namespace

const Architecture *findArchitecture(std::string_view name) {
  for (const Architecture &known : architectures)
    if (known.name == name)
      return &known;
  return nullptr;
}

std::string knownArchitectures() {
  std::string text;
  for (const Architecture &known : architectures)
    text += (text.empty() ? "'" : ", '") + std::string(known.name) + "'";
  return text;
}

std::optional<std::string> parameterName(const Architecture &architecture, std::string_view tensor) {
  if ((tensor == waveFactorsTensor && architecture.waveFactors) || tensor.ends_with("attn_rot_embd.weight"))
    return "";
  if (std::optional<LayerName> name = splitLayer(tensor, "blk.")) {
    for (std::span<const Names> list : {layerNames(architecture), normsOf(architecture)})
      if (std::string_view part = translated(list, name->part, &Names::tensor, &Names::parameter); !part.empty())
        return joined({layerPrefix(architecture), name->layer, ".", part, ".", name->kind});
    return std::nullopt;
  }
  const size_t dot = tensor.rfind('.');
  if (dot == std::string_view::npos)
    return std::nullopt;
  if (std::string_view part = translated(globalNames(architecture), tensor.substr(0, dot), &Names::tensor, &Names::parameter); !part.empty())
    return joined({part, tensor.substr(dot)});
  return std::nullopt;
}

std::string tensorName(const Architecture &architecture, const std::string &parameter) {
  if (std::optional<LayerName> name = splitLayer(parameter, layerPrefix(architecture)))
    for (std::span<const Names> list : {layerNames(architecture), normsOf(architecture)})
      if (std::string_view part = translated(list, name->part, &Names::parameter, &Names::tensor); !part.empty())
        return joined({"blk.", name->layer, ".", part, ".", name->kind});
  const size_t dot = parameter.rfind('.');
  if (dot != std::string::npos)
    if (std::string_view part = translated(globalNames(architecture), parameter.substr(0, dot), &Names::parameter, &Names::tensor); !part.empty())
      return joined({part, parameter.substr(dot)});
  return parameter;
}

} // namespace longc
