// Counts targets over a step, then weighs each.
#include "runtime/train/LossNorm.h"

#include "runtime/train/NamedValue.h"

#include <numeric>

namespace longc {
namespace {

double targetsOf(const Sample &sample) { return std::accumulate(sample.weights.begin(), sample.weights.end(), 0.0); }

double targetsOf(const Pack &pack, std::span<const Sample> samples) {
  double sum = 0;
  for (int32_t sequence : pack.sequences)
    sum += targetsOf(samples[sequence]);
  return sum;
}

} // namespace

bool lossNormOf(std::string_view name, LossNorm &norm) {
  constexpr std::pair<std::string_view, LossNorm> names[] = {
      {"sequence", LossNorm::sequence}, {"token", LossNorm::token}, {"pack", LossNorm::pack}, {"row", LossNorm::pack}};
  return findNamed(names, name, norm);
}

std::vector<float> lossWeights(const std::vector<Pack> &step, std::span<const Sample> samples, LossNorm norm) {
  double sequences = 0, packs = 0, targets = 0; // M, K, sum of N
  for (const Pack &pack : step) {
    const double inPack = targetsOf(pack, samples);
    targets += inPack;
    packs += inPack > 0;
    for (int32_t sequence : pack.sequences)
      sequences += targetsOf(samples[sequence]) > 0;
  }
  std::vector<float> weights;
  for (const Pack &pack : step) {
    const double inPack = targetsOf(pack, samples);
    for (int32_t sequence : pack.sequences) {
      const Sample &sample = samples[sequence];
      const double divisor = norm == LossNorm::sequence ? targetsOf(sample) * sequences
                             : norm == LossNorm::token  ? targets
                                                        : inPack * packs;
      for (float weight : sample.weights)
        weights.push_back(weight == 0 ? 0 : static_cast<float>(weight * sample.factor / divisor));
    }
  }
  return weights;
}

} // namespace longc
