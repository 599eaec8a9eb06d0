// Continues a session token by token.
#pragma once

#include "runtime/serve/Session.h"
#include "runtime/text/Sampler.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace longc {

enum class Finish : uint8_t { length, stop, window, cancelled };
const char *finishName(Finish finish);

struct GenerateOptions {
  int64_t maxTokens = 128;
  std::vector<int32_t> stopTokens; // the one met is the last of the generated tokens
  /// Each new token; false stops.
  std::function<bool(int32_t token)> onToken;
};

struct Generation {
  std::vector<int32_t> tokens;
  Finish finish = Finish::length;
  double seconds = 0, firstTokenSeconds = 0;
};

/// `session` must hold at least one token.
Result<Generation> generate(Session &session, Sampler &sampler, const GenerateOptions &options);

} // namespace longc
