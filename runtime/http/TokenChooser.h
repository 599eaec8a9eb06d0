// Chooses the tokens of one answer as a request asks: sampling, penalties, biases, log-probabilities.
#pragma once

#include "runtime/text/Sampler.h"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace longc {

/// What an answer may be: asked before a token is chosen, told what was chosen.
class TokenConstraint {
public:
  virtual ~TokenConstraint() = default;
  virtual std::unique_ptr<TokenConstraint> clone() const = 0;
  virtual bool allows(int32_t token) const = 0;
  virtual void take(int32_t token) = 0;
  /// Nothing can follow.
  virtual bool isOver() const { return false; }
};

struct TokenRules {
  SamplerOptions sampler;
  std::map<int32_t, float> bias; // added to logits
  float frequencyPenalty = 0, presencePenalty = 0;
  int alternatives = -1; // log-probabilities of so many best tokens beside the chosen one's; -1: none at all
  std::vector<int32_t> endTokens;
  std::shared_ptr<const TokenConstraint> constraint; // of a whole answer; null: none
};

struct ChosenToken {
  int32_t id = 0;
  float logProbability = 0; // of the model's own distribution, before everything that was asked for
  std::vector<std::pair<int32_t, float>> best;
};

class TokenChooser {
public:
  /// `rules` outlives this. Choices of one request draw from seeds of their own; the first from the request's.
  TokenChooser(const TokenRules &rules, int choice);
  /// `seen`: each token once that prompt and answer have so far.
  Result<ChosenToken> choose(std::span<const float> logits, std::span<const int32_t> seen);
  /// What chooses the tokens where they hang on nothing else; null where they do.
  Sampler *samplerAlone() { return isPlain() && rules_.alternatives < 0 ? &sampler_ : nullptr; }
  bool isOver() const { return constraint_ && constraint_->isOver(); }

private:
  bool isPlain() const;
  void adjust(std::span<const float> logits, std::span<const int32_t> seen);
  Result<int32_t> sampleAllowed();

  const TokenRules &rules_;
  Sampler sampler_;
  std::unique_ptr<TokenConstraint> constraint_;
  std::map<int32_t, int64_t> counts_; // of what was chosen, where there are penalties
  std::vector<float> adjusted_;
};

/// Natural logarithms of the softmax: of `id`, and of the `count` best tokens, best first.
ChosenToken logProbabilities(std::span<const float> logits, int32_t id, int count);

} // namespace longc
