// The decode loop.
#include "runtime/serve/Generate.h"

#include <algorithm>

namespace longc {

const char *finishName(Finish finish) {
  switch (finish) {
  case Finish::length: return "length";
  case Finish::stop: return "stop";
  case Finish::window: return "window";
  case Finish::cancelled: return "cancelled";
  }
  return "unknown";
}

Result<std::optional<int32_t>> Decoding::next(const Session &session) {
  auto &tokens = generation_.tokens;
  const auto ends = [&](Finish finish) {
    generation_.finish = finish;
    return std::optional<int32_t>();
  };
  if (static_cast<int64_t>(tokens.size()) == options_.maxTokens)
    return ends(Finish::length);
  auto token = sampler_.sample(session.logits(), session.seen());
  if (!token.ok())
    return token.status();
  tokens.push_back(*token);
  if (tokens.size() == 1)
    generation_.firstTokenSeconds = seconds();
  if (std::find(options_.stopTokens.begin(), options_.stopTokens.end(), *token) != options_.stopTokens.end())
    return ends(Finish::stop);
  if (options_.onToken && !options_.onToken(*token))
    return ends(Finish::cancelled);
  if (static_cast<int64_t>(tokens.size()) == options_.maxTokens)
    return ends(Finish::length);
  if (session.room() < 1)
    return ends(Finish::window);
  return std::optional(*token);
}

Generation Decoding::generation() const {
  Generation generation = generation_;
  generation.seconds = seconds();
  return generation;
}

Result<Generation> generate(Session &session, Sampler &sampler, const GenerateOptions &options) {
  Decoding decoding(sampler, options);
  while (true) {
    auto token = decoding.next(session);
    if (!token.ok())
      return token.status();
    if (!*token)
      return decoding.generation();
    LONGC_TRY(session.ingest({&**token, 1}));
  }
}

} // namespace longc
