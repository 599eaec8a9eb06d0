// Compressing, keeping and asking.
#include "runtime/http/SoftDocuments.h"

#include "runtime/serve/Batch.h"
#include "runtime/train/ProgramParameters.h"

namespace longc {

Result<std::unique_ptr<SoftDocuments>> SoftDocuments::create(const Engine &engine, const longc_program_table &table, const EngineOptions &options,
                                                             const Tokenizer &tokenizer, const ParameterArray *adapter) {
  const Program &program = engine.program();
  auto compressor = Compressor::create(program, table, options);
  if (!compressor.ok())
    return compressor.status();
  if (adapter)
    LONGC_TRY((*compressor)->bind(ProgramParameters::trainable(program.message()).list, *adapter));
  auto prompt = SoftPrompt::create(tokenizer, program.module().tokenizer().chat_template());
  if (!prompt.ok())
    return prompt.status();
  return std::unique_ptr<SoftDocuments>(new SoftDocuments(engine, tokenizer, std::move(*compressor), std::move(*prompt)));
}

double SoftDocuments::bytes(size_t textBytes) const {
  const size_t chunks = textBytes / std::max<size_t>(compressor_->settings().chunk_bytes(), 1) + 1;
  return static_cast<double>(chunks) * static_cast<double>(compressor_->width()) * sizeof(float);
}

Result<SoftDocuments::Soft> SoftDocuments::read(const DocumentText &text, const std::function<bool(double)> &goesOn) {
  auto document = SoftDocument::read(*compressor_, tokenizer_, text, ChunkSize{compressor_->settings().chunk_bytes()}, nullptr,
                                     [&](int64_t done, int64_t total) { return goesOn(static_cast<double>(done) / static_cast<double>(std::max<int64_t>(total, 1))); });
  return document.ok() ? Result<Soft>(std::make_shared<const SoftDocument>(std::move(*document))) : document.status();
}

Result<SoftDocuments::Soft> SoftDocuments::load(const std::string &path) const {
  auto document = SoftDocument::open(path, traits(), compressor_->width());
  return document.ok() ? Result<Soft>(std::make_shared<const SoftDocument>(std::move(*document))) : document.status();
}

Result<std::vector<int32_t>> SoftDocuments::ask(int64_t chunks, const std::string &question) const {
  std::vector<int32_t> contexts;
  for (int64_t row = 0; row < chunks; ++row)
    contexts.push_back(softToken(static_cast<int32_t>(row)));
  return prompt_.prompt(tokenizer_, contexts, SoftPrompt::answerInstruction(question));
}

} // namespace longc
