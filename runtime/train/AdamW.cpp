// Updates and sums, piece by piece.
#include "runtime/train/AdamW.h"

#include "runtime/abi/longc_abi.h"

#include <algorithm>
#include <cmath>

namespace longc {
namespace {

constexpr int64_t pieceFloats = LONGC_NORM_FLOATS;

/// body(piece, begin, end) over [0, count) in pieces of one length, whatever the threads.
template <typename Body> void forPieces(int64_t count, ThreadPool &pool, Body body) {
  pool.forRanges((count + pieceFloats - 1) / pieceFloats, [&](int, int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece)
      body(piece, piece * pieceFloats, std::min(count, (piece + 1) * pieceFloats));
  });
}

} // namespace

Result<Moments> Moments::create(const ParameterList &list) {
  auto first = ParameterArray::create(list, "the optimizer"), second = ParameterArray::create(list, "the optimizer");
  if (!first.ok())
    return first.status();
  if (!second.ok())
    return second.status();
  return Moments{std::move(*first), std::move(*second)};
}

AdamWFactors AdamWFactors::of(const AdamWOptions &options, double rate, int64_t update, double gradientScale) {
  const double correction1 = 1 - std::pow(options.beta1, static_cast<double>(update));
  const double correction2 = 1 - std::pow(options.beta2, static_cast<double>(update));
  return {.scale = static_cast<float>(gradientScale),
          .add1 = static_cast<float>(1 - options.beta1),
          .keep2 = static_cast<float>(options.beta2),
          .add2 = static_cast<float>(1 - options.beta2),
          .step = static_cast<float>(rate / correction1),
          .root2 = static_cast<float>(std::sqrt(correction2)),
          .epsilon = static_cast<float>(options.epsilon),
          .kept = static_cast<float>(1 - rate * options.decay)};
}

// HeldTraining does the same on a device, to the last bit.
void updateAdamW(const ParameterList &list, const AdamWOptions &options, double rate, int64_t update, double gradientScale,
                 const ParameterArray &gradients, Moments &moments, ParameterArray &values, ThreadPool &pool) {
  const AdamWFactors by = AdamWFactors::of(options, rate, update, gradientScale);
  struct Piece { // of one parameter: an adapter has many small ones
    const TrainedParameter *parameter;
    int64_t begin, end;
  };
  std::vector<Piece> pieces;
  for (const TrainedParameter &parameter : list.parameters())
    for (int64_t begin = 0; begin < parameter.size; begin += pieceFloats)
      pieces.push_back({&parameter, begin, std::min(parameter.size, begin + pieceFloats)});
  pool.forEach(static_cast<int64_t>(pieces.size()), [&](int, int64_t index) {
    const auto [parameter, begin, end] = pieces[static_cast<size_t>(index)];
    const float *gradient = gradients.of(*parameter).data();
    float *first = moments.first.of(*parameter).data(), *second = moments.second.of(*parameter).data();
    float *value = values.of(*parameter).data();
    const float decayed = parameter->shape.size() > 1 ? by.kept : 1.0f;
    for (int64_t i = begin; i < end; ++i) {
      const float g = gradient[i] * by.scale;
      first[i] += (g - first[i]) * by.add1;
      second[i] = second[i] * by.keep2 + g * g * by.add2;
      value[i] = value[i] * decayed - by.step * first[i] / (std::sqrt(second[i]) / by.root2 + by.epsilon);
    }
  });
}

double normOf(const ParameterArray &gradients, ThreadPool &pool) {
  const std::span<const float> all = gradients.all();
  const auto count = static_cast<int64_t>(all.size());
  std::vector<double> sums(static_cast<size_t>((count + pieceFloats - 1) / pieceFloats));
  forPieces(count, pool, [&](int64_t piece, int64_t begin, int64_t end) {
    double sum[4] = {};
    for (int64_t i = begin; i < end; ++i)
      sum[i % 4] += static_cast<double>(all[static_cast<size_t>(i)]) * static_cast<double>(all[static_cast<size_t>(i)]);
    sums[static_cast<size_t>(piece)] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  });
  return normOfParts(sums);
}

double normOfParts(std::span<const double> sums) {
  double total = 0;
  for (double sum : sums)
    total += sum;
  return std::sqrt(total);
}

double clipScale(double norm, double most) { return most > 0 ? std::min(1.0, most / (norm + 1e-6)) : 1.0; }

const TrainedParameter *firstNotFinite(const ParameterList &list, const ParameterArray &numbers) {
  for (const TrainedParameter &parameter : list.parameters())
    if (!std::ranges::all_of(numbers.of(parameter), [](float number) { return std::isfinite(number); }))
      return &parameter;
  return nullptr;
}

} // namespace longc
