// Packs put together for calls.
#include "runtime/train/TrainStep.h"

namespace longc {

void TrainBatch::addText(std::span<const int32_t> text, std::span<const float> textWeights, size_t position, bool countsGates) {
  for (size_t t = 0; t < text.size(); ++t) {
    const bool isLast = t + 1 == text.size();
    tokens.push_back(text[t]);
    positions.push_back(static_cast<int32_t>(position + t));
    targets.push_back(isLast ? 0 : text[t + 1]);
    weights.push_back(isLast ? 0 : textWeights[t + 1]);
    gateWeights.push_back(countsGates ? weights.back() : 0);
  }
  boundaries.push_back(static_cast<int32_t>(tokens.size()));
}

void TrainBatch::add(std::span<const int32_t> sequence, std::span<const float> sequenceWeights, std::span<const int64_t> branches, bool countsGates) {
  if (boundaries.empty())
    boundaries.push_back(0);
  const auto first = static_cast<int32_t>(boundaries.size()) - 1; // its number
  for (size_t part = 0, begin = 0; part <= branches.size(); ++part) {
    const size_t end = part < branches.size() ? static_cast<size_t>(branches[part]) : sequence.size();
    if (part > 0)
      crossRows.insert(crossRows.end(), {first + static_cast<int32_t>(part), first});
    addText(sequence.subspan(begin, end - begin), sequenceWeights.subspan(begin, end - begin), part > 0 ? static_cast<size_t>(branches[0]) : 0, countsGates);
    begin = end;
  }
}

std::vector<TrainBatch> makeBatches(std::span<const Pack> packs, std::span<const Sample> samples,
                                    std::span<const float> weights, int64_t tokens) {
  std::vector<TrainBatch> batches;
  size_t place = 0;
  for (const Pack &pack : packs) {
    if (batches.empty() || batches.back().size() + pack.tokens > tokens)
      batches.emplace_back();
    for (int32_t sequence : pack.sequences) {
      const Sample &sample = samples[static_cast<size_t>(sequence)];
      batches.back().add(sample.tokens, weights.subspan(place, sample.tokens.size()), sample.branches, sample.countsGates);
      place += sample.tokens.size();
    }
  }
  return batches;
}

} // namespace longc
