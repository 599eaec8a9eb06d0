// Sequences that go on with tokens before the host knows them say what they say without: on the fake program, whose logits the sampler's kernel reads.
#include "runtime/serve/DecodeAhead.h"

#include "runtime/serve/Generate.h"
#include "test/runtime/FakeProgram.h"

#include "gtest/gtest.h"

#include "test/runtime/SamplerDevice.h"

namespace longc {
namespace {

struct Ahead : testing::Test {
  Ahead() {
    auto file = fake::writeTemporary("ahead-program", fake::programFile("x", fake::program(), fake::weights()));
    program = std::move(*Program::open(file, true));
    auto made = Engine::create(*program, longc_program, {false, "avx2", 2});
    EXPECT_TRUE(made.ok()) << made.status().text();
    engine = std::move(*made);
    options.policy.window = fake::window;
    options.policy.lastContext = fake::lastContext;
  }

  std::unique_ptr<Session> sessionWith(std::vector<int32_t> tokens) {
    auto session = Session::create(*engine, options);
    EXPECT_TRUE(session.ok()) << session.status().text();
    EXPECT_TRUE((*session)->ingest(tokens).ok());
    return std::move(*session);
  }

  // The same on the host and ahead of it: tokens, how it ended, and what the session is afterwards.
  Generation expectAsOnHost(const std::vector<int32_t> &prompt, const SamplerOptions &sampling, const GenerateOptions &generating) {
    auto host = sessionWith(prompt), ahead = sessionWith(prompt);
    Sampler hostSampler(sampling), aheadSampler(sampling);
    auto expected = generate(*host, hostSampler, generating);
    EXPECT_EQ(engine->sampler(), nullptr); // of the processor
    auto given = generate(*ahead, aheadSampler, generating, sampler);
    EXPECT_TRUE(expected.ok() && given.ok()) << given.status().text();
    EXPECT_EQ(given->tokens, expected->tokens);
    EXPECT_EQ(given->finish, expected->finish);
    EXPECT_EQ(aheadSampler.draws(), hostSampler.draws());
    EXPECT_EQ(ahead->marks().end(), host->marks().end());
    EXPECT_EQ(ahead->marks().memoryTokens(), host->marks().memoryTokens());
    EXPECT_EQ(ahead->windowsRun(), host->windowsRun());
    EXPECT_EQ(ahead->context().memoryBytes(), host->context().memoryBytes());
    EXPECT_TRUE(std::ranges::equal(ahead->seen(), host->seen()));
    if (host->room() < 2)
      return *given;
    for (Session *session : {host.get(), ahead.get()}) // what is left in the memories
      EXPECT_TRUE(session->ingest(std::vector<int32_t>{9, 8}).ok());
    EXPECT_TRUE(std::ranges::equal(ahead->logits(), host->logits()));
    return *given;
  }

  std::unique_ptr<Program> program;
  std::unique_ptr<Engine> engine;
  SessionOptions options;
  SamplerDevice device;
  DeviceSampler sampler{device, 0, fake::vocabulary};
};

const std::vector<int32_t> prompt = {5, 7, 5, 7, 5, 7, 9, 200};
const SamplerOptions drawing = {.temperature = 3, .topK = 20, .seed = 3};

TEST_F(Ahead, TokensAreThoseOfTheHost) {
  EXPECT_EQ(expectAsOnHost(prompt, {}, {.maxTokens = 12}).tokens.size(), 12u);
  const auto drawn = expectAsOnHost(prompt, drawing, {.maxTokens = 20});
  EXPECT_GT(std::set<int32_t>(drawn.tokens.begin(), drawn.tokens.end()).size(), 3u);
  expectAsOnHost(prompt, drawing, {.maxTokens = 1});
  expectAsOnHost(prompt, drawing, {.maxTokens = 2});
}

// The window moves meanwhile, and what leaves it is memory.
TEST_F(Ahead, WindowsMoveAsOnTheHost) {
  EXPECT_EQ(expectAsOnHost(prompt, drawing, {.maxTokens = 150}).tokens.size(), 150u);
}

TEST_F(Ahead, WhatWasTakenInTooEarlyIsTakenBack) {
  const auto all = expectAsOnHost(prompt, drawing, {.maxTokens = 20});
  const int32_t stop = all.tokens[9];
  const auto stopped = expectAsOnHost(prompt, drawing, {.maxTokens = 20, .stopTokens = {stop}});
  EXPECT_EQ(stopped.finish, Finish::stop);
  EXPECT_EQ(stopped.tokens.back(), stop);
  for (int wanted : {1, 2, 7}) {
    const GenerateOptions generating = {.maxTokens = 20, .onToken = [left = wanted](int32_t) mutable { return --left > 0; }}; // which each run copies
    EXPECT_EQ(expectAsOnHost(prompt, drawing, generating).finish, Finish::cancelled);
    const std::vector<int32_t> toAPage(static_cast<size_t>(pageRows - wanted + 1), 7); // the token too many was a page's first
    EXPECT_EQ(expectAsOnHost(toAPage, drawing, generating).tokens.size(), static_cast<size_t>(wanted));
  }
}

TEST_F(Ahead, AWindowWithoutMemoryEndsTheText) {
  options.policy.memory = false;
  options.policy.window = 16;
  EXPECT_EQ(expectAsOnHost({1, 2, 3, 4, 5}, {}, {.maxTokens = 50}).finish, Finish::window);
}

TEST_F(Ahead, SequencesOfACallEachGoTheirWay) {
  auto store = Session::createStore(*engine, options, 2);
  ASSERT_TRUE(store.ok());
  const std::vector<int32_t> prompts[] = {prompt, {3, 3, 4}};
  std::vector<std::unique_ptr<Session>> sessions;
  std::vector<Session *> all;
  std::vector<int32_t> tokens;
  std::vector<Sampler> samplers = {Sampler(drawing), Sampler(SamplerOptions{})};
  std::vector<Sampler *> its = {&samplers[0], &samplers[1]};
  for (size_t i = 0; i < 2; ++i) {
    sessions.push_back(std::move(*Session::create(*engine, options, *store)));
    ASSERT_TRUE(sessions[i]->ingest(prompts[i]).ok());
    all.push_back(sessions[i].get());
    tokens.push_back(*samplers[i].sample(sessions[i]->logits()));
  }
  std::vector<std::vector<int32_t>> given = {{tokens[0]}, {tokens[1]}};
  auto steps = DecodeAhead::create(sampler, all, its);
  ASSERT_TRUE(steps.ok());
  ASSERT_TRUE((*steps)->take(tokens).ok());
  for (int step = 0; step < 9; ++step) {
    auto next = (*steps)->next(step < 8);
    ASSERT_TRUE(next.ok());
    EXPECT_EQ((*steps)->isAhead(), step < 8);
    for (size_t i = 0; i < 2; ++i)
      given[i].push_back((*next)[i]);
  }
  for (size_t i = 0; i < 2; ++i) {
    auto alone = sessionWith(prompts[i]);
    Sampler host(samplers[i].options());
    auto expected = generate(*alone, host, {.maxTokens = 10});
    ASSERT_TRUE(expected.ok());
    EXPECT_EQ(given[i], expected->tokens) << i;
  }
}

} // namespace
} // namespace longc
