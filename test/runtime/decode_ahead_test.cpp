// Sequences that go on with tokens before the host knows them say what they say without: on the fake program, whose logits the sampler's kernel reads.
#include "runtime/serve/DecodeAhead.h"

#include "runtime/serve/GenerateMany.h"
#include "test/runtime/Serving.h"

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

  ~Ahead() override { engine->setSampler(nullptr); } // before its device goes

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

// Prompts that come and go: of a call all tokens are chosen by the device, and are the host's.
TEST_F(Ahead, BatchesAreChosenForThere) {
  const std::vector<std::vector<int32_t>> prompts = {prompt, {3, 3, 4}, std::vector<int32_t>(100, 7), {9}, {11, 12, 13}};
  const auto texts = [&](const SamplerOptions &sampling) {
    std::map<size_t, std::pair<std::vector<int32_t>, Finish>> texts;
    auto store = Session::createStore(*engine, options, 2);
    EXPECT_TRUE(store.ok());
    ManyOptions many{sampling, 14, {200, 30}, {}, [&](const Continuation &one) {
      texts[one.index] = {one.generation.tokens, one.generation.finish};
      return Status();
    }};
    Status status = generateMany(*engine, options, *store, prompts, many);
    EXPECT_TRUE(status.ok()) << status.text();
    return texts;
  };
  const SamplerOptions kinds[] = {{}, drawing, {.repetitionPenalty = 1.3f}};
  for (const SamplerOptions &sampling : kinds) {
    engine->setSampler(nullptr);
    const auto expected = texts(sampling);
    engine->setSampler(std::make_unique<DeviceSampler>(device, 0, fake::vocabulary));
    device.launches = 0;
    EXPECT_EQ(texts(sampling), expected);
    EXPECT_EQ(device.launches > 0, sampling.repetitionPenalty == 1);
  }
}

// A choice is of the last token, and of whose sampler drew it.
TEST_F(Ahead, AChoiceGoesWithTheNextToken) {
  engine->setSampler(std::make_unique<DeviceSampler>(device, 0, fake::vocabulary));
  auto session = sessionWith({1, 2});
  Sampler host(drawing), there(drawing);
  const auto expected = host.sample(session->logits());
  session = std::move(*Session::create(*engine, options));
  ASSERT_TRUE(session->ingest(std::vector<int32_t>{1, 2}, {.sampler = &there}).ok());
  EXPECT_EQ(session->outcome(), *expected);
  EXPECT_EQ(there.draws(), 1u);
  EXPECT_TRUE(session->logits().empty());
  EXPECT_EQ((*session->fork())->outcome(), std::nullopt);
  const int32_t token = 3;
  ASSERT_TRUE(session->takeStep(&token).ok());
  EXPECT_EQ(session->outcome(), std::nullopt);
}

struct ServingThere : fake::Serving {
  ~ServingThere() override {
    close();
    engine->setSampler(nullptr); // before its device goes
  }
  SamplerDevice device;
};

// Where a request asks for more than a sampler the host chooses, for all of a call.
TEST_F(ServingThere, RequestsAreAnsweredAsByTheHost) {
  std::vector<fake::Json> bodies;
  for (int i = 0; i < 6; ++i)
    bodies.push_back({{"prompt", std::string(static_cast<size_t>(7 + 37 * i), static_cast<char>('a' + i))}, {"max_tokens", 12 + i}, {"temperature", 1.5}, {"seed", i}});
  bodies.push_back({{"prompt", "abcdefgh"}, {"max_tokens", 9}, {"temperature", 1}, {"seed", 7}, {"n", 3}});
  bodies.push_back({{"prompt", "abcdefgh"}, {"max_tokens", 9}, {"temperature", 0}, {"logprobs", 2}});
  bodies.push_back({{"prompt", "abcdefgh"}, {"max_tokens", 9}, {"temperature", 0}, {"logit_bias", {{"7", -100}}}});
  std::vector<fake::Json> expected;
  for (const fake::Json &body : bodies)
    expected.push_back(answered("/v1/completions", body)["choices"]);
  close();
  engine->setSampler(std::make_unique<DeviceSampler>(device, 0, fake::vocabulary));
  for (size_t i = 0; i < bodies.size(); ++i)
    EXPECT_EQ(answered("/v1/completions", bodies[i])["choices"], expected[i]) << i;
  EXPECT_GT(device.launches, 6 * 12);
  std::vector<std::shared_ptr<fake::RecordedReply>> replies;
  for (const fake::Json &body : bodies)
    replies.push_back(ask("/v1/completions", body.dump()));
  for (size_t i = 0; i < replies.size(); ++i) {
    ASSERT_TRUE(replies[i]->wait());
    EXPECT_EQ(replies[i]->json()["choices"], expected[i]) << i;
  }
}

TEST_F(ServingThere, AnAnswerWhoseChoiceFailsIsNone) {
  const fake::Json body = {{"prompt", "abcdefgh"}, {"max_tokens", 9}, {"temperature", 1}, {"seed", 7}};
  const fake::Json expected = answered("/v1/completions", body)["choices"];
  close();
  engine->setSampler(std::make_unique<DeviceSampler>(device, 0, fake::vocabulary));
  for (int *which : {&device.failing, &device.strange}) {
    *which = device.launches + 4;
    auto reply = ask("/v1/completions", body.dump());
    ASSERT_TRUE(reply->wait());
    EXPECT_GE(reply->response.status, 500) << reply->body;
    waitIdle();
    EXPECT_EQ(device.launches, *which);
    EXPECT_EQ(answered("/v1/completions", body)["choices"], expected);
  }
}

} // namespace
} // namespace longc
