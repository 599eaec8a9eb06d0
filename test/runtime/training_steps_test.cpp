// The arithmetic of training: schedules and updates beside torch's, sums that no thread changes, steps that go on bit for bit.
#include "runtime/train/Checkpoint.h"
#include "runtime/train/Trainer.h"
#include "test/runtime/Bigram.h"
#include "test/runtime/FakeProgram.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

namespace longc {
namespace {

// transformers 5 get_linear_schedule_with_warmup, get_cosine_schedule_with_warmup, rate 0.5, warm-up 3 of 11 steps.
TEST(Schedule, FollowsTransformers) {
  const double linear[] = {0, 0.166666667, 0.333333333, 0.5, 0.4375, 0.375, 0.3125, 0.25, 0.1875, 0.125, 0.0625};
  const double cosine[] = {0, 0.166666667, 0.333333333, 0.5, 0.480969883, 0.426776695, 0.345670858, 0.25, 0.154329142, 0.0732233047,
                           0.0190301169};
  for (int step = 0; step < 11; ++step) {
    EXPECT_NEAR((Schedule{ScheduleKind::linear, 0.5, 3, 11}.at(step)), linear[step], 1e-8);
    EXPECT_NEAR((Schedule{ScheduleKind::cosine, 0.5, 3, 11}.at(step)), cosine[step], 1e-8);
    EXPECT_EQ((Schedule{ScheduleKind::constant, 0.5, 0, 11}.at(step)), 0.5);
  }
}

// Three updates of torch.optim.AdamW (2.11, lr 0.01, betas 0.9 and 0.95, decay 0.1 of the matrix) after clip_grad_norm_ to 1.
TEST(AdamW, FollowsTorch) {
  ParameterList list;
  list.add("w", {2, 2}, Beginning::given);
  list.add("b", {2}, Beginning::given);
  auto values = std::move(*ParameterArray::create(list, "")), gradients = std::move(*ParameterArray::create(list, ""));
  Moments moments = std::move(*Moments::create(list));
  const TrainedParameter &w = list.parameters()[0], &b = list.parameters()[1];
  std::ranges::copy(std::array{0.5f, -1.25f, 2.0f, 0.125f}, values.of(w).begin());
  std::ranges::copy(std::array{0.25f, -0.75f}, values.of(b).begin());
  const float given[3][6] = {{1, -2, 0.5f, 0, 0.1f, -3}, {-1.5f, 0.25f, 4, 1e-3f, 0, 2}, {0.75f, 0.75f, -0.125f, 2, -1, 1}};
  const double norms[] = {3.7762415409, 4.7236108780, 2.6721947193};
  auto pool = poolOf(2);
  for (int update = 0; update < 3; ++update) {
    std::copy(given[update], given[update] + 4, gradients.of(w).begin());
    std::copy(given[update] + 4, given[update] + 6, gradients.of(b).begin());
    const double norm = normOf(gradients, *pool);
    EXPECT_NEAR(norm, norms[update], 1e-6);
    updateAdamW(list, {0.9, 0.95, 1e-8, 0.1}, 0.01, update + 1, clipScale(norm, 1), gradients, moments, values, *pool);
  }
  const float expected[] = {0.48726749f, -1.22919333f, 1.96961546f, 0.11104979f, 0.23907530f, -0.73831439f};
  for (int i = 0; i < 6; ++i)
    EXPECT_NEAR(i < 4 ? values.of(w)[static_cast<size_t>(i)] : values.of(b)[static_cast<size_t>(i - 4)], expected[i], 2e-7) << i;
}

TEST(AdamW, ClipsOnlyWhatIsOver) {
  EXPECT_EQ(clipScale(0.5, 1), 1);
  EXPECT_EQ(clipScale(100, 0), 1);
  EXPECT_NEAR(clipScale(4, 1), 0.25, 1e-6);
}

TEST(ParameterList, BeginsAsTheSeedSays) {
  ParameterList list, other;
  list.add("a.lora_A", {4, 100}, Beginning::uniform);
  list.add("a.lora_B", {100, 4}, Beginning::zeros);
  other.add("something else", {3}, Beginning::uniform);
  other.add("a.lora_A", {4, 100}, Beginning::uniform);
  auto first = std::move(*ParameterArray::create(list, "")), second = std::move(*ParameterArray::create(other, ""));
  begin(list, 7, first);
  begin(other, 7, second);
  const auto a = first.of(*list.find("a.lora_A")), b = second.of(*other.find("a.lora_A"));
  EXPECT_TRUE(std::ranges::equal(a, b)); // whatever stands beside it
  EXPECT_LE(*std::ranges::max_element(a), 0.1f);
  EXPECT_GT(*std::ranges::max_element(a), 0.08f);
  EXPECT_LT(*std::ranges::min_element(a), -0.08f);
  EXPECT_TRUE(std::ranges::all_of(first.of(*list.find("a.lora_B")), [](float x) { return x == 0; }));
  begin(list, 8, first);
  EXPECT_FALSE(std::ranges::equal(a, b));
  EXPECT_EQ(list.parameters()[1].first % 16, 0);
  EXPECT_EQ(list.count(), 800);
}

std::vector<double> lossesOf(Trainer &trainer, int steps) {
  std::vector<double> losses;
  for (int i = 0; i < steps; ++i) {
    auto report = trainer.run(nullptr);
    EXPECT_TRUE(report.ok()) << report.status().text();
    losses.push_back(report.ok() ? report->loss : 0);
  }
  return losses;
}

TEST(TrainBatch, ShiftsTargetsInsideSequences) {
  std::vector<Sample> samples(3);
  samples[0] = {1, {7, 8, 9}, {0, 0.5f, 1}};
  samples[1] = {2, {4, 5}, {0, 2}};
  samples[2] = {3, {6, 6, 6, 6}, {0, 1, 1, 1}};
  const std::vector<Pack> packs = {{{0, 1}, 5, 13}, {{2}, 4, 16}};
  const std::vector<float> weights = {0, 0.5f, 1, 0, 2, 0, 1, 1, 1};
  auto one = makeBatches(packs, samples, weights, 100);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].tokens, (std::vector<int32_t>{7, 8, 9, 4, 5, 6, 6, 6, 6}));
  EXPECT_EQ(one[0].positions, (std::vector<int32_t>{0, 1, 2, 0, 1, 0, 1, 2, 3}));
  EXPECT_EQ(one[0].boundaries, (std::vector<int32_t>{0, 3, 5, 9}));
  EXPECT_EQ(one[0].targets, (std::vector<int32_t>{8, 9, 0, 5, 0, 6, 6, 6, 0}));
  EXPECT_EQ(one[0].weights, (std::vector<float>{0.5f, 1, 0, 2, 0, 1, 1, 1, 0}));
  EXPECT_EQ(makeBatches(packs, samples, weights, 8).size(), 2u);
  EXPECT_EQ(makeBatches(packs, samples, weights, 1).size(), 2u); // a pack is never divided
}

// Branches go on where what they share ends; each is a sequence that reads it.
TEST(Batches, HaveWhatRowsShareOnce) {
  std::vector<Sample> rows(3);
  for (int32_t i = 0; i < 3; ++i) {
    rows[static_cast<size_t>(i)].tokens = {7, 8, 9};
    rows[static_cast<size_t>(i)].weights = {0, 0, 0};
    for (int32_t more = 0; more <= i; ++more) {
      rows[static_cast<size_t>(i)].tokens.push_back(10 * (i + 1) + more);
      rows[static_cast<size_t>(i)].weights.push_back(1);
    }
  }
  const Sample joined = joinBehind(rows, 2);
  EXPECT_EQ(joined.tokens, (std::vector<int32_t>{7, 8, 9, 10, 9, 20, 21, 9, 30, 31, 32}));
  EXPECT_EQ(joined.branches, (std::vector<int64_t>{2, 4, 7}));
  EXPECT_EQ(joined.targets(), 6);
  Sample before;
  before.tokens = {1, 2};
  before.weights = {0, 1};
  const std::vector<Sample> samples = {before, joined};
  std::vector<float> weights = before.weights;
  weights.insert(weights.end(), joined.weights.begin(), joined.weights.end());
  const auto batches = makeBatches(std::vector<Pack>{{{0, 1}, 13, 0}}, samples, weights, 100);
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].boundaries, (std::vector<int32_t>{0, 2, 4, 6, 9, 13}));
  EXPECT_EQ(batches[0].positions, (std::vector<int32_t>{0, 1, 0, 1, 2, 3, 2, 3, 4, 2, 3, 4, 5}));
  EXPECT_EQ(batches[0].crossRows, (std::vector<int32_t>{2, 1, 3, 1, 4, 1}));
  EXPECT_EQ(batches[0].targets, (std::vector<int32_t>{2, 0, 8, 0, 10, 0, 20, 21, 0, 30, 31, 32, 0}));
  EXPECT_EQ(batches[0].weights, (std::vector<float>{1, 0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 0}));
  EXPECT_EQ(batches[0].gateWeights, std::vector<float>(13, 0));
  TrainBatch counted; // its gates as its targets
  counted.add(before.tokens, before.weights, {}, true);
  EXPECT_EQ(counted.gateWeights, counted.weights);
}

TEST(Trainer, LearnsToCount) {
  Bigram model(1);
  const std::vector<Sample> samples = counting(40);
  auto trainer = Trainer::create(model, samples, options());
  ASSERT_TRUE(trainer.ok());
  const std::vector<double> losses = lossesOf(*trainer, 40);
  EXPECT_NEAR(losses.front(), std::log(Bigram::vocabulary), 1e-6);
  EXPECT_LT(losses.back(), 0.3);
  EXPECT_GT(trainer->state().epoch, 1);
}

// Packed or one by one, in one call or many: the loss of a step is the mean over its sequences, and so is the gradient.
TEST(Trainer, DividesStepsFreely) {
  const std::vector<Sample> samples = counting(30);
  std::vector<double> losses, norms;
  for (int64_t callTokens : {1, 20, 1000})
    for (int64_t capacity : {9, 30}) {
      Bigram model(1);
      TrainOptions some = options();
      some.callTokens = callTokens;
      some.batch.capacity = capacity;
      auto values = std::move(*ParameterArray::create(model.parameters(), "")), gradients = std::move(*ParameterArray::create(model.parameters(), ""));
      for (size_t i = 0; i < values.all().size(); ++i)
        values.all()[i] = static_cast<float>(i % 13) / 13;
      auto report = judge(model, samples, some, values, &gradients, nullptr);
      ASSERT_TRUE(report.ok());
      losses.push_back(report->loss);
      norms.push_back(normOf(gradients, model.pool()));
    }
  for (size_t i = 1; i < losses.size(); ++i) {
    EXPECT_NEAR(losses[i], losses[0], 1e-6 * losses[0]);
    EXPECT_NEAR(norms[i], norms[0], 1e-5 * norms[0]);
  }
}

TEST(Trainer, ThreadsChangeNoBit) {
  const std::vector<Sample> samples = counting(40);
  std::vector<std::vector<float>> learnt;
  for (int threads : {1, 2, 3}) {
    Bigram model(threads);
    auto trainer = Trainer::create(model, samples, options());
    lossesOf(*trainer, 15);
    learnt.emplace_back(trainer->state().values.all().begin(), trainer->state().values.all().end());
  }
  EXPECT_EQ(learnt[0], learnt[1]);
  EXPECT_EQ(learnt[0], learnt[2]);
}

TEST(Trainer, NamesWhatIsNotFiniteAndKeepsTheState) {
  Bigram model(1);
  const std::vector<Sample> samples = counting(40);
  auto trainer = Trainer::create(model, samples, options());
  lossesOf(*trainer, 4);
  const std::vector<float> before(trainer->state().values.all().begin(), trainer->state().values.all().end());
  model.poisonedCall = model.calls;
  auto report = trainer->run(nullptr);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.status().code(), gradientNotFinite);
  EXPECT_NE(report.status().message().find("step 5"), std::string::npos) << report.status().message();
  EXPECT_NE(report.status().message().find("layers.3.table"), std::string::npos);
  EXPECT_TRUE(std::ranges::equal(before, trainer->state().values.all()));
  EXPECT_EQ(trainer->state().step, 4);
  EXPECT_TRUE(trainer->run(nullptr).ok()); // the poison was of one call
}

TEST(Trainer, StopsBetweenCalls) {
  Bigram model(1);
  const std::vector<Sample> samples = counting(40);
  TrainOptions some = options();
  some.callTokens = 1;
  auto trainer = Trainer::create(model, samples, some);
  int asked = 0;
  auto report = trainer->run([&] { return ++asked == 2; });
  EXPECT_FALSE(report.ok());
  EXPECT_EQ(model.calls, 1);
  EXPECT_EQ(trainer->state().step, 0);
}

class Checkpoints : public testing::Test {
protected:
  Checkpoints() : folder_(fake::temporaryPath(testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(folder_);
  }
  Trainer newTrainer() { return std::move(*Trainer::create(model_, samples_, options())); }
  Status save(Trainer &trainer) { return saveCheckpoint(folder_, model_.parameters(), trainer.state(), settings_); }
  Result<LoadedCheckpoint> load(Trainer &trainer) { return loadCheckpoint(folder_, model_.parameters(), settings_, trainer.state()); }
  std::string newest() const {
    return folder_ + "/" + (std::string("checkpoint-0000000") + std::to_string(checkpointSteps(folder_).front())) + ".safetensors";
  }

  std::string folder_;
  Bigram model_{1};
  std::vector<Sample> samples_ = counting(40);
  TrainSettings settings_ = {{"--lr", "0.5"}, {"--seed", "5"}};
};

TEST_F(Checkpoints, GoOnBitForBit) {
  Trainer whole = newTrainer();
  lossesOf(whole, 20);
  for (int steps : {1, 7, 13}) {
    Trainer first = newTrainer(), second = newTrainer();
    lossesOf(first, steps);
    first.state().bestLoss = 0.1 + steps;
    first.state().notBetter = 2;
    ASSERT_TRUE(save(first).ok());
    auto loaded = load(second);
    ASSERT_TRUE(loaded.ok() && loaded->found);
    EXPECT_EQ(second.state().step, steps);
    EXPECT_EQ(second.state().bestLoss, 0.1 + steps);
    EXPECT_EQ(second.state().notBetter, 2);
    lossesOf(second, 20 - steps);
    EXPECT_TRUE(std::ranges::equal(whole.state().values.all(), second.state().values.all())) << steps;
    EXPECT_TRUE(std::ranges::equal(whole.state().moments.second.all(), second.state().moments.second.all())) << steps;
  }
}

TEST_F(Checkpoints, TwoStay) {
  Trainer trainer = newTrainer();
  for (int i = 0; i < 4; ++i) {
    lossesOf(trainer, 1);
    ASSERT_TRUE(save(trainer).ok());
  }
  EXPECT_EQ(checkpointSteps(folder_), (std::vector<int64_t>{4, 3}));
}

TEST_F(Checkpoints, ADamagedOneIsPassedOver) {
  Trainer trainer = newTrainer();
  auto none = load(trainer);
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->found);
  for (int i = 0; i < 2; ++i) {
    lossesOf(trainer, 1);
    ASSERT_TRUE(save(trainer).ok());
  }
  const std::string bytes = fake::readAll(newest());
  for (size_t size : {size_t{0}, size_t{7}, size_t{100}, bytes.size() / 2, bytes.size() - 1}) {
    std::ofstream(newest(), std::ios::binary) << bytes.substr(0, size);
    Trainer other = newTrainer();
    auto loaded = load(other);
    ASSERT_TRUE(loaded.ok()) << loaded.status().text();
    EXPECT_EQ(other.state().step, 1) << size;
    EXPECT_EQ(loaded->passedOver.size(), 1u);
  }
  for (size_t place = 8; place < bytes.size(); place += 41) { // a bit anywhere: never the newest state, changed
    std::string flipped = bytes;
    flipped[place] = static_cast<char>(flipped[place] ^ 4);
    std::ofstream(newest(), std::ios::binary) << flipped;
    Trainer other = newTrainer();
    auto loaded = load(other);
    EXPECT_TRUE(loaded.ok() && other.state().step == 1) << place;
  }
  std::ofstream(newest(), std::ios::binary) << "";
  std::filesystem::remove(folder_ + "/checkpoint-00000001.safetensors");
  Trainer other = newTrainer();
  EXPECT_EQ(load(other).status().code(), checkpointDamaged);
}

TEST_F(Checkpoints, ADamagedOneDoesNotStay) {
  Trainer trainer = newTrainer();
  lossesOf(trainer, 1);
  ASSERT_TRUE(save(trainer).ok());
  lossesOf(trainer, 4);
  ASSERT_TRUE(save(trainer).ok());
  std::ofstream(newest(), std::ios::binary) << "";
  Trainer other = newTrainer();
  ASSERT_TRUE(load(other).ok());
  lossesOf(other, 1);
  ASSERT_TRUE(save(other).ok());
  EXPECT_EQ(checkpointSteps(folder_), (std::vector<int64_t>{2, 1}));
}

TEST_F(Checkpoints, APlaceThatTheDataDoesNotHaveIsSeen) {
  Trainer trainer = newTrainer();
  EXPECT_TRUE(trainer.hasPlace());
  trainer.state().position = 1000000;
  EXPECT_FALSE(trainer.hasPlace());
}

TEST_F(Checkpoints, OthersAreRefusedByName) {
  Trainer trainer = newTrainer();
  lossesOf(trainer, 1);
  ASSERT_TRUE(save(trainer).ok());
  settings_[0].second = "0.25";
  Status other = load(trainer).status();
  EXPECT_EQ(other.code(), checkpointOfOtherSettings);
  EXPECT_NE(other.message().find("--lr 0.5"), std::string::npos) << other.message();
  EXPECT_NE(other.message().find("0.25"), std::string::npos) << other.message();
  settings_ = {{"--lr", "0.5"}};
  other = load(trainer).status(); // an option that is left out
  EXPECT_EQ(other.code(), checkpointOfOtherSettings);
  EXPECT_NE(other.message().find("--seed 5"), std::string::npos) << other.message();
  settings_ = {{"--lr", "0.5"}, {"--seed", "5"}};
  ParameterList list;
  list.add("layers.3.table", {2, 2}, Beginning::zeros);
  TrainState state = std::move(*TrainState::create(list));
  EXPECT_EQ(loadCheckpoint(folder_, list, settings_, state).status().code(), checkpointOfOtherModel);
}

} // namespace
} // namespace longc
