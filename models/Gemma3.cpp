// Gemma 3 (text): norms before and behind attention and MLP, of queries and keys head by head, most layers with a window.
// The weights of norms are factors here, as GGUF stores them; Hugging Face stores them less 1.
#include "models/Registry.h"

using namespace mlir;

namespace longc {

void buildGemma3(Blocks &blocks) {
  blocks.decoder([&](Value x, int64_t layer, const std::string &name) {
    Value inner = blocks.rmsNorm(x, name + ".input_layernorm");
    inner = blocks.selfAttention(inner, layer, name + ".self_attn", /*headNorms=*/true);
    x = blocks.add(x, blocks.rmsNorm(inner, name + ".post_attention_layernorm"));
    inner = blocks.rmsNorm(x, name + ".pre_feedforward_layernorm");
    inner = blocks.gatedMlp(inner, name + ".mlp");
    return blocks.add(x, blocks.rmsNorm(inner, name + ".post_feedforward_layernorm"));
  });
}

} // namespace longc
