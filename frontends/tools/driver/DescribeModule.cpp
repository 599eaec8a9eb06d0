// A checkpoint's description as messages.
#include "frontends/tools/driver/DescribeModule.h"

#include "frontends/tools/driver/CheckText.h"
#include "frontends/tools/driver/DescribeTokenizer.h"

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
  if (Status status = checkText(model.tokenizer, module.tokenizer()); !status.ok())
    return ofFile(status);
  if (!options.quiet)
    for (const std::string &note : model.tokenizer.notes)
      std::fprintf(stderr, "note: %s: %s\n", path.c_str(), note.c_str());
  return {};
}

} // namespace longc
