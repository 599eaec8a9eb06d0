// Steps in the memory of a device are those of the host, bit for bit: the text of the optimizer's kernels, run as C++.
#include "runtime/train/HeldTraining.h"

#include "runtime/serve/DecodeParameter.h"
#include "test/runtime/Bigram.h"
#include "test/runtime/OwnMemoryDevice.h"

#include "gtest/gtest.h"

#include <barrier>
#include <bit>
#include <cstring>
#include <thread>

namespace {

// What the text knows of its threads and of arithmetic.
struct Index {
  unsigned x;
};
thread_local Index threadIdx, blockIdx;
constexpr int threadsOfBlock = LONGC_OPTIMIZER_THREADS;
std::barrier<> meeting(threadsOfBlock);
using View = longc_view;
using bf16 = uint16_t;
using u16 = uint16_t;
using u32 = uint32_t;
using i64 = long long;
#define LONGC_DEVICE inline
#define __global__
#define __launch_bounds__(threads)
#define __shared__ static
inline void __syncthreads() { meeting.arrive_and_wait(); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float a) { return std::sqrt(a); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
inline u32 __float_as_uint(float a) { return std::bit_cast<u32>(a); }
#include "codegen/cuda/optimizer.cuh"

} // namespace

namespace longc {
namespace {

constexpr const char *kernels[] = {LONGC_OPTIMIZER_UPDATE, LONGC_OPTIMIZER_ADD, LONGC_OPTIMIZER_SQUARES};

abi::Program programWith(int count) {
  abi::Program program;
  for (const char *name : std::span(kernels).first(static_cast<size_t>(count)))
    program.add_kernels()->set_name(name);
  return program;
}

/// Has memory of its own, as far as anybody can tell, and the optimizer's kernels.
class OptimizerDevice final : public OwnMemoryDevice {
public:
  Status launch(const KernelLaunch &launch) override {
    const auto &v = launch.views;
    const auto &s = launch.scalars;
    const auto blocks = static_cast<int>(launch.grid[0]);
    auto f = [&](size_t i) { return std::bit_cast<float>(static_cast<uint32_t>(s[i])); };
    for (int block = 0; block < blocks; ++block) {
      auto run = [&](int thread) {
        blockIdx = {static_cast<unsigned>(block)};
        threadIdx = {static_cast<unsigned>(thread)};
        if (launch.kernel == 0)
          optimizer_update(v[0], v[1], v[2], v[3], v[4], f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7), blocks);
        else if (launch.kernel == 1)
          optimizer_add(v[0], v[1], static_cast<int>(s[0]), blocks);
        else
          optimizer_squares(v[0], v[1], blocks);
      };
      std::vector<std::jthread> threads;
      for (int thread = 0; thread < threadsOfBlock; ++thread)
        if (launch.kernel == 2) // they wait for each other
          threads.emplace_back(run, thread);
        else
          run(thread);
    }
    return {};
  }
};

ParameterArray arrayOf(const ParameterList &list) { return std::move(*ParameterArray::create(list, "")); }

/// Numbers of all sizes and signs, zeros of both signs among them.
void fill(const ParameterList &list, uint32_t seed, ParameterArray &array) {
  for (const TrainedParameter &parameter : list.parameters())
    for (float &number : array.of(parameter)) {
      seed = seed * 1664525u + 1013904223u;
      number = seed % 17 == 0 ? -0.0f : std::ldexp(static_cast<float>(static_cast<int32_t>(seed)) / 2147483648.0f, static_cast<int>(seed / 7 % 24) - 16);
    }
}

bool equalBits(const ParameterArray &a, const ParameterArray &b) {
  return std::memcmp(a.all().data(), b.all().data(), a.all().size_bytes()) == 0;
}

class Held : public testing::Test {
protected:
  Held() {
    list_.add("narrow", {130, 130}, Beginning::given); // more than a part of the norm, several pieces
    list_.add("vector", {5}, Beginning::given);        // does not decay
    list_.add("wide", {3, 7}, Beginning::given);
  }
  std::unique_ptr<HeldTraining> make(int kernelCount = 3) {
    program_ = programWith(kernelCount);
    auto held = HeldTraining::create(device_, program_, list_, {abi::BF16, abi::BF16, abi::F32}, *pool_);
    failure_ = held.status();
    return held.ok() ? std::move(*held) : nullptr;
  }
  std::vector<const void *> placesOf(const ParameterArray &gradients) const {
    std::vector<const void *> places;
    for (const TrainedParameter &parameter : list_.parameters())
      places.push_back(gradients.of(parameter).data());
    return places;
  }

  OptimizerDevice device_;
  abi::Program program_;
  ParameterList list_;
  std::unique_ptr<ThreadPool> pool_ = poolOf(2);
  Status failure_;
};

TEST_F(Held, StepsAreThoseOfTheHost) {
  auto held = make();
  ASSERT_TRUE(held) << failure_.text();
  auto values = arrayOf(list_), gradients = arrayOf(list_), one = arrayOf(list_), heldValues = arrayOf(list_);
  Moments moments = std::move(*Moments::create(list_)), heldMoments = std::move(*Moments::create(list_));
  fill(list_, 1, values);
  ASSERT_TRUE(held->load(values, moments).ok());
  for (int update = 1; update <= 4; ++update) {
    std::ranges::fill(gradients.all(), 0.0f);
    held->begin();
    for (uint32_t call = 0; call < 2; ++call) { // gradients of two calls
      fill(list_, static_cast<uint32_t>(10 * update) + call, one);
      for (size_t i = 0; i < one.all().size(); ++i)
        gradients.all()[i] += one.all()[i];
      ASSERT_TRUE(held->add(placesOf(one)).ok());
    }
    auto norm = held->norm();
    ASSERT_TRUE(norm.ok());
    EXPECT_EQ(*norm, normOf(gradients, *pool_));
    ASSERT_TRUE(held->gradients(one).ok());
    EXPECT_TRUE(equalBits(one, gradients));
    const AdamWOptions options{0.9, 0.95, 1e-8, 0.1};
    updateAdamW(list_, options, 0.01 * update, update, clipScale(*norm, 1), gradients, moments, values, *pool_);
    ASSERT_TRUE(held->update(options, 0.01 * update, update, clipScale(*norm, 1)).ok());
    ASSERT_TRUE(held->store(heldValues, heldMoments).ok());
    EXPECT_TRUE(equalBits(heldValues, values)) << update;
    EXPECT_TRUE(equalBits(heldMoments.first, moments.first)) << update;
    EXPECT_TRUE(equalBits(heldMoments.second, moments.second)) << update;
    for (size_t i = 0; i < 3; ++i) {
      const std::span<const float> expected = values.of(list_.parameters()[i]);
      std::vector<std::byte> halves(expected.size() * 2);
      roundToBf16(expected, halves.data());
      EXPECT_EQ(i < 2 ? std::memcmp(held->of(i), halves.data(), halves.size()) : std::memcmp(held->of(i), expected.data(), expected.size_bytes()), 0) << i;
    }
  }
}

TEST_F(Held, WhatHasNoGradientStays) {
  auto held = make();
  ASSERT_TRUE(held) << failure_.text();
  auto values = arrayOf(list_), one = arrayOf(list_), after = arrayOf(list_);
  Moments moments = std::move(*Moments::create(list_));
  fill(list_, 3, values);
  fill(list_, 4, one);
  ASSERT_TRUE(held->load(values, moments).ok());
  std::vector<const void *> places = placesOf(one);
  held->begin();
  ASSERT_TRUE(held->add(places).ok());
  places[0] = nullptr; // of the next step
  held->begin();
  ASSERT_TRUE(held->add(places).ok());
  ASSERT_TRUE(held->update({}, 0.1, 1, 1).ok());
  ASSERT_TRUE(held->store(after, moments).ok());
  const TrainedParameter &first = list_.parameters()[0], &last = list_.parameters()[2];
  EXPECT_TRUE(std::ranges::equal(std::as_const(after).of(first), std::as_const(values).of(first)));
  EXPECT_FALSE(std::ranges::equal(std::as_const(after).of(last), std::as_const(values).of(last)));
}

TEST_F(Held, AProgramWithoutTheKernelsIsRefused) {
  EXPECT_FALSE(make(2));
  EXPECT_EQ(failure_.code(), noOptimizer);
  EXPECT_NE(failure_.message().find(LONGC_OPTIMIZER_SQUARES), std::string::npos) << failure_.message();
}

/// A training on the host and one on the device.
class HeldTrainer : public testing::Test {
protected:
  HeldTrainer() {
    for (Bigram *model : {&host_, &device_}) {
      auto trainer = Trainer::create(*model, samples_, options());
      trainers_.push_back(std::move(*trainer));
    }
  }
  void run(int steps) {
    for (int i = 0; i < steps; ++i)
      for (Trainer &trainer : trainers_)
        ASSERT_TRUE(trainer.run(nullptr).ok());
  }
  bool equal() {
    EXPECT_TRUE(trainers_[1].fetch().ok());
    TrainState &a = trainers_[0].state(), &b = trainers_[1].state();
    return equalBits(a.values, b.values) && equalBits(a.moments.first, b.moments.first) && equalBits(a.moments.second, b.moments.second);
  }

  OptimizerDevice memory_;
  abi::Program program_ = programWith(3);
  Bigram host_{1}, device_{1, &memory_, &program_};
  std::vector<Sample> samples_ = counting(40);
  std::vector<Trainer> trainers_;
};

TEST_F(HeldTrainer, LearnsTheSame) {
  run(7);
  const auto a = trainers_[0].judge(samples_), b = trainers_[1].judge(samples_);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(a->loss, b->loss);
  EXPECT_TRUE(equal());
  run(3);
  EXPECT_TRUE(equal());
}

TEST_F(HeldTrainer, GoesOnFromAState) {
  run(4);
  ASSERT_TRUE(equal());
  Trainer again = std::move(*Trainer::create(device_, samples_, options()));
  TrainState &from = trainers_[1].state(), &to = again.state();
  to.step = from.step;
  to.epoch = from.epoch;
  to.position = from.position;
  std::ranges::copy(from.values.all(), to.values.all().begin());
  std::ranges::copy(from.moments.first.all(), to.moments.first.all().begin());
  std::ranges::copy(from.moments.second.all(), to.moments.second.all().begin());
  run(5);
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(again.run(nullptr).ok());
  ASSERT_TRUE(again.fetch().ok() && equal());
  EXPECT_TRUE(equalBits(again.state().values, trainers_[1].state().values));
}

TEST_F(HeldTrainer, NamesWhatIsNotFiniteAndKeepsTheState) {
  run(3);
  device_.poisonedCall = device_.calls;
  auto report = trainers_[1].run(nullptr);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.status().code(), gradientNotFinite);
  EXPECT_NE(report.status().message().find("the first gradient that is not finite is that of 'layers.3.table'"), std::string::npos)
      << report.status().message();
  EXPECT_TRUE(equal());
  run(1);
  EXPECT_TRUE(equal());
}

TEST_F(HeldTrainer, GoesBackToTheValuesBeforeTheLastStep) {
  for (Trainer &trainer : trainers_)
    ASSERT_TRUE(trainer.keepLast().ok());
  run(3);
  ASSERT_TRUE(equal());
  auto before = arrayOf(host_.parameters());
  std::ranges::copy(trainers_[0].state().values.all(), before.all().begin());
  run(1);
  for (Trainer &trainer : trainers_) {
    auto refused = trainer.run(nullptr, [](const StepReport &report) { return Status::error(1, std::to_string(report.step), ""); });
    EXPECT_EQ(refused.status().message(), "5");
    ASSERT_TRUE(trainer.goBack().ok());
    EXPECT_TRUE(equalBits(trainer.state().values, before));
  }
  run(2); // from there
  EXPECT_TRUE(equal());
}

} // namespace
} // namespace longc
