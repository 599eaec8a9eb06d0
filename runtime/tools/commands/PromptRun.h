// What `generate` tells of a prompt that it continued.
#pragma once

#include "runtime/serve/Generate.h"
#include "runtime/text/Tokenizer.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace longc {

struct PromptRun {
  std::vector<int32_t> prompt;
  double loadSeconds, readSeconds;
  Generation generation;
  std::string text;
  uint64_t seed;
};

/// Continues what the session has read; text and generation go to `run`, the text's pieces to `onText` as they come, if it is
/// given. ^C ends it, and so does an error of `onText`.
using TextReceiver = std::function<Status(const std::string &piece)>;
Status continueText(Session &session, const Tokenizer &tokenizer, Sampler sampler, GenerateOptions options, const TextReceiver &onText, PromptRun &run);

/// The same, to stdout with a line's end, or nowhere unless it `streams`.
Status continueAloud(Session &session, const Tokenizer &tokenizer, Sampler sampler, GenerateOptions options, bool streams, PromptRun &run);

/// One line of JSON.
std::string toJson(const PromptRun &run, const Session &session);

} // namespace longc
