// Wave lengths under scaling, as Hugging Face transformers' modeling_rope_utils computes them.
#include "models/DecoderConfig.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace longc {
namespace {

constexpr double turn = 2 * std::numbers::pi;

// 1 for waves of many turns within the original context, `factor` for those of few.
double llama3Factor(const RopeConfig &config, double waveLength) {
  double turns = config.originalContext / waveLength;
  if (turns > config.highFrequency)
    return 1.0;
  if (turns < config.lowFrequency)
    return config.factor;
  double smooth = (turns - config.lowFrequency) / (config.highFrequency - config.lowFrequency);
  return 1.0 / ((1 - smooth) / config.factor + smooth);
}

// Dimension whose wave turns so often within the original context.
double dimensionOf(double turns, const RopeConfig &config, int64_t dim) {
  return static_cast<double>(dim) * std::log(config.originalContext / (turns * turn)) / (2 * std::log(config.theta));
}

std::vector<double> yarnFactors(const RopeConfig &config, int64_t dim) {
  double low = dimensionOf(config.fastTurns, config, dim), high = dimensionOf(config.slowTurns, config, dim);
  if (config.wholeDimensions) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(dim - 1));
  if (low == high)
    high += 0.001;
  std::vector<double> factors;
  for (int64_t c = 0; c < dim / 2; ++c) {
    double ramp = std::clamp((static_cast<double>(c) - low) / (high - low), 0.0, 1.0);
    factors.push_back(1.0 / (ramp / config.factor + (1 - ramp)));
  }
  return factors;
}

} // namespace

std::vector<double> ropeFactors(const RopeConfig &config, int64_t dim) {
  if (!config.factors.empty())
    return config.factors;
  if (config.scaling == RopeScaling::Yarn)
    return yarnFactors(config, dim);
  std::vector<double> factors;
  if (config.scaling == RopeScaling::Llama3)
    for (int64_t c = 0; c < dim / 2; ++c)
      factors.push_back(
          llama3Factor(config, turn * std::pow(config.theta, 2.0 * static_cast<double>(c) / static_cast<double>(dim))));
  return factors;
}

} // namespace longc
