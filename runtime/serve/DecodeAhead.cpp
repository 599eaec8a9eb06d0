// A step is queued, then the choice of what follows it, then perhaps the next step; only then is the choice waited for.
#include "runtime/serve/DecodeAhead.h"

#include <algorithm>

namespace longc {

Result<std::unique_ptr<DecodeAhead>> DecodeAhead::create(DeviceSampler &device, std::span<Session *const> sessions, std::span<Sampler *const> samplers) {
  std::unique_ptr<DecodeAhead> steps(new DecodeAhead(device, sessions, samplers));
  LONGC_TRY(device.begin(samplers));
  return steps;
}

// A step that fails ahead of the host leaves the sessions as they were.
Status DecodeAhead::step(bool ahead) {
  std::vector<BatchPart> parts;
  Status status;
  for (size_t i = 0; i < sessions_.size() && status.ok(); ++i) {
    auto part = sessions_[i]->takeStep(&tokens_[i]);
    status = part.status();
    if (part.ok())
      parts.push_back(*part);
  }
  if (status.ok())
    status = engine_.beginStep(parts, ahead);
  for (size_t i = 0; ahead && !status.ok() && i < parts.size(); ++i)
    sessions_[i]->takeBack();
  return status;
}

void DecodeAhead::noteTokens() {
  for (size_t i = 0; i < sessions_.size(); ++i)
    sessions_[i]->see({&tokens_[i], 1});
}

Status DecodeAhead::take(std::span<const int32_t> tokens) {
  tokens_.assign(tokens.begin(), tokens.end());
  noteTokens();
  return step(/*ahead=*/false);
}

Result<std::span<const int32_t>> DecodeAhead::next(bool goesOn) {
  if (isAhead_)
    noteTokens();
  isAhead_ = false;
  LONGC_TRY(device_.choose(engine_.decode().resultAddress(0), engine_.decode().tokensAddress()));
  const auto hasRoom = [](const Session *session) { return session->marks().hasRoom() && session->room() > 0; };
  if (goesOn && std::ranges::all_of(sessions_, hasRoom)) // a step that finds no memory is for `take` to report
    isAhead_ = step(/*ahead=*/true).ok();
  auto chosen = device_.read();
  if (!chosen.ok()) {
    end();
    return chosen;
  }
  for (Sampler *sampler : samplers_)
    sampler->noteDraw();
  tokens_.assign(chosen->begin(), chosen->end());
  return chosen;
}

void DecodeAhead::end() {
  for (Session *session : sessions_)
    if (isAhead_)
      session->takeBack();
  isAhead_ = false;
}

} // namespace longc
