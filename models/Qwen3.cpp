// Qwen 3: a Llama whose queries and keys are normed head by head before they are rotated.
#include "models/Registry.h"

using namespace mlir;

namespace longc {

void buildQwen3(Blocks &blocks) {
  blocks.decoder([&](Value x, int64_t layer, const std::string &name) {
    Value normed = blocks.rmsNorm(x, name + ".input_layernorm");
    x = blocks.add(x, blocks.selfAttention(normed, layer, name + ".self_attn", /*headNorms=*/true));
    normed = blocks.rmsNorm(x, name + ".post_attention_layernorm");
    return blocks.add(x, blocks.gatedMlp(normed, name + ".mlp"));
  });
}

} // namespace longc
