// The Llama family: Llama 2 and 3, SmolLM2 and 3, LongLLaMA, Mistral and Qwen 2. What tells them apart is in the
// configuration: biases, layers that see a window of the newest tokens, layers without positions.
#include "models/Registry.h"

using namespace mlir;

namespace longc {

void buildLlama(Blocks &blocks) {
  blocks.decoder([&](Value x, int64_t layer, const std::string &name) {
    Value normed = blocks.rmsNorm(x, name + ".input_layernorm");
    x = blocks.add(x, blocks.selfAttention(normed, layer, name + ".self_attn"));
    normed = blocks.rmsNorm(x, name + ".post_attention_layernorm");
    return blocks.add(x, blocks.gatedMlp(normed, name + ".mlp"));
  });
}

} // namespace longc
