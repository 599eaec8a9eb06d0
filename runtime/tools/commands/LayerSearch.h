// The search for the layers whose memory can be done without.
//
// Measuring is expensive and left to the caller: a list of layers is good if prompts that are read as a whole, with the
// memory of these layers alone, are answered about as well as with all. The order in which layers are tried comes from
// something cheaper, so each is tried once: a group of layers at a time that doubles while it works and halves when not.
#pragma once

#include "runtime/core/Status.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace longc {

using Layers = std::vector<uint32_t>;

Layers without(const Layers &layers, const Layers &dropped);

/// How a set of prompts was answered.
struct Score {
  double total = 0; // log-probability of the whole answers, summed
  int64_t correct = 0, prompts = 0;

  double logProbability() const { return prompts > 0 ? total / static_cast<double>(prompts) : 0; }
};

/// What an answer to `prompts` prompts must be to pass.
struct Bound {
  double logProbability;
  int64_t correct, prompts;

  /// As right as `all` and up to the tolerance as probable.
  static Bound below(const Score &all, double tolerance);
  /// Whether the prompts that are left can still make it: no log-probability is over 0.
  bool withinReach(const Score &score) const;
  bool holds(const Score &score) const { return score.prompts == prompts && withinReach(score); }
};

/// One attempt to do without some more layers.
struct Attempt {
  Layers dropped;
  size_t left;
  Score score; // of fewer prompts if the bound was out of reach
  bool accepted;
};

struct Search {
  Layers kept, dropped; // `dropped` in the order of dropping
  std::vector<Attempt> attempts;
};

/// Tries to drop the layers of `order`, the first ones first, from `all`. `measure` scores a list; `goOn` is asked before
/// each attempt. At least one layer is kept.
Result<Search> searchLayers(const Layers &all, const Layers &order, const Bound &bound,
                            const std::function<Result<Score>(const Layers &)> &measure,
                            const std::function<bool(const Search &)> &goOn);

} // namespace longc
