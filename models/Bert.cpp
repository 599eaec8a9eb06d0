// The BERT family: BERT, MiniLM, RoBERTa, XLM-R and bge-m3. Norms stand behind the residual sums. What tells them apart is in
// the configuration: where positions begin, what is pooled.
#include "models/Registry.h"

using namespace mlir;

namespace longc {

void buildBert(Blocks &blocks) {
  blocks.encoder([&](Value x, int64_t, const std::string &name) {
    Value attended = blocks.bidirectionalAttention(x, name + ".attention");
    x = blocks.layerNorm(blocks.add(attended, x), name + ".attention.output.LayerNorm");
    Value inner = blocks.mlp(x, name + ".intermediate.dense", name + ".output.dense");
    return blocks.layerNorm(blocks.add(inner, x), name + ".output.LayerNorm");
  });
}

} // namespace longc
