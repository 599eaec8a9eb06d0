// A program of an encoder and a decoder opened for a command: both with the values of --adapter, and the prompts around soft tokens.
#pragma once

#include "runtime/e2llm/SoftDocument.h"
#include "runtime/e2llm/SoftPrompt.h"
#include "runtime/tools/commands/OpenedModel.h"
#include "runtime/tools/commands/PromptRun.h"

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace longc {

/// --chunk, or `usual` bytes where it is not given.
Result<ChunkSize> chunkSizeOf(const Arguments &arguments, size_t usual);

/// The answer to a prompt of soft tokens and words.
struct SoftAnswer {
  PromptRun run;
  std::unique_ptr<Session> session;
};

/// A chunk of one of several documents.
struct ChunkPlace {
  size_t document, chunk;
  auto operator<=>(const ChunkPlace &) const = default;
};

struct SoftModel {
  OpenedModel model;
  std::unique_ptr<Compressor> compressor;
  SoftPrompt prompt;

  static Result<SoftModel> open(const Arguments &arguments);

  std::vector<abi::Trait> traits() const;
  /// --chunk, else what the program was compiled with.
  Result<ChunkSize> chunkSize(const Arguments &arguments) const;
  /// A file as it is: a document that `read` made, or a text, which is compressed now. `before`: of a prompt that is to have all soft tokens,
  /// how many other documents give; a text that does not fit behind them is refused before the minutes that compressing it takes.
  Result<SoftDocument> openDocument(const std::string &path, const ChunkSize &chunk, std::optional<int64_t> before) const;
  /// Compresses a text, with a progress bar; ^C cancels.
  Result<SoftDocument> read(std::string name, std::string text, const ChunkSize &chunk, const SoftDocument *old, ProgressMode mode) const;

  /// The chunks by the tokens that they share with the question (scoresOfPieces), among equals by how near their pools are to the question's.
  Result<std::vector<ChunkPlace>> nearest(std::span<const SoftDocument> documents, const std::string &question) const;

  /// Ids of an instruction behind the soft tokens of rows [0, count) and `words`.
  Result<std::vector<int32_t>> ask(int64_t count, std::span<const int32_t> words, const std::string &instruction) const;
  /// Greedy or drawn, up to `most` tokens; `onText` (may be null) gets pieces of the text as they come.
  Result<SoftAnswer> answer(std::span<const int32_t> ids, std::span<const float> softTokens, const SamplerOptions &sampler, int64_t most,
                            const TextReceiver &onText) const;
};

} // namespace longc
