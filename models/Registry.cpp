// Which file builds which family.
#include "models/Registry.h"

using namespace mlir;

namespace longc {
namespace {

struct Family {
  const char *name;
  void (*build)(Blocks &);
};

constexpr Family families[] = {
    {"bert", buildBert},      {"gemma3", buildGemma3}, {"llama", buildLlama},   {"mistral", buildLlama},    {"qwen2", buildLlama},
    {"qwen3", buildQwen3}, {"roberta", buildBert}, {"smollm3", buildLlama}, {"xlm-roberta", buildBert},
};

} // namespace

std::vector<std::string> modelFamilies() {
  std::vector<std::string> names;
  for (const Family &family : families)
    names.push_back(family.name);
  return names;
}

BuiltModel buildModel(MLIRContext *context, const DecoderConfig &config, const ParameterTypes &types) {
  context->loadDialect<lm::LmDialect, func::FuncDialect>();
  BuiltModel built{ModuleOp::create(UnknownLoc::get(context)), {}};
  Blocks blocks(*built.module, config, types);
  for (const Family &family : families)
    if (config.family == family.name)
      family.build(blocks);
  built.account = blocks.account();
  return built;
}

} // namespace longc
