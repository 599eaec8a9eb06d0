// What a device chooses is what the host chooses, and what lm.sample says: the text of the sampler's kernel, run as C++.
#include "runtime/serve/DeviceSampler.h"

#include "runtime/text/Philox.h"

#include "dialects/lm/reference/Sampling.cpp"
#include "gtest/gtest.h"

#include <limits>
#include <random>

#include "test/runtime/SamplerDevice.h"

namespace longc {
namespace {

constexpr float minusInfinity = -std::numeric_limits<float>::infinity();

std::vector<float> randomLogits(size_t count, uint32_t seed, float spread = 4) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> logits(count);
  for (float &logit : logits)
    logit = normal(random);
  return logits;
}

struct DeviceSampling : testing::Test {
  // Rows of logits side by side, all chosen by one launch `times` times.
  Result<std::vector<int32_t>> choose(const std::vector<std::vector<float>> &rows, const std::vector<SamplerOptions> &options, int times = 1) {
    const auto width = static_cast<int64_t>(rows[0].size());
    std::vector<float> logits;
    for (const auto &row : rows)
      logits.insert(logits.end(), row.begin(), row.end());
    std::vector<Sampler> samplers(options.begin(), options.end());
    std::vector<const Sampler *> all;
    for (const Sampler &sampler : samplers)
      all.push_back(&sampler);
    DeviceSampler device(device_, 0, width);
    LONGC_TRY(device.begin(all));
    std::vector<int32_t> tokens, put(rows.size());
    for (int time = 0; time < times; ++time) {
      LONGC_TRY(device.choose(logits.data(), put.data()));
      auto chosen = device.read();
      if (!chosen.ok())
        return chosen.status();
      tokens.insert(tokens.end(), chosen->begin(), chosen->end());
      EXPECT_TRUE(std::ranges::equal(put, *chosen));
    }
    return tokens;
  }

  void expectAsOnHost(const std::vector<float> &logits, const SamplerOptions &options, int times) {
    auto tokens = choose({logits}, {options}, times);
    ASSERT_TRUE(tokens.ok()) << tokens.status().text();
    Sampler host(options);
    for (int32_t token : *tokens)
      EXPECT_EQ(token, *host.sample(logits)) << options.describe() << ", " << logits.size() << " tokens";
  }

  SamplerDevice device_;
};

TEST_F(DeviceSampling, TheBestTokenIsTheFirstOfEqualOnes) {
  for (size_t count : {1, 3, 31, 1023, 1025, 9000})
    expectAsOnHost(randomLogits(count, static_cast<uint32_t>(count)), {}, 1);
  std::vector<float> equal(2000, 1.5f), zeros(1500, -0.0f), last(1025, minusInfinity);
  zeros[700] = 0; // no more than the others
  last.back() = -3e38f;
  for (const auto &logits : {equal, zeros, last})
    expectAsOnHost(logits, {}, 1);
}

TEST_F(DeviceSampling, DrawsAreTheHosts) {
  const auto logits = randomLogits(5000, 7);
  expectAsOnHost(logits, {.temperature = 0.7f, .seed = 11}, 3);
  expectAsOnHost(logits, {.temperature = 1.3f, .topK = 40, .seed = 12}, 3);
  expectAsOnHost(logits, {.temperature = 0.9f, .topP = 0.9f, .seed = 13}, 3);
  expectAsOnHost(logits, {.temperature = 2, .topK = 300, .topP = 0.8f, .minP = 0.01f, .seed = 14}, 3);
  expectAsOnHost(logits, {.temperature = 1, .minP = 0.1f, .seed = 15}, 3);
  expectAsOnHost(logits, {.temperature = 1e-30f, .topP = 0.5f, .seed = 16}, 1);
  expectAsOnHost(logits, {.temperature = 1, .topK = 5000, .seed = 17}, 2); // leaves all, in the order of ids
  expectAsOnHost(randomLogits(3, 1), {.temperature = 1, .topK = 2, .topP = 0.99f, .seed = 18}, 4);
}

// A thousand equal logits are one place for the sums; those of a few values are more than fit into a list.
TEST_F(DeviceSampling, EqualLogitsCountInTheOrderOfTheirIds) {
  std::vector<float> logits(6000, 0.25f);
  expectAsOnHost(logits, {.temperature = 1, .topK = 2500, .seed = 3}, 2);
  expectAsOnHost(logits, {.temperature = 1, .topP = 0.7f, .seed = 4}, 2);
  for (size_t i = 0; i < logits.size(); i += 3)
    logits[i] = 0.5f;
  logits[5] = minusInfinity;
  expectAsOnHost(logits, {.temperature = 0.5f, .topK = 3000, .topP = 0.95f, .seed = 5}, 2);
  expectAsOnHost(logits, {.temperature = 0.5f, .seed = 6}, 2);
}

TEST_F(DeviceSampling, SortedDrawsAreWhatTheOperationSays) {
  const auto logits = randomLogits(700, 21);
  const std::vector<double> wide(logits.begin(), logits.end());
  for (const SamplerOptions &options : {SamplerOptions{.temperature = 1.5f, .topK = 50, .seed = 8}, SamplerOptions{.temperature = 0.75f, .topK = 90, .topP = 0.75f, .seed = 9}}) {
    auto tokens = choose({logits}, {options}, 3);
    ASSERT_TRUE(tokens.ok());
    for (size_t draw = 0; draw < tokens->size(); ++draw)
      EXPECT_EQ((*tokens)[draw], lm::reference::sample(wide.data(), static_cast<int64_t>(wide.size()), static_cast<double>(options.temperature), options.topK,
                                                       static_cast<double>(options.topP), philoxUniform(options.seed, draw)));
  }
}

TEST_F(DeviceSampling, EachRowHasItsOwnOptionsAndStream) {
  const std::vector<std::vector<float>> rows = {randomLogits(300, 1), randomLogits(300, 2), randomLogits(300, 3)};
  const std::vector<SamplerOptions> options = {{.temperature = 1, .topK = 20, .seed = 5}, {}, {.temperature = 1, .topP = 0.9f, .seed = 6}};
  auto tokens = choose(rows, options, 2);
  ASSERT_TRUE(tokens.ok());
  std::vector<Sampler> hosts(options.begin(), options.end());
  for (size_t i = 0; i < tokens->size(); ++i)
    EXPECT_EQ((*tokens)[i], *hosts[i % 3].sample(rows[i % 3])) << i;
}

TEST_F(DeviceSampling, WhatHasNothingToChooseFromFailsAsOnTheHost) {
  auto damaged = randomLogits(1500, 4);
  damaged[1400] = damaged[1100] = std::numeric_limits<float>::quiet_NaN();
  for (const auto &logits : {damaged, std::vector<float>(1500, minusInfinity)}) {
    auto device = choose({logits}, {{}});
    auto host = Sampler({}).sample(logits);
    ASSERT_FALSE(device.ok());
    EXPECT_EQ(device.status().text(), host.status().text());
    EXPECT_EQ(device.status().code(), Sampler::badLogits);
  }
}

TEST_F(DeviceSampling, RepetitionIsTheHostsToPenalise) {
  DeviceSampler device(device_, 0, 10);
  EXPECT_TRUE(device.covers({.temperature = 1, .topK = 3, .topP = 0.5f, .minP = 0.1f}));
  EXPECT_FALSE(device.covers({.repetitionPenalty = 1.1f}));
}

TEST_F(DeviceSampling, IsWhereThereIsAKernelAndMemoryOfItsOwn) {
  abi::Program program;
  program.add_modules()->set_vocabulary(100);
  EXPECT_EQ(DeviceSampler::of(device_, program), nullptr);
  program.add_kernels()->set_name("other");
  program.add_kernels()->set_name(LONGC_SAMPLER);
  EXPECT_NE(DeviceSampler::of(device_, program), nullptr);
  program.mutable_modules(0)->set_vocabulary(LONGC_SAMPLER_TOKENS + 1);
  EXPECT_EQ(DeviceSampler::of(device_, program), nullptr);
}

} // namespace
} // namespace longc
