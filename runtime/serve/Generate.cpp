// The decode loop.
#include "runtime/serve/Generate.h"

#include <algorithm>
#include <chrono>

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

Result<Generation> generate(Session &session, Sampler &sampler, const GenerateOptions &options) {
  using Clock = std::chrono::steady_clock;
  auto start = Clock::now();
  auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  Generation result;
  while (static_cast<int64_t>(result.tokens.size()) < options.maxTokens) {
    auto token = sampler.sample(session.logits());
    if (!token.ok())
      return token.status();
    result.tokens.push_back(*token);
    if (result.tokens.size() == 1)
      result.firstTokenSeconds = seconds();
    bool isStop = std::find(options.stopTokens.begin(), options.stopTokens.end(), *token) != options.stopTokens.end();
    if (isStop) {
      result.finish = Finish::stop;
      break;
    }
    if (options.onToken && !options.onToken(*token)) {
      result.finish = Finish::cancelled;
      break;
    }
    if (static_cast<int64_t>(result.tokens.size()) == options.maxTokens)
      break;
    if (session.room() < 1) {
      result.finish = Finish::window;
      break;
    }
    LONGC_TRY(session.ingest({&*token, 1}));
  }
  result.seconds = seconds();
  return result;
}

} // namespace longc
