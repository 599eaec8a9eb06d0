// A model small enough to be trained in a test, and samples for it.
#pragma once

#include "runtime/train/Trainer.h"

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

namespace longc {

inline std::unique_ptr<ThreadPool> poolOf(int threads) { return std::move(*ThreadPool::create(threads)); }

/// A convex model: the logits of token t's successor are row t of a table.
class Bigram final : public TrainStep {
public:
  static constexpr int vocabulary = 20;

  /// Trained in the memory of `device`, whose program has the optimizer, if there is one.
  explicit Bigram(int threads, Device *device = nullptr, const abi::Program *program = nullptr)
      : pool_(poolOf(threads)), device_(device), program_(program) {
    list_.add("layers.3.table", {vocabulary, vocabulary}, Beginning::zeros);
  }

  const ParameterList &parameters() const override { return list_; }
  ThreadPool &pool() override { return *pool_; }
  Result<double> loss(const TrainBatch &batch, const ParameterArray &values) override { return compute(batch, values.all().data(), nullptr); }
  Result<double> lossAndGradients(const TrainBatch &batch, const ParameterArray &values, ParameterArray &gradients) override {
    return compute(batch, values.all().data(), gradients.all().data());
  }
  Result<std::unique_ptr<HeldTraining>> hold() override {
    return device_ ? HeldTraining::create(*device_, *program_, list_, {abi::F32}, *pool_) : Result(std::unique_ptr<HeldTraining>());
  }
  Result<double> loss(const TrainBatch &batch, const HeldTraining &training) override {
    return compute(batch, static_cast<const float *>(training.of(0)), nullptr);
  }
  Result<double> lossAndGradients(const TrainBatch &batch, HeldTraining &training) override {
    gradient_.assign(vocabulary * vocabulary, 0);
    const double loss = compute(batch, static_cast<const float *>(training.of(0)), gradient_.data());
    const void *places[] = {gradient_.data()};
    LONGC_TRY(training.add(places));
    return loss;
  }

  int calls = 0, poisonedCall = -1; // that call's gradient is not a number

private:
  double compute(const TrainBatch &batch, const float *table, float *gradient) {
    double loss = 0;
    for (size_t t = 0; t < batch.tokens.size(); ++t) {
      const float *row = table + batch.tokens[t] * vocabulary;
      double sum = 0;
      for (int id = 0; id < vocabulary; ++id)
        sum += std::exp(row[id]);
      loss += batch.weights[t] * (std::log(sum) - row[batch.targets[t]]);
      for (int id = 0; gradient && id < vocabulary; ++id)
        gradient[batch.tokens[t] * vocabulary + id] +=
            static_cast<float>(batch.weights[t] * (std::exp(row[id]) / sum - (id == batch.targets[t])));
    }
    if (gradient && calls++ == poisonedCall)
      gradient[5] = std::numeric_limits<float>::quiet_NaN();
    return loss;
  }

  std::unique_ptr<ThreadPool> pool_;
  ParameterList list_;
  Device *device_;
  const abi::Program *program_;
  std::vector<float> gradient_; // of one call
};

// Sequences that count upwards, of 3 to 9 tokens.
inline std::vector<Sample> counting(int count) {
  std::vector<Sample> samples;
  for (int i = 0; i < count; ++i) {
    Sample sample;
    for (int t = 0; t < 3 + i * 5 % 7; ++t)
      sample.tokens.push_back((i + t) % Bigram::vocabulary);
    sample.weights.assign(sample.tokens.size(), 1);
    sample.weights[0] = 0;
    samples.push_back(std::move(sample));
  }
  return samples;
}

inline TrainOptions options() {
  TrainOptions options;
  options.batch = {BatchMethod::packed, 12, 2, 5};
  options.schedule = {ScheduleKind::cosine, 0.5, 2, 40};
  return options;
}

} // namespace longc
