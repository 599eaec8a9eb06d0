// The decode loop.
#include "runtime/serve/Generate.h"

#include "runtime/serve/DecodeAhead.h"

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
  if (static_cast<int64_t>(generation_.tokens.size()) == options_.maxTokens) {
    generation_.finish = Finish::length;
    return std::optional<int32_t>();
  }
  auto token = session.outcome() ? DeviceSampler::tokenOf(*session.outcome()) : sampler_.sample(session.logits(), session.seen());
  return token.ok() ? take(*token, session.room()) : Result<std::optional<int32_t>>(token.status());
}

std::optional<int32_t> Decoding::take(int32_t token, int64_t room) {
  auto &tokens = generation_.tokens;
  const auto ends = [&](Finish finish) {
    generation_.finish = finish;
    return std::nullopt;
  };
  tokens.push_back(token);
  if (tokens.size() == 1)
    generation_.firstTokenSeconds = seconds();
  if (std::find(options_.stopTokens.begin(), options_.stopTokens.end(), token) != options_.stopTokens.end())
    return ends(Finish::stop);
  if (options_.onToken && !options_.onToken(token))
    return ends(Finish::cancelled);
  if (static_cast<int64_t>(tokens.size()) == options_.maxTokens)
    return ends(Finish::length);
  if (room < 1)
    return ends(Finish::window);
  return token;
}

Generation Decoding::generation() const {
  Generation generation = generation_;
  generation.seconds = seconds();
  return generation;
}

Result<Generation> generate(Session &session, Sampler &sampler, const GenerateOptions &options, DeviceSampler &device) {
  Decoding decoding(sampler, options);
  auto token = decoding.next(session);
  if (!token.ok())
    return token.status();
  if (!*token)
    return decoding.generation();
  Session *const one[] = {&session};
  Sampler *const its[] = {&sampler};
  auto steps = DecodeAhead::create(device, one, its);
  if (!steps.ok())
    return steps.status();
  while (*token) {
    LONGC_TRY((*steps)->take({&**token, 1}));
    while (true) {
      const int64_t room = session.room();
      auto chosen = (*steps)->next(decoding.goesOn());
      if (!chosen.ok())
        return chosen.status();
      *token = decoding.take((*chosen)[0], room);
      if (!*token)
        (*steps)->end();
      if (!*token || !(*steps)->isAhead())
        break;
    }
  }
  return decoding.generation();
}

Result<Generation> generate(Session &session, Sampler &sampler, const GenerateOptions &options) {
  if (DeviceSampler *device = session.engine().sampler(); device && device->covers(sampler.options()))
    return generate(session, sampler, options, *device);
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
