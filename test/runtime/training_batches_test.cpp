// Tests runtime/train/Batching.cpp and LossNorm.cpp, with the numbers of LongAlign's equations.
#include "runtime/train/Batching.h"
#include "runtime/train/LossNorm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

using namespace longc;

namespace {

// A long tail: most short, some up to the capacity.
std::vector<int64_t> tailedLengths(size_t count, int64_t capacity, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int64_t> lengths;
  for (size_t i = 0; i < count; ++i)
    lengths.push_back(random() % 8 == 0 ? 1 + random() % capacity
                                        : std::min<int64_t>(capacity, 2 + static_cast<int64_t>(std::exp((random() % 1000) / 1000.0 * 5))));
  return lengths;
}

BatchOptions optionsOf(BatchMethod method, int64_t capacity, int64_t batch, uint64_t seed = 3) {
  return {method, capacity, batch, seed};
}

std::vector<Pack> packsOf(const BatchPlan &plan) {
  std::vector<Pack> packs;
  for (const std::vector<Pack> &step : plan)
    packs.insert(packs.end(), step.begin(), step.end());
  return packs;
}

// Best fit, longest first, told again in the plainest way: search all packs for the least room that is enough.
size_t packsByBestFit(std::vector<int64_t> lengths, int64_t capacity) {
  std::sort(lengths.rbegin(), lengths.rend());
  std::vector<int64_t> rooms;
  for (int64_t length : lengths) {
    int64_t *best = nullptr;
    for (int64_t &room : rooms)
      if (room >= length && (!best || room < *best))
        best = &room;
    if (best)
      *best -= length;
    else
      rooms.push_back(capacity - length);
  }
  return rooms.size();
}

TEST(Batches, EverySequenceStandsInOnePack) {
  for (uint32_t round = 0; round < 30; ++round) {
    const int64_t capacity = 16 + round * 37;
    const auto lengths = tailedLengths(round * 11, capacity, round);
    for (BatchMethod method : {BatchMethod::naive, BatchMethod::sorted, BatchMethod::packed}) {
      const BatchOptions options = optionsOf(method, capacity, 1 + round % 5);
      const BatchPlan plan = planBatches(lengths, options);
      std::vector<int> seen(lengths.size());
      size_t shortSteps = 0;
      for (const auto &step : plan) {
        EXPECT_LE(step.size(), static_cast<size_t>(options.batch));
        shortSteps += step.size() < static_cast<size_t>(options.batch);
        for (const Pack &pack : step) {
          int64_t tokens = 0;
          double squares = 0;
          for (int32_t sequence : pack.sequences) {
            ++seen[static_cast<size_t>(sequence)];
            tokens += lengths[static_cast<size_t>(sequence)];
            squares += std::pow(lengths[static_cast<size_t>(sequence)], 2);
          }
          EXPECT_EQ(pack.tokens, tokens);
          EXPECT_EQ(pack.squares, squares);
          EXPECT_LE(pack.tokens, capacity);
          EXPECT_TRUE(method == BatchMethod::packed || pack.sequences.size() == 1);
        }
      }
      EXPECT_LE(shortSteps, 1u);
      EXPECT_TRUE(std::all_of(seen.begin(), seen.end(), [](int times) { return times == 1; }));
      if (method == BatchMethod::packed)
        EXPECT_EQ(packsOf(plan).size(), packsByBestFit(lengths, capacity));
    }
  }
}

// How many times the mean the costliest pack of a step takes, the mean over steps.
double waiting(const BatchPlan &plan) {
  double sum = 0;
  for (const auto &step : plan) {
    double most = 0, total = 0;
    for (const Pack &pack : step) {
      most = std::max(most, pack.squares);
      total += pack.squares;
    }
    sum += most * static_cast<double>(step.size()) / total;
  }
  return sum / static_cast<double>(plan.size());
}

TEST(Batches, PacksAreFullAndStepsEven) {
  const auto lengths = tailedLengths(3000, 8192, 1);
  const BatchOptions packed = optionsOf(BatchMethod::packed, 8192, 8);
  EXPECT_GE(fillOf(planBatches(lengths, packed), packed), 0.99);
  const BatchOptions naive = optionsOf(BatchMethod::naive, 8192, 8), sorted = optionsOf(BatchMethod::sorted, 8192, 8);
  EXPECT_LT(fillOf(planBatches(lengths, naive), naive), 0.5);
  EXPECT_GT(fillOf(planBatches(lengths, sorted), sorted), 0.95);
  // Packs of like cost lie side by side: a step waits little for its costliest pack, and longer where they are mixed.
  const BatchPlan plan = planBatches(lengths, packed);
  std::vector<Pack> mixed = packsOf(plan);
  std::shuffle(mixed.begin(), mixed.end(), std::mt19937(2));
  BatchPlan mixedPlan;
  for (size_t i = 0; i < mixed.size(); i += 8)
    mixedPlan.emplace_back(mixed.begin() + static_cast<std::ptrdiff_t>(i),
                           mixed.begin() + static_cast<std::ptrdiff_t>(std::min(i + 8, mixed.size())));
  EXPECT_LT(waiting(plan), 1.1);
  EXPECT_GT(waiting(mixedPlan), 1.3);
}

std::vector<int32_t> orderOf(const BatchPlan &plan) {
  std::vector<int32_t> order;
  for (const Pack &pack : packsOf(plan))
    order.insert(order.end(), pack.sequences.begin(), pack.sequences.end());
  return order;
}

TEST(Batches, TheSeedDecidesTheOrder) {
  const auto lengths = tailedLengths(200, 512, 7);
  for (BatchMethod method : {BatchMethod::naive, BatchMethod::sorted, BatchMethod::packed}) {
    EXPECT_EQ(orderOf(planBatches(lengths, optionsOf(method, 512, 4, 1))), orderOf(planBatches(lengths, optionsOf(method, 512, 4, 1))));
    EXPECT_NE(orderOf(planBatches(lengths, optionsOf(method, 512, 4, 1))), orderOf(planBatches(lengths, optionsOf(method, 512, 4, 2))));
  }
}

// Six sequences of these lengths and targets, in packs {1, 2} {3} {4, 5, 6}, with some loss for each token.
struct Losses {
  std::vector<Sample> samples;
  std::vector<std::vector<double>> tokenLoss;
  std::vector<Pack> step;

  Losses() {
    const std::pair<int, int> shapes[] = {{5, 2}, {9, 1}, {7, 6}, {12, 3}, {4, 3}, {20, 11}};
    std::mt19937 random(5);
    for (auto [length, targets] : shapes) {
      Sample sample;
      sample.tokens.resize(static_cast<size_t>(length));
      sample.weights.assign(static_cast<size_t>(length), 0);
      std::fill(sample.weights.end() - targets, sample.weights.end(), 1.0f);
      std::vector<double> loss(static_cast<size_t>(length));
      for (double &value : loss)
        value = 0.5 + (random() % 1000) / 300.0;
      samples.push_back(sample);
      tokenLoss.push_back(loss);
    }
    for (const std::vector<int32_t> &sequences : {std::vector<int32_t>{0, 1}, {2}, {3, 4, 5}}) {
      Pack pack;
      pack.sequences = sequences;
      for (int32_t sequence : sequences)
        pack.tokens += samples[static_cast<size_t>(sequence)].size();
      step.push_back(pack);
    }
  }

  // Of a sequence's targets: the sum, and how many.
  std::pair<double, double> of(int32_t sequence) const {
    double sum = 0, count = 0;
    const auto i = static_cast<size_t>(sequence);
    for (size_t t = 0; t < tokenLoss[i].size(); ++t)
      if (samples[i].weights[t] != 0) {
        sum += tokenLoss[i][t];
        ++count;
      }
    return {sum, count};
  }

  double weighed(LossNorm norm) const {
    const std::vector<float> weights = lossWeights(step, samples, norm);
    double sum = 0;
    size_t next = 0;
    for (const Pack &pack : step)
      for (int32_t sequence : pack.sequences)
        for (double loss : tokenLoss[static_cast<size_t>(sequence)])
          sum += weights[next++] * loss;
    EXPECT_EQ(next, weights.size());
    return sum;
  }
};

TEST(LossNorms, AreTheMeansTheyName) {
  Losses losses;
  double sequences = 0, packs = 0, sum = 0, targets = 0;
  for (const Pack &pack : losses.step) {
    double packSum = 0, packTargets = 0;
    for (int32_t sequence : pack.sequences) {
      auto [loss, count] = losses.of(sequence);
      sequences += loss / count / 6; // equation (2)
      packSum += loss;
      packTargets += count;
    }
    packs += packSum / packTargets / 3; // equation (3)
    sum += packSum;
    targets += packTargets;
  }
  EXPECT_NEAR(losses.weighed(LossNorm::sequence), sequences, 1e-6);
  EXPECT_NEAR(losses.weighed(LossNorm::pack), packs, 1e-6);
  EXPECT_NEAR(losses.weighed(LossNorm::token), sum / targets, 1e-6);
  EXPECT_GT(std::abs(sequences - packs), 1e-2); // the three differ on these data
  EXPECT_GT(std::abs(sequences - sum / targets), 1e-2);
}

TEST(LossNorms, SequencesWithoutTargetsCountNowhere) {
  Losses losses;
  const double before = losses.weighed(LossNorm::sequence);
  Sample silent;
  silent.tokens.resize(3);
  silent.weights.assign(3, 0);
  losses.samples.push_back(silent);
  losses.tokenLoss.push_back({1, 2, 3});
  losses.step.push_back({{6}, 3, 9});
  for (LossNorm norm : {LossNorm::sequence, LossNorm::pack, LossNorm::token})
    EXPECT_TRUE(std::isfinite(losses.weighed(norm)));
  EXPECT_NEAR(losses.weighed(LossNorm::sequence), before, 1e-6);
  const auto zeros = lossWeights({{{6}, 3, 9}}, losses.samples, LossNorm::sequence);
  EXPECT_EQ(zeros, std::vector<float>(3, 0));
}

} // namespace
