// Decodes sequences whose tokens the device chooses: it goes on with a token before the host knows it. While one step runs the host queues the next,
// and what was chosen reaches it a step late.
#pragma once

#include "runtime/serve/DeviceSampler.h"
#include "runtime/serve/Session.h"

#include <memory>
#include <span>
#include <vector>

namespace longc {

class DecodeAhead {
public:
  /// Of sessions of one store, the sampler of each covered by `device`; all outlive it. A device sampler chooses for one of these at a time: the next
  /// is created when no step of the one before follows.
  static Result<std::unique_ptr<DecodeAhead>> create(DeviceSampler &device, std::span<Session *const> sessions, std::span<Sampler *const> samplers);
  ~DecodeAhead() { end(); }
  DecodeAhead(const DecodeAhead &) = delete;
  DecodeAhead &operator=(const DecodeAhead &) = delete;

  /// Takes in a token of each session.
  Status take(std::span<const int32_t> tokens);
  /// What follows. With `goesOn` the sessions take it in at once where all have room for it: then they are ahead, and the next call of `next` follows;
  /// else `take` does.
  Result<std::span<const int32_t>> next(bool goesOn);
  bool isAhead() const { return isAhead_; }
  /// Takes back what sessions have of tokens behind the last that `next` gave before.
  void end();

private:
  DecodeAhead(DeviceSampler &device, std::span<Session *const> sessions, std::span<Sampler *const> samplers)
      : device_(device), engine_(sessions.front()->engine()), sessions_(sessions.begin(), sessions.end()), samplers_(samplers.begin(), samplers.end()) {}
  Status step(bool ahead);
  void noteTokens();

  DeviceSampler &device_;
  Engine &engine_;
  std::vector<Session *> sessions_;
  std::vector<Sampler *> samplers_;
  std::vector<int32_t> tokens_; // those that sessions have taken in last, once they are known
  bool isAhead_ = false;        // sessions have tokens that `next` gave last
};

} // namespace longc
