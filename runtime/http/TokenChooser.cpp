// From logits to a token.
#include "runtime/http/TokenChooser.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace longc {
namespace {

constexpr float minusInfinity = -std::numeric_limits<float>::infinity();
constexpr int mostTries = 12; // tokens that a constraint refuses before all are asked

SamplerOptions ofChoice(SamplerOptions options, int choice) {
  options.seed += static_cast<uint64_t>(choice) * 0x9E3779B97F4A7C15;
  return options;
}

} // namespace

TokenChooser::TokenChooser(const TokenRules &rules, int choice)
    : rules_(rules), sampler_(ofChoice(rules.sampler, choice)),
      constraint_(rules.constraint ? rules.constraint->clone() : nullptr) {}

bool TokenChooser::isPlain() const {
  return rules_.bias.empty() && rules_.frequencyPenalty == 0 && rules_.presencePenalty == 0 && !constraint_;
}

// Repetition first: what it does to a logit hangs on its sign as the model gave it.
void TokenChooser::adjust(std::span<const float> logits, std::span<const int32_t> seen) {
  adjusted_.assign(logits.begin(), logits.end());
  penaliseRepetition(adjusted_, seen, rules_.sampler.repetitionPenalty);
  for (const auto &[id, bias] : rules_.bias)
    adjusted_[static_cast<size_t>(id)] += bias;
  for (const auto &[id, count] : counts_)
    adjusted_[static_cast<size_t>(id)] -= rules_.presencePenalty + rules_.frequencyPenalty * static_cast<float>(count);
}

// What a constraint refuses is taken out and the draw repeated: the distribution over what it allows is the same as if all
// had been asked, and that is done only where the model keeps proposing what is not allowed.
Result<int32_t> TokenChooser::sampleAllowed() {
  for (int tries = 0;; ++tries) {
    auto token = sampler_.sample(adjusted_);
    if (!token.ok() || !constraint_ || constraint_->allows(*token))
      return token;
    adjusted_[static_cast<size_t>(*token)] = minusInfinity;
    if (tries != mostTries)
      continue;
    for (size_t id = 0; id < adjusted_.size(); ++id)
      if (adjusted_[id] != minusInfinity && !constraint_->allows(static_cast<int32_t>(id)))
        adjusted_[id] = minusInfinity;
  }
}

Result<ChosenToken> TokenChooser::choose(std::span<const float> logits, std::span<const int32_t> seen) {
  if (!isPlain())
    adjust(logits, seen);
  auto token = isPlain() ? sampler_.sample(logits, seen) : sampleAllowed();
  if (!token.ok())
    return token.status();
  if (rules_.frequencyPenalty != 0 || rules_.presencePenalty != 0)
    ++counts_[*token];
  if (constraint_)
    constraint_->take(*token);
  ChosenToken chosen;
  if (rules_.alternatives >= 0)
    chosen = logProbabilities(logits, *token, rules_.alternatives);
  chosen.id = *token;
  return chosen;
}

ChosenToken logProbabilities(std::span<const float> logits, int32_t id, int count) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (float logit : logits)
    sum += std::exp(static_cast<double>(logit) - largest);
  const double base = largest + std::log(sum);
  const auto of = [&](int32_t token) { return static_cast<float>(logits[static_cast<size_t>(token)] - base); };
  ChosenToken chosen{id, of(id), {}};
  std::vector<int32_t> ids(logits.size());
  for (size_t index = 0; index < ids.size(); ++index)
    ids[index] = static_cast<int32_t>(index);
  const auto end = ids.begin() + std::min<ptrdiff_t>(count, static_cast<ptrdiff_t>(ids.size()));
  std::partial_sort(ids.begin(), end, ids.end(), [&](int32_t a, int32_t b) {
    const float x = logits[static_cast<size_t>(a)], y = logits[static_cast<size_t>(b)];
    return x != y ? x > y : a < b;
  });
  for (auto best = ids.begin(); best != end; ++best)
    chosen.best.emplace_back(*best, of(*best));
  return chosen;
}

} // namespace longc
