// Packs put together for calls.
#include "runtime/train/TrainStep.h"

namespace longc {

void TrainBatch::add(std::span<const int32_t> sequence, std::span<const float> sequenceWeights) {
  if (boundaries.empty())
    boundaries.push_back(0);
  for (size_t t = 0; t < sequence.size(); ++t) {
    const bool isLast = t + 1 == sequence.size();
    tokens.push_back(sequence[t]);
    positions.push_back(static_cast<int32_t>(t));
    targets.push_back(isLast ? 0 : sequence[t + 1]);
    weights.push_back(isLast ? 0 : sequenceWeights[t + 1]);
  }
  boundaries.push_back(static_cast<int32_t>(tokens.size()));
}

std::vector<TrainBatch> makeBatches(std::span<const Pack> packs, std::span<const Sample> samples,
                                    std::span<const float> weights, int64_t tokens) {
  std::vector<TrainBatch> batches;
  size_t place = 0;
  for (const Pack &pack : packs) {
    if (batches.empty() || batches.back().size() + pack.tokens > tokens)
      batches.emplace_back();
    for (int32_t sequence : pack.sequences) {
      const std::vector<int32_t> &ids = samples[static_cast<size_t>(sequence)].tokens;
      batches.back().add(ids, weights.subspan(place, ids.size()));
      place += ids.size();
    }
  }
  return batches;
}

} // namespace longc
