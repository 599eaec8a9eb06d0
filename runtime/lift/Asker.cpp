// One session for the document, a fork of it for each question.
#include "runtime/lift/Asker.h"

#include "runtime/core/ExitCode.h"
#include "runtime/core/Format.h"
#include "runtime/lift/Prompt.h"

namespace longc {
namespace {

SessionOptions optionsFor(int64_t window) {
  SessionOptions options;
  options.policy.window = options.policy.lastContext = window;
  options.policy.memory = false; // the window is all that is seen
  return options;
}

std::string_view withoutLeadingSpace(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

} // namespace

Status Asker::readDocument(std::string_view title, std::string_view text, int64_t room, const IngestOptions &ingest) {
  auto session = Session::create(engine_, memory_ ? *memory_ : optionsFor(window_));
  if (!session.ok())
    return session.status();
  document_ = std::move(*session);
  return document_->ingest(PromptDocument(tokenizer_, title, text).cutTo(memory_ ? INT64_MAX : std::max<int64_t>(1, window_ - room)), ingest);
}

Result<std::string> Asker::firstLine(std::string_view question, int64_t tokens, const std::function<bool()> &stop) {
  const std::vector<int32_t> asked = questionTokens(tokenizer_, question, document_ != nullptr);
  const int64_t needed = static_cast<int64_t>(asked.size()) + tokens;
  auto session = document_ ? document_->fork() : Session::create(engine_, optionsFor(std::min(needed, window_)));
  if (!session.ok())
    return session.status();
  LONGC_TRY((*session)->ingest(asked));
  Sampler greedy(SamplerOptions{});
  StreamDecoder decoder(tokenizer_);
  std::string text;
  GenerateOptions options;
  options.maxTokens = tokens;
  options.stopTokens = tokenizer_.stopIds();
  options.onToken = [&](int32_t token) {
    text += decoder.push(token);
    return withoutLeadingSpace(text).find('\n') == std::string_view::npos && !(stop && stop());
  };
  auto generation = generate(**session, greedy, options);
  if (!generation.ok())
    return generation.status();
  if (stop && stop())
    return Status::error(cancelledCode, "cancelled");
  text += decoder.flush();
  const std::string_view line = withoutLeadingSpace(text);
  return std::string(line.substr(0, line.find('\n')));
}

} // namespace longc
