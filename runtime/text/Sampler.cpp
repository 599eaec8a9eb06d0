// Greedy choice and filtered random draws.
#include "runtime/text/Sampler.h"

#include "runtime/core/Format.h"
#include "runtime/text/Philox.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

namespace longc {

namespace {

constexpr int badOption = 6201;
constexpr float minusInfinity = -std::numeric_limits<float>::infinity();

Status optionError(const char *name, double value, const char *expected) {
  char shown[32];
  std::snprintf(shown, sizeof shown, "%g", value);
  return Status::error(badOption, std::string("sampling: ") + name + " is " + shown + ", expected " + expected);
}

// The best of each of some lanes side by side, which the compiler makes vectors of: a vocabulary is long. Whether all are
// numbers comes along.
bool findLargest(std::span<const float> logits, float &largest) {
  constexpr size_t lanes = 16;
  float best[lanes];
  int strange[lanes] = {};
  std::fill_n(best, lanes, minusInfinity);
  size_t whole = logits.size() / lanes * lanes;
  for (size_t i = 0; i < whole; i += lanes)
    for (size_t lane = 0; lane < lanes; ++lane) {
      float logit = logits[i + lane];
      best[lane] = logit > best[lane] ? logit : best[lane];
      strange[lane] |= logit != logit;
    }
  for (size_t i = whole; i < logits.size(); ++i) {
    best[0] = std::max(best[0], logits[i]);
    strange[0] |= logits[i] != logits[i];
  }
  largest = *std::max_element(best, best + lanes);
  return std::count(strange, strange + lanes, 0) == lanes;
}

// The index of the best logit, the first of equals.
Result<size_t> findBest(std::span<const float> logits) {
  if (logits.empty())
    return Status::error(Sampler::badLogits, "sampling: no logits, expected one for each token of the vocabulary");
  float largest;
  if (!findLargest(logits, largest)) {
    auto strange = std::find_if(logits.begin(), logits.end(), [](float logit) { return std::isnan(logit); });
    return noChoice(strange - logits.begin());
  }
  if (largest == minusInfinity)
    return noChoice(-1);
  return static_cast<size_t>(std::find(logits.begin(), logits.end(), largest) - logits.begin());
}

} // namespace

Status noChoice(int64_t token) {
  if (token < 0)
    return Status::error(Sampler::badLogits, "sampling: every logit is minus infinity, so no token can be chosen");
  return Status::error(Sampler::badLogits, "sampling: the logit of token " + std::to_string(token) + " is not a number (NaN)",
                       "the model's arithmetic broke down: try exact arithmetic, or check the model file");
}

Status SamplerOptions::validate() const {
  if (!(temperature >= 0) || std::isinf(temperature))
    return optionError("temperature", temperature, "a finite number, 0 or more (0 always takes the best token)");
  if (topK < 0)
    return optionError("top-k", topK, "0 or more (0 switches it off)");
  if (!(topP > 0 && topP <= 1))
    return optionError("top-p", topP, "more than 0 and at most 1 (1 switches it off)");
  if (!(minP >= 0 && minP <= 1))
    return optionError("min-p", minP, "0 to 1 (0 switches it off)");
  if (!(repetitionPenalty > 0) || std::isinf(repetitionPenalty))
    return optionError("repetition-penalty", repetitionPenalty, "a finite number above 0 (1 switches it off)");
  return {};
}

std::string SamplerOptions::describe() const {
  const std::string penalty = repetitionPenalty == 1 ? "" : formatText(", repetition penalty %g", static_cast<double>(repetitionPenalty));
  if (temperature == 0)
    return "the best token" + penalty;
  std::string text = formatText("temperature %g", static_cast<double>(temperature));
  if (topK > 0)
    text += ", top-k " + std::to_string(topK);
  if (topP < 1)
    text += formatText(", top-p %g", static_cast<double>(topP));
  if (minP > 0)
    text += formatText(", min-p %g", static_cast<double>(minP));
  return text + penalty;
}

void Sampler::collect(std::span<const float> logits) {
  candidates_.clear();
  for (size_t i = 0; i < logits.size(); ++i)
    if (logits[i] != minusInfinity)
      candidates_.push_back({logits[i], static_cast<int32_t>(i)});
}

void Sampler::keepTopK() {
  size_t k = static_cast<size_t>(options_.topK);
  if (k == 0 || k >= candidates_.size())
    return;
  auto end = candidates_.begin() + static_cast<ptrdiff_t>(k);
  std::partial_sort(candidates_.begin(), end, candidates_.end(), better);
  candidates_.resize(k);
}

double Sampler::weight(const Candidate &candidate, float best) const {
  return std::exp((static_cast<double>(candidate.logit) - best) / options_.temperature);
}

// Sorts only as many of the best as the sum needs: usually a few of tens of thousands.
void Sampler::keepTopP(float best) {
  if (options_.topP >= 1)
    return;
  double total = 0;
  for (const Candidate &candidate : candidates_)
    total += weight(candidate, best);
  double wanted = total * options_.topP, sum = 0;
  size_t kept = 0, sorted = 0, chunk = 64;
  while (kept < candidates_.size()) {
    if (kept == sorted) {
      sorted = std::min(candidates_.size(), sorted + chunk);
      chunk *= 4;
      std::partial_sort(candidates_.begin() + static_cast<ptrdiff_t>(kept),
                        candidates_.begin() + static_cast<ptrdiff_t>(sorted), candidates_.end(), better);
    }
    sum += weight(candidates_[kept++], best);
    if (sum >= wanted)
      break;
  }
  candidates_.resize(kept);
}

void Sampler::keepMinP(float best) {
  if (options_.minP > 0)
    std::erase_if(candidates_, [&](const Candidate &candidate) { return weight(candidate, best) < static_cast<double>(options_.minP); });
}

int32_t Sampler::draw(float best) {
  double total = 0;
  for (const Candidate &candidate : candidates_)
    total += weight(candidate, best);
  double point = philoxUniform(options_.seed, draws_++) * total, sum = 0;
  int32_t chosen = candidates_.front().id;
  for (const Candidate &candidate : candidates_) {
    double share = weight(candidate, best);
    if (share > 0)
      chosen = candidate.id; // rounding may leave `point` beyond the last sum: the last possible token then
    sum += share;
    if (point < sum)
      break;
  }
  return chosen;
}

void penaliseRepetition(std::span<float> logits, std::span<const int32_t> seen, float penalty) {
  for (int32_t id : seen)
    if (static_cast<size_t>(id) < logits.size()) {
      float &logit = logits[static_cast<size_t>(id)];
      logit = logit < 0 ? logit * penalty : logit / penalty;
    }
}

Result<int32_t> Sampler::sample(std::span<const float> logits, std::span<const int32_t> seen) {
  if (options_.repetitionPenalty == 1 || seen.empty())
    return choose(logits);
  penalised_.assign(logits.begin(), logits.end());
  penaliseRepetition(penalised_, seen, options_.repetitionPenalty);
  return choose(penalised_);
}

Result<int32_t> Sampler::choose(std::span<const float> logits) {
  Result<size_t> best = findBest(logits);
  if (!best.ok())
    return best.status();
  float top = logits[*best];
  if (options_.temperature == 0)
    return static_cast<int32_t>(*best);
  if (std::isinf(top)) { // a number of the stream is spent on every token, as a device does, which is not asked how it chose
    ++draws_;
    return static_cast<int32_t>(*best);
  }
  collect(logits);
  keepTopK();
  keepTopP(top);
  keepMinP(top);
  return draw(top);
}

} // namespace longc
