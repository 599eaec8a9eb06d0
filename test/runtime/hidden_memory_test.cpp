// Hiding the memory of layers, and probing which layers matter, on the fake program (one layer).
#include "test/runtime/FakeProgram.h"

#include "runtime/serve/Session.h"

#include <gtest/gtest.h>
#include <cmath>

namespace longc {
namespace {

struct HiddenMemories : testing::Test {
  HiddenMemories() {
    auto file = fake::writeTemporary("hidden-program", fake::programFile("x", fake::program(), fake::weights()));
    program = std::move(*Program::open(file, true));
    engine = std::move(*Engine::create(*program, longc_program, {false, "avx2", 2}));
    SessionOptions options;
    options.policy.window = fake::window;
    options.policy.lastContext = fake::lastContext;
    session = std::move(*Session::create(*engine, options));
    EXPECT_TRUE(session->ingest(std::vector<int32_t>(200, 7)).ok());
  }

  // How often token 7 is seen after one more token, read by a fork: 1 each in the window, 1000 each in memory.
  double seenAfter(size_t moreTokens) {
    auto fork = session->fork();
    EXPECT_TRUE(fork.ok() && (*fork)->ingest(std::vector<int32_t>(moreTokens, 9)).ok());
    return std::round((*fork)->logits()[7] - 7.0f / 1024);
  }

  std::unique_ptr<Program> program;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Session> session;
};

constexpr double local = fake::lastContext, remembered = 1000.0 * (200 - fake::lastContext);

TEST_F(HiddenMemories, ALayersMemoryIsHiddenInPrefillAndDecodeUntilItIsShownAgain) {
  for (size_t tokens : {1, 2, 9}) {
    EXPECT_EQ(seenAfter(tokens), local + remembered);
    engine->hideMemory({true});
    EXPECT_EQ(seenAfter(tokens), local);
    engine->hideMemory({false});
    EXPECT_EQ(seenAfter(tokens), local + remembered);
    engine->hideMemory({});
    EXPECT_EQ(seenAfter(tokens), local + remembered);
  }
}

TEST_F(HiddenMemories, OtherLayersAreNotHidden) {
  engine->hideMemory({false, true, true});
  EXPECT_EQ(seenAfter(3), local + remembered);
}

TEST_F(HiddenMemories, WhatIsReadWhileHiddenIsRememberedStill) {
  engine->hideMemory({true});
  ASSERT_TRUE(session->ingest(std::vector<int32_t>(100, 7)).ok());
  engine->hideMemory({});
  int64_t inMemory = session->marks().memoryTokens();
  ASSERT_TRUE(session->ingest({{9}}).ok());
  EXPECT_EQ(std::round(session->logits()[7] - 7.0f / 1024), 1000.0 * static_cast<double>(inMemory) + (300 - static_cast<double>(inMemory)));
}

TEST_F(HiddenMemories, LongerWorkListsMoveTheCopy) {
  engine->hideMemory({true});
  for (size_t tokens : {2, 40, 3})
    EXPECT_EQ(seenAfter(tokens), local);
}

} // namespace
} // namespace longc
