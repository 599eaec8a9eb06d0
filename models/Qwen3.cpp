// Qwen 3: a Llama whose queries and keys are normed head by head before they are rotated.
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

void buildQwen3(Blocks &blocks) {
  blocks.decoder([&](Value x, int64_t layer, const std::string &name) {
    Value normed = blocks.rmsNorm(x, name + ".input_layernorm");
    x = blocks.add(x, attention(blocks, normed, layer, name + ".self_attn"));
    normed = blocks.rmsNorm(x, name + ".post_attention_layernorm");
    return blocks.add(x, blocks.gatedMlp(normed, name + ".mlp"));
  });
}

} // namespace longc
