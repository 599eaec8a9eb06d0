// A checkpoint's description as messages.
#include "frontends/tools/driver/DescribeModule.h"

#include "frontends/tools/driver/CheckText.h"
#include "frontends/tools/driver/DescribeTokenizer.h"
#include "runtime/core/Format.h"
#include "runtime/serve/SamplingDefaults.h"

#include <cstdio>

namespace longc {
namespace {

void describeEncoder(const EncoderConfig &config, abi::Encoder &encoder) {
  encoder.set_pooling(config.pooling == Pooling::Mean  ? abi::Encoder::MEAN
                      : config.pooling == Pooling::Cls ? abi::Encoder::CLS
                                                       : abi::Encoder::LAST);
  encoder.set_normalize(config.normalize);
  encoder.set_first_position(config.firstPosition);
  if (config.uncountedToken)
    encoder.set_uncounted_token(*config.uncountedToken);
}

void describeSampling(const GenerationDefaults &defaults, abi::Sampling &sampling) {
  sampling.set_temperature(defaults.sample ? defaults.temperature.value_or(1) : 0);
  sampling.set_top_k(static_cast<uint32_t>(defaults.topK.value_or(0)));
  sampling.set_top_p(defaults.topP.value_or(1));
  sampling.set_min_p(defaults.minP.value_or(0));
  sampling.set_repetition_penalty(defaults.repetitionPenalty.value_or(0));
}

void describeMemory(const CompileOptions &options, llvm::ArrayRef<int64_t> layers, abi::Memory &memory) {
  memory.set_method(options.method);
  for (int64_t layer : layers)
    memory.add_layers(layer);
  memory.set_default_window(options.window);
  memory.set_default_last_context(options.lastContext);
  memory.set_topk(options.topk);
}

} // namespace

Status describeModule(const CompileOptions &options, const std::string &path, const Checkpoint &model,
                      llvm::ArrayRef<int64_t> memoryLayers, abi::Module &module) {
  module.set_name(model.title.empty() ? "model" : model.title);
  auto ofFile = [&path](const Status &error) {
    return Status::error(error.code(), path + ": " + error.message(), error.hint());
  };
  if (Status status = describeTokenizer(model.tokenizer, *module.mutable_tokenizer()); !status.ok())
    return ofFile(status);
  module.set_context_length(model.config.contextLength);
  module.set_layers(model.config.layers);
  module.set_vocabulary(model.config.vocabSize);
  module.set_hidden(model.config.hidden);
  if (model.config.encoder)
    describeEncoder(*model.config.encoder, *module.mutable_encoder());
  else
    describeMemory(options, memoryLayers, *module.mutable_memory());
  if ((model.generation.sample || model.generation.repetitionPenalty) && !model.config.encoder)
    describeSampling(model.generation, *module.mutable_sampling());
  if (Status status = checkText(model.tokenizer, module.tokenizer()); !status.ok())
    return ofFile(status);
  if (options.quiet)
    return {};
  for (const std::string &note : model.tokenizer.notes)
    std::fprintf(stderr, "note: %s: %s\n", path.c_str(), note.c_str());
  if (module.has_sampling())
    std::fprintf(stderr, "note: chat and generate draw tokens as generation_config.json has it, unless told otherwise: %s\n",
                 samplingOf(module).describe().c_str());
  if (!model.generation.ignored.empty())
    std::fprintf(stderr, "note: generation_config.json: %s not supported here and without effect\n",
                 (quotedList(model.generation.ignored) + (model.generation.ignored.size() == 1 ? " is" : " are")).c_str());
  return {};
}

} // namespace longc
