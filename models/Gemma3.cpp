// Gemma 3 (text): norms before and behind attention and MLP, of queries and keys head by head, most layers with a window.
// The weights of norms are factors here, as GGUF stores them; Hugging Face stores them less 1.
#include "models/Registry.h"

using namespace mlir;

namespace longc {
namespace {

Value attention(Blocks &blocks, Value x, int64_t layer, const std::string &name) {
  const DecoderConfig &config = blocks.config();
  Value q = blocks.heads(x, name + ".q_proj", config.heads, config.queryBias);
  Value k = blocks.heads(x, name + ".k_proj", config.kvHeads, config.queryBias);
  Value v = blocks.heads(x, name + ".v_proj", config.kvHeads, config.queryBias);
  q = blocks.rmsNorm(q, name + ".q_norm");
  k = blocks.rmsNorm(k, name + ".k_norm");
  Value attended = blocks.attention(q, k, v, layer, name + ".attention");
  return blocks.linear(attended, name + ".o_proj", config.hidden, config.outputBias);
}

} // namespace

void buildGemma3(Blocks &blocks) {
  blocks.decoder([&](Value x, int64_t layer, const std::string &name) {
    Value inner = blocks.rmsNorm(x, name + ".input_layernorm");
    inner = attention(blocks, inner, layer, name + ".self_attn");
    x = blocks.add(x, blocks.rmsNorm(inner, name + ".post_attention_layernorm"));
    inner = blocks.rmsNorm(x, name + ".pre_feedforward_layernorm");
    inner = blocks.gatedMlp(inner, name + ".mlp");
    return blocks.add(x, blocks.rmsNorm(inner, name + ".post_feedforward_layernorm"));
  });
}

} // namespace longc
