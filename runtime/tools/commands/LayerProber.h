// Measures how well a program answers pass-key questions when the memory of some layers is hidden.
#pragma once

#include "runtime/tools/commands/LayerSearch.h"
#include "runtime/tools/commands/OpenedModel.h"
#include "runtime/tools/commands/PasskeyPrompt.h"

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace longc {

/// One round of backward elimination.
struct Elimination {
  uint32_t dropped;
  Layers left;
  Score score;
};

class LayerProber {
public:
  using Deadline = std::chrono::steady_clock::time_point;

  LayerProber(const OpenedModel &model, std::vector<PasskeyPrompt> prompts);

  const Layers &all() const { return all_; }
  int64_t count() const { return static_cast<int64_t>(prompts_.size()); }

  /// Reads the prompts up to the question, with the memory of all layers.
  Status fill();
  /// After fill: the question, read with the memory of `kept` alone.
  Result<Score> ask(const Layers &kept);
  /// One score a layer: without its memory.
  Result<std::vector<Score>> leaveOneOut();
  /// Drops the layer that the answer misses least, again and again, until it falls below `stopBelow` or time is up.
  Result<std::vector<Elimination>> eliminate(double stopBelow, Deadline deadline);

  /// The prompts, read as a whole with the memory of `kept` alone: what a program compiled for that list does. Ends early
  /// when `bound` is out of reach. `onPrompt` is called after each prompt.
  Result<Score> readWhole(const Layers &kept, const Bound *bound = nullptr,
                          const std::function<void(const Score &)> &onPrompt = {});

private:
  void show(const Layers &kept);
  Status judge(Session &session, std::span<const int32_t> asked, const PasskeyPrompt &prompt, Score &score) const;

  const OpenedModel &model_;
  Layers all_;
  uint64_t depth_ = 0;
  std::vector<PasskeyPrompt> prompts_;
  std::vector<std::unique_ptr<Session>> filled_; // by prompt
};

} // namespace longc
