// Documents of kind e2llm: texts as soft tokens (runtime/e2llm), one a chunk, which a chat's question is asked behind.
#pragma once

#include "runtime/e2llm/SoftDocument.h"
#include "runtime/e2llm/SoftPrompt.h"
#include "runtime/train/ParameterList.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace longc {

class SoftDocuments {
public:
  using Soft = std::shared_ptr<const SoftDocument>;

  /// `engine`, of a program that joins an encoder and a decoder, and `tokenizer` outlive this; so does `adapter`, the values of what
  /// the program trains (null: its own).
  static Result<std::unique_ptr<SoftDocuments>> create(const Engine &engine, const longc_program_table &table, const EngineOptions &options,
                                                       const Tokenizer &tokenizer, const ParameterArray *adapter);

  /// Bytes of the soft tokens of a text, about.
  double bytes(size_t textBytes) const;
  /// Compresses a text, on the engine's thread; `goesOn` gets the share that is done between calls of the model.
  Result<Soft> read(const DocumentText &text, const std::function<bool(double share)> &goesOn);
  Status save(const std::string &path, const SoftDocument &document) const { return document.save(path, traits()); }
  Result<Soft> load(const std::string &path) const;
  /// Ids of a question behind so many soft tokens.
  Result<std::vector<int32_t>> ask(int64_t chunks, const std::string &question) const;

private:
  SoftDocuments(const Engine &engine, const Tokenizer &tokenizer, std::unique_ptr<Compressor> compressor, SoftPrompt prompt)
      : engine_(engine), tokenizer_(tokenizer), compressor_(std::move(compressor)), prompt_(std::move(prompt)) {}
  std::vector<abi::Trait> traits() const { return SoftDocument::traits(engine_.program(), engine_.precision(), engine_.adapter()); }

  const Engine &engine_;
  const Tokenizer &tokenizer_;
  std::unique_ptr<Compressor> compressor_;
  SoftPrompt prompt_;
};

} // namespace longc
