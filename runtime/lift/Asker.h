// Questions to a model one after another, each behind the same document (as much of it as the window holds) or behind nothing.
#pragma once

#include "runtime/serve/Generate.h"
#include "runtime/text/Tokenizer.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

class Asker {
public:
  /// `tokenizer` and `engine` must outlive this. `window`: the tokens of document, question and reply together.
  Asker(Engine &engine, const Tokenizer &tokenizer, int64_t window) : engine_(engine), tokenizer_(tokenizer), window_(window) {}

  /// From now on documents are not cut: what the window does not hold goes into the program's memory.
  void readThroughMemory(const SessionOptions &options) { memory_ = options; }
  /// From now on questions stand behind `text`, cut to what leaves `room` tokens for question and reply.
  Status readDocument(std::string_view title, std::string_view text, int64_t room, const IngestOptions &ingest);

  /// The first line of a greedy reply, white space before it left out.
  Result<std::string> firstLine(std::string_view question, int64_t tokens, const std::function<bool()> &stop);

private:
  Engine &engine_;
  const Tokenizer &tokenizer_;
  int64_t window_;
  std::optional<SessionOptions> memory_;
  std::unique_ptr<Session> document_; // that every question goes on from
};

} // namespace longc
