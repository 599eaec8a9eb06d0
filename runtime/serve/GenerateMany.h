// Continues many prompts with as many sequences in each call as have a place; the others wait in line.
//
// A prompt's first token may come in a call in which others decode: whoever ends makes room for the next at once.
#pragma once

#include "runtime/serve/Generate.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace longc {

/// What became of prompt `index`; the session is still as its last token left it.
struct Continuation {
  size_t index;
  const Session &session;
  Generation generation;
  double readSeconds; // until its first token could be chosen
};

struct ManyOptions {
  SamplerOptions sampler; // of every prompt: each draws as it would alone
  int64_t maxTokens = 128;
  std::vector<int32_t> stopTokens;
  std::function<bool()> onCall; // after each call; false cancels
  std::function<Status(const Continuation &)> onFinished; // as they end, not in their order
  std::vector<size_t> adapters = {}; // of each prompt a number, those of one number go into one call; empty: all have one
  std::function<Status(size_t adapter)> useAdapter = {}; // before such a call
  std::function<Result<std::unique_ptr<Session>>(size_t index)> open = {}; // of each prompt, in a slot of the store; empty: one that knows nothing
};

/// `store` says how many sequences there can be at a time. No prompt is empty.
Status generateMany(Engine &engine, const SessionOptions &session, const std::shared_ptr<StateStore> &store,
                    std::span<const std::vector<int32_t>> prompts, const ManyOptions &options);

} // namespace longc
