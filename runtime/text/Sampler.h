// Chooses the next token from logits: the best one, or one drawn after repetition penalty, temperature, top-k, top-p and min-p.
//
// Filters apply in Hugging Face's order: penalty of what was there already, temperature, then top-k, then top-p over what top-k left, then min-p. Equal logits count
// in the order of their ids, in greedy choice and in both filters. The n-th draw depends on the seed and n alone.
#pragma once

#include "runtime/core/Status.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace longc {

struct SamplerOptions {
  float temperature = 0; // 0: always the best token
  int topK = 0;          // draw among the k best; 0: among all
  float topP = 1;        // draw among the fewest best whose probabilities reach this sum
  float minP = 0;        // draw among those with at least this share of the best one's probability
  float repetitionPenalty = 1; // logits of tokens that were there already are divided by it, negative ones multiplied; of the best token too
  uint64_t seed = 0;

  // An error naming the option that is out of its range.
  Status validate() const;
  // "the best token", or "temperature 0.7, top-k 40": what is switched off is left out.
  std::string describe() const;
};

// The error of a row without a token to choose: the logit of `token` is not a number, or, where that is negative, every logit is minus infinity.
Status noChoice(int64_t token);

// What repetitionPenalty does to the logits of `seen`, each of them once.
void penaliseRepetition(std::span<float> logits, std::span<const int32_t> seen, float penalty);

class Sampler {
public:
  // Code of the error where there is nothing to choose from or a logit is not a number.
  static constexpr int badLogits = 6202;

  // `options` must be valid.
  explicit Sampler(SamplerOptions options) : options_(options) {}

  // The id of the chosen token; an error if there is nothing to choose from or a logit is not a number. `seen`: the ids that were there
  // already, each once.
  Result<int32_t> sample(std::span<const float> logits, std::span<const int32_t> seen = {});

  const SamplerOptions &options() const { return options_; }
  // How many draws were made: with the seed, the whole state. Greedy choices draw nothing.
  uint64_t draws() const { return draws_; }
  void setDraws(uint64_t draws) { draws_ = draws; }
  // A token was chosen elsewhere as `sample` would have done.
  void noteDraw() { draws_ += options_.temperature > 0; }

private:
  struct Candidate {
    float logit;
    int32_t id;
  };

  static bool better(const Candidate &a, const Candidate &b) {
    return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
  }

  Result<int32_t> choose(std::span<const float> logits);
  void collect(std::span<const float> logits);
  void keepTopK();
  void keepTopP(float best);
  void keepMinP(float best);
  double weight(const Candidate &candidate, float best) const;
  int32_t draw(float best);

  SamplerOptions options_;
  uint64_t draws_ = 0;
  std::vector<Candidate> candidates_;
  std::vector<float> penalised_;
};

} // namespace longc
