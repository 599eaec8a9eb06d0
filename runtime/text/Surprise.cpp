// Exponentials in vectors, sums in double.
#include "runtime/text/Surprise.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace longc {
namespace {

// A vocabulary's exponentials one by one take longer than a GPU takes for the token: these loops are ones of vectors.
constexpr size_t lanes = 8;

/// e^x within 2e-7 of itself for -87 <= x <= 0, by the polynomial of the Cephes library.
float expOf(float x) {
  constexpr float rounding = 12582912, log2e = 1.44269504f, ln2High = 0.693359375f, ln2Low = -2.12194440e-4f; // adding 1.5 * 2^23 rounds
  const float shifted = x * log2e + rounding, whole = shifted - rounding, rest = x - whole * ln2High - whole * ln2Low;
  float sum = 1.9875691500e-4f;
  for (float coefficient : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f})
    sum = sum * rest + coefficient;
  const float power = std::bit_cast<float>((std::bit_cast<uint32_t>(shifted) << 23) + std::bit_cast<uint32_t>(1.0f)); // 2^whole
  return (sum * rest * rest + rest + 1) * power;
}

float largestOf(std::span<const float> logits) {
  std::array<float, lanes> most;
  most.fill(logits[0]);
  size_t i = 0;
  for (; i + lanes <= logits.size(); i += lanes)
    for (size_t lane = 0; lane < lanes; ++lane)
      most[lane] = logits[i + lane] > most[lane] ? logits[i + lane] : most[lane];
  return std::max(*std::ranges::max_element(most), *std::max_element(logits.begin() + static_cast<std::ptrdiff_t>(std::min(i, logits.size() - 1)), logits.end()));
}

} // namespace

double surpriseOf(std::span<const float> logits, int32_t token) {
  constexpr float least = -87; // below it float has no exponential; what is left out is 1e-38 of a token
  constexpr size_t block = 256; // summed in float, in lanes; blocks in double
  const float top = largestOf(logits);
  double total = 0;
  for (size_t begin = 0; begin < logits.size(); begin += block) {
    std::array<float, block> values;
    values.fill(least);
    const size_t count = std::min(block, logits.size() - begin);
    for (size_t i = 0; i < count; ++i)
      values[i] = logits[begin + i] - top;
    for (float &value : values)
      value = expOf(value < least ? least : value);
    std::array<float, lanes> sums = {};
    for (size_t i = 0; i < block; i += lanes)
      for (size_t lane = 0; lane < lanes; ++lane)
        sums[lane] += values[i + lane];
    for (float sum : sums)
      total += sum;
  }
  return std::log(total) + top - logits[static_cast<size_t>(token)];
}

} // namespace longc
