// Continues sessions token by token.
#pragma once

#include "runtime/serve/Session.h"
#include "runtime/text/Sampler.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
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

/// Chooses token after token. The session takes in each before the next is chosen, alone or together with others.
class Decoding {
public:
  Decoding(Sampler &sampler, GenerateOptions options) : sampler_(sampler), options_(std::move(options)) {}

  /// The next token for the session, which must hold at least one; none where the text has ended.
  Result<std::optional<int32_t>> next(const Session &session);
  /// The same with a token that was chosen already, `room` being the session's without it.
  std::optional<int32_t> take(int32_t token, int64_t room);
  /// Whether the text goes on behind the next token, unless that or whoever receives it ends it.
  bool goesOn() const { return static_cast<int64_t>(generation_.tokens.size()) + 1 < options_.maxTokens; }
  /// Everything so far.
  Generation generation() const;

private:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

  Sampler &sampler_;
  GenerateOptions options_;
  Generation generation_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// `session` must have logits: those of what was ingested last. Where its device chooses tokens as the sampler does, they come from there, and the
/// logits stay there: afterwards the session goes on by `ingest`, not by another `generate`.
Result<Generation> generate(Session &session, Sampler &sampler, const GenerateOptions &options);
Result<Generation> generate(Session &session, Sampler &sampler, const GenerateOptions &options, DeviceSampler &device);

} // namespace longc
