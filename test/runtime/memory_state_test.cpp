// The window and memory state machine against a plain model that moves token numbers between two lists, and contexts:
// pages, forks, budgets, saved files.
#include "test/runtime/FakeProgram.h"

#include "runtime/device/CpuDevice.h"
#include "runtime/serve/Batch.h"
#include "runtime/serve/Context.h"
#include "runtime/serve/WindowMarks.h"

#include <gtest/gtest.h>
#include <cmath>
#include <cstring>
#include <deque>
#include <filesystem>
#include <functional>
#include <random>

namespace longc {
namespace {

WindowPolicy makePolicy(int64_t window, int64_t lastContext, Eviction eviction = Eviction::slide) {
  WindowPolicy policy;
  policy.window = window;
  policy.lastContext = lastContext;
  policy.eviction = eviction;
  return policy;
}

std::vector<int64_t> sizesOf(const std::vector<TokenGroup> &groups) {
  std::vector<int64_t> sizes;
  for (const TokenGroup &group : groups)
    sizes.push_back(group.tokens);
  return sizes;
}

// As published (methods of FoT): caches and memories are lists, and windows move between them.
struct PlainModel {
  int64_t window, lastContext;
  std::deque<int64_t> cache, memory; // token numbers
  int64_t next = 0;
  std::vector<std::pair<std::deque<int64_t>, std::deque<int64_t>>> seen; // by window: what its last token sees

  void runWindow(int64_t tokens, bool keeps) {
    if (!cache.empty() && static_cast<int64_t>(cache.size()) + tokens > window) {
      memory.insert(memory.end(), cache.begin(), cache.end());
      cache.clear();
    }
    for (int64_t token = 0; token < tokens; ++token)
      cache.push_back(next++);
    seen.emplace_back(cache, memory);
    if (!keeps) {
      memory.insert(memory.end(), cache.begin(), cache.end());
      cache.clear();
    }
  }

  void call(int64_t tokens) {
    int64_t early = std::max<int64_t>(tokens - lastContext, 0);
    bool wasEmpty = cache.empty();
    for (int64_t left = early; left > 0; left -= window)
      runWindow(std::min(left, window), !wasEmpty);
    runWindow(tokens - early, true);
  }
};

void expectEqual(const WindowMarks &marks, const std::pair<std::deque<int64_t>, std::deque<int64_t>> &seen) {
  auto [cache, memory] = seen;
  ASSERT_EQ(marks.localTokens(), static_cast<int64_t>(cache.size()));
  ASSERT_EQ(marks.memoryTokens(), static_cast<int64_t>(memory.size()));
  if (!cache.empty()) {
    EXPECT_EQ(marks.windowBegin(), cache.front());
  }
  if (!memory.empty()) {
    EXPECT_EQ(marks.memoryBegin(), memory.front());
    EXPECT_EQ(marks.windowBegin(), memory.back() + 1);
  }
}

TEST(WindowMarks, FlushEqualsThePublishedStateMachine) {
  std::mt19937 random(17);
  for (int round = 0; round < 300; ++round) {
    int64_t window = 2 + random() % 30, lastContext = 1 + random() % window;
    WindowMarks marks(makePolicy(window, lastContext, Eviction::flush));
    PlainModel model{window, lastContext, {}, {}, 0, {}};
    for (int call = 0; call < 12; ++call) {
      int64_t tokens = random() % 3 ? 1 : 1 + random() % 100;
      model.seen.clear();
      model.call(tokens);
      auto groups = marks.split(tokens);
      ASSERT_EQ(groups.size(), model.seen.size());
      for (size_t group = 0; group < groups.size(); ++group) {
        marks.admit(groups[group].tokens);
        expectEqual(marks, model.seen[group]);
        if (groups[group].spills)
          marks.spill();
      }
    }
  }
}

TEST(WindowMarks, PromptsSplitIntoFullWindowsARestAndTheLastContext) {
  WindowMarks marks(makePolicy(1024, 512));
  EXPECT_EQ(sizesOf(marks.split(512)), (std::vector<int64_t>{512}));
  EXPECT_EQ(sizesOf(marks.split(513)), (std::vector<int64_t>{1, 512}));
  EXPECT_EQ(sizesOf(marks.split(1024)), (std::vector<int64_t>{512, 512}));
  EXPECT_EQ(sizesOf(marks.split(3000)), (std::vector<int64_t>{1024, 1024, 440, 512}));
  EXPECT_TRUE(marks.split(0).empty());
}

TEST(WindowMarks, MemoryAfterAPromptIsAllButTheLastContext) {
  for (auto eviction : {Eviction::slide, Eviction::flush})
    for (int64_t tokens : {1, 15, 16, 17, 64, 65, 80, 1000}) {
      WindowMarks marks(makePolicy(64, 16, eviction));
      for (const TokenGroup &group : marks.split(tokens)) {
        marks.admit(group.tokens);
        if (group.spills)
          marks.spill();
      }
      EXPECT_EQ(marks.memoryTokens(), tokens - std::min<int64_t>(tokens, 16));
      EXPECT_EQ(marks.localTokens(), std::min<int64_t>(tokens, 16));
      EXPECT_EQ(marks.origin(), marks.windowBegin()); // the window's first token has position 0
    }
}

TEST(WindowMarks, SlidingKeepsTheNewestHalfOrMore) {
  WindowMarks marks(makePolicy(64, 16));
  for (int64_t token = 0; token < 1000; ++token) {
    int64_t before = marks.localTokens();
    marks.admit(1);
    int64_t kept = marks.localTokens() - 1;
    if (before == 64) {
      EXPECT_EQ(kept, 32);
    } else {
      EXPECT_EQ(kept, before);
    }
    EXPECT_LE(marks.localTokens(), 64);
    EXPECT_EQ(marks.localTokens() + marks.memoryTokens(), token + 1); // nothing is ever lost
    EXPECT_EQ(marks.origin(), 0);                                      // cached keys keep their rotation
  }
}

TEST(WindowMarks, SlidingMakesRoomForSeveralTokensInWholeBlocks) {
  for (int64_t tokens = 1; tokens <= 64; ++tokens) {
    WindowMarks marks(makePolicy(64, 64));
    marks.admit(60);
    marks.admit(tokens);
    int64_t kept = marks.localTokens() - tokens;
    EXPECT_EQ(kept, tokens <= 4 ? 60 : tokens <= 36 ? 28 : 0) << tokens;
  }
}

TEST(WindowMarks, FlushingEmptiesTheWindowAndRestartsPositions) {
  WindowMarks marks(makePolicy(64, 16, Eviction::flush));
  for (int token = 0; token < 65; ++token)
    marks.admit(1);
  EXPECT_EQ(marks.localTokens(), 1);
  EXPECT_EQ(marks.memoryTokens(), 64);
  EXPECT_EQ(marks.origin(), 64);
}

TEST(WindowMarks, ABudgetDropsTheOldestFirst) {
  WindowPolicy policy = makePolicy(64, 16);
  policy.memoryRows = 1000;
  WindowMarks marks(policy);
  int64_t lastBegin = 0;
  for (int call = 0; call < 100; ++call) {
    marks.admit(64);
    EXPECT_LE(marks.memoryTokens(), 1000);
    EXPECT_GE(marks.memoryBegin(), lastBegin);
    EXPECT_EQ(marks.memoryBegin() % 256, 0);
    lastBegin = marks.memoryBegin();
  }
  EXPECT_GT(marks.memoryTokens(), 1000 - 256);
}

TEST(WindowMarks, WithoutMemoryNothingIsVisibleOutsideTheWindow) {
  WindowPolicy policy = makePolicy(64, 16);
  policy.memory = false;
  WindowMarks marks(policy);
  for (int token = 0; token < 300; ++token) {
    marks.admit(1);
    EXPECT_EQ(marks.memoryTokens(), 0);
  }
  EXPECT_EQ(sizesOf(WindowMarks(policy).split(64)), (std::vector<int64_t>{64}));
}

TEST(WindowMarks, PoliciesAreChecked) {
  EXPECT_TRUE(makePolicy(64, 64).check(64).ok());
  EXPECT_EQ(makePolicy(65, 64).check(64).code(), 1012);
  EXPECT_EQ(makePolicy(0, 1).check(64).code(), 1012);
  EXPECT_EQ(makePolicy(64, 65).check(64).code(), 1012); // Lc <= Lw
  EXPECT_EQ(makePolicy(64, 0).check(64).code(), 1012);
}

// ---- contexts --------------------------------------------------------------------------------------------------

StateLayout layoutOf(const abi::Program &program) {
  std::vector<const abi::Function *> functions;
  for (const abi::Function &function : program.modules(0).functions())
    functions.push_back(&function);
  return StateLayout::of(program, functions);
}

struct Fixture : testing::Test {
  Fixture() : message(fake::program()), layout(layoutOf(message)) {
    auto file = fake::writeTemporary("context-program", fake::programFile("x", message, fake::weights()));
    program = std::move(*Program::open(file, true));
    device = std::move(*CpuDevice::create(longc_program, "avx2", {"append", "count", "gather"}, 1));
    executor = std::move(*Executor::create(*program, *program->findFunction("prefill", "fast", "cpu"), *device));
  }

  std::unique_ptr<Context> makeContext(int64_t memoryRows = 0) {
    WindowPolicy policy = makePolicy(64, 16);
    policy.memoryRows = memoryRows;
    auto context = Context::create(layout, policy, 64);
    EXPECT_TRUE(context.ok());
    return std::move(*context);
  }

  // Runs tokens and returns the logits of the last one.
  std::vector<float> run(Context &context, const std::vector<int32_t> &tokens) {
    std::vector<float> logits(fake::vocabulary);
    EXPECT_TRUE(context.admit(static_cast<int64_t>(tokens.size())).ok());
    const auto count = static_cast<int64_t>(tokens.size());
    const auto row = static_cast<int32_t>(count - 1);
    Batch batch;
    batch.add({&context, tokens, context.marks().end() - count, {&row, 1}, 1, logits.data()});
    Status status = batch.run(*executor, nullptr);
    EXPECT_TRUE(status.ok()) << status.text();
    return logits;
  }

  void fill(Context &context, int tokens, uint32_t seed) {
    std::mt19937 random(seed);
    while (tokens > 0) {
      std::vector<int32_t> piece(static_cast<size_t>(std::min(tokens, 16)));
      for (int32_t &token : piece)
        token = static_cast<int32_t>(random() % 256);
      tokens -= static_cast<int>(piece.size());
      run(context, piece);
    }
  }

  abi::Program message;
  StateLayout layout;
  std::unique_ptr<Program> program;
  std::unique_ptr<CpuDevice> device;
  std::unique_ptr<Executor> executor;
};

using Contexts = Fixture;

TEST_F(Contexts, EveryTokenStaysVisible) {
  auto context = makeContext();
  std::vector<float> expected(fake::vocabulary);
  std::mt19937 random(1);
  std::vector<int32_t> all;
  for (int call = 0; call < 200; ++call) {
    std::vector<int32_t> tokens(1 + random() % 20);
    for (int32_t &token : tokens)
      token = static_cast<int32_t>(random() % 256);
    all.insert(all.end(), tokens.begin(), tokens.end());
    auto logits = run(*context, tokens);
    auto split = static_cast<size_t>(context->marks().windowBegin());
    for (int id = 0; id < fake::vocabulary; ++id)
      expected[static_cast<size_t>(id)] = static_cast<float>(id) / 1024;
    for (size_t index = 0; index < all.size(); ++index)
      expected[static_cast<size_t>(all[index])] += index < split ? 1000 : 1;
    for (int id = 0; id < fake::vocabulary; ++id) // sums in another order: equal up to rounding of the bias
      ASSERT_NEAR(logits[static_cast<size_t>(id)], expected[static_cast<size_t>(id)], 1e-2) << call;
  }
  EXPECT_GT(context->marks().memoryTokens(), 1000);
}

TEST_F(Contexts, ForksAnswerAlikeAndDoNotDisturbEachOther) {
  auto context = makeContext();
  fill(*context, 700, 2);
  auto fork = std::move(*context->fork()), again = std::move(*context->fork());
  auto first = run(*fork, {1, 2, 3});
  fill(*fork, 600, 3);
  EXPECT_EQ(run(*again, {1, 2, 3}), first);
  EXPECT_EQ(run(*context, {1, 2, 3}), first);
  fork.reset();
  auto third = std::move(*context->fork());
  EXPECT_EQ(run(*third, {9}), run(*context, {9}));
}

TEST_F(Contexts, DroppingAContextGivesItsPagesBack) {
  auto pool = std::move(*PagePool::create({8, 8}));
  int32_t a = *pool->take(), b = *pool->take();
  pool->share(a);
  pool->release(a);
  EXPECT_EQ(pool->usedPages(), 2);
  std::memset(pool->data(0) + pool->pageBytes(0) * a, 5, 8);
  int32_t copy = *pool->takeCopy(a);
  EXPECT_EQ(pool->data(0)[pool->pageBytes(0) * copy + 3], std::byte{5});
  pool->release(b);
  EXPECT_EQ(pool->usedPages(), 1);
}

TEST_F(Contexts, ABudgetBoundsThePages) {
  auto context = makeContext(512);
  fill(*context, 5000, 4);
  EXPECT_LE(context->marks().memoryTokens(), 512);
  EXPECT_LE(context->memoryBytes(), (512 + 64 + 2 * 256) * 16);
}

abi::SavedMemory aText() {
  abi::SavedMemory about;
  about.set_kind(MemoryFile::textKind);
  return about;
}

Result<std::unique_ptr<Context>> loadFile(const std::string &path, const StateLayout &layout, const WindowPolicy &policy,
                                          int64_t chunk = 64) {
  auto file = MemoryFile::open(path);
  return file.ok() ? Context::load(*file, layout, policy, chunk) : file.status();
}

TEST_F(Contexts, SavedAndMappedAnswersBitForBit) {
  auto context = makeContext();
  fill(*context, 1000, 5);
  std::string path = fake::temporaryPath("memory");
  ASSERT_TRUE(context->save(path, aText()).ok());
  auto loaded = loadFile(path, layout, makePolicy(64, 16), 32); // another ring size
  ASSERT_TRUE(loaded.ok()) << loaded.status().text();
  EXPECT_EQ((*loaded)->marks().memoryTokens(), context->marks().memoryTokens());
  for (int round = 0; round < 100; ++round)
    ASSERT_EQ(run(**loaded, {round, 7}), run(*context, {round, 7})) << round;
  // The file is not written to by what came after.
  auto again = loadFile(path, layout, makePolicy(64, 16));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->marks().end(), 1000);
}

TEST_F(Contexts, SavesWhatABudgetLeft) {
  auto context = makeContext(512);
  fill(*context, 3000, 6);
  std::string path = fake::temporaryPath("budget");
  ASSERT_TRUE(context->save(path, aText()).ok());
  WindowPolicy policy = makePolicy(64, 16);
  policy.memoryRows = 512;
  auto loaded = loadFile(path, layout, policy);
  ASSERT_TRUE(loaded.ok()) << loaded.status().text();
  EXPECT_EQ(run(**loaded, {3}), run(*context, {3}));
}

// A saved context under other options is what a context with these options would be: what it has too much of goes before
// the first token, as sliding, flushing and dropping the oldest take it.
TEST_F(Contexts, OptionsBesideASavedMemoryHoldFromTheFirstTokenOn) {
  auto context = makeContext();
  fill(*context, 1000, 8);
  ASSERT_EQ(context->marks().localTokens(), 40);
  std::string path = fake::temporaryPath("options");
  ASSERT_TRUE(context->save(path, aText()).ok());
  struct Case {
    int64_t window, memoryRows;
    Eviction eviction;
    int64_t local, memory; // expected
  };
  for (const Case &one : {Case{64, 0, Eviction::slide, 40, 960}, Case{32, 0, Eviction::slide, 24, 976},
                          Case{8, 0, Eviction::slide, 8, 992}, Case{32, 0, Eviction::flush, 0, 1000},
                          Case{64, 300, Eviction::slide, 40, 192}, Case{16, 300, Eviction::slide, 16, 216},
                          Case{512, 10, Eviction::flush, 40, 0}}) {
    WindowPolicy policy = makePolicy(one.window, 1, one.eviction);
    policy.memoryRows = one.memoryRows;
    auto loaded = loadFile(path, layout, policy);
    ASSERT_TRUE(loaded.ok()) << loaded.status().text();
    const WindowMarks &marks = (*loaded)->marks();
    EXPECT_EQ(marks.end(), 1000);
    EXPECT_EQ(marks.localTokens(), one.local) << one.window;
    EXPECT_EQ(marks.memoryTokens(), one.memory) << one.memoryRows;
    EXPECT_LE((*loaded)->memoryBytes(), (one.memory + one.local + 2 * 256) * 16);
    // Each token that is left is seen where it belongs: all together they are as many as they are.
    auto logits = run(**loaded, {3});
    double local = 0, memory = 0;
    for (int id = 0; id < fake::vocabulary; ++id) {
      double seen = std::round(logits[static_cast<size_t>(id)] - static_cast<float>(id) / 1024);
      memory += std::floor(seen / 1000);
      local += seen - 1000 * std::floor(seen / 1000);
    }
    EXPECT_EQ(local, marks.localTokens());
    EXPECT_EQ(memory, marks.memoryTokens());
  }
}

TEST_F(Contexts, RefusesForeignAndDamagedFiles) {
  auto context = makeContext();
  fill(*context, 400, 7);
  std::string path = fake::temporaryPath("saved");
  ASSERT_TRUE(context->save(path, aText()).ok());
  std::string good = fake::readAll(path);
  auto load = [&](const std::string &bytes, bool memory = true, int64_t window = 64) {
    WindowPolicy policy = makePolicy(window, 1);
    policy.memory = memory;
    auto result = loadFile(fake::writeTemporary("damaged", bytes), layout, policy);
    return result.ok() ? 0 : result.status().code();
  };
  EXPECT_EQ(load(good), 0);
  EXPECT_EQ(load("something else entirely"), 7111);
  EXPECT_EQ(load(""), 7111);
  EXPECT_EQ(load("LONGCMEM"), 7112);
  for (size_t size : {good.size() - 1, size_t{4096}, size_t{100}, size_t{40}, size_t{24}})
    EXPECT_EQ(load(good.substr(0, size)), 7114) << size;
  EXPECT_EQ(load(good + "x"), 7114);
  std::string version = good;
  version[8] = 1; // what came before
  EXPECT_EQ(load(version), 7112);
  uint64_t messageBytes;
  std::memcpy(&messageBytes, good.data() + 24, sizeof messageBytes);
  for (size_t place = 0; place < 40 + messageBytes; ++place) { // every byte of the header
    std::string flipped = good;
    flipped[place] = static_cast<char>(flipped[place] ^ 4);
    EXPECT_NE(load(flipped), 0) << place;
  }
  for (size_t place : {size_t{4096 + 3}, good.size() - 100}) {
    std::string flipped = good;
    flipped[place] = static_cast<char>(flipped[place] ^ 4);
    EXPECT_EQ(load(flipped), 7117) << place;
  }
  EXPECT_EQ(load(good, /*memory=*/false), 7119);
  StateLayout fewer = layout;
  fewer.pages.pop_back();
  EXPECT_EQ(loadFile(path, fewer, makePolicy(64, 16)).status().code(), 7115);
  StateLayout other = layout;
  other.pages[0].type = abi::BF16;
  EXPECT_EQ(loadFile(path, other, makePolicy(64, 16)).status().code(), 7115);
  EXPECT_EQ(context->save("/nonexistent/folder/file", aText()).code(), 4001);
  EXPECT_NE(loadFile("/nonexistent", layout, makePolicy(64, 16)).status().code(), 0);
  EXPECT_TRUE(context->save("/dev/null", aText()).ok()); // a device is written to
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null")) << "and never replaced";
}

TEST_F(Contexts, WithoutMemoryAWindowThatDoesNotHoldTheFileIsRefused) {
  WindowPolicy off = makePolicy(64, 16);
  off.memory = false;
  auto context = std::move(*Context::create(layout, off, 64));
  run(*context, std::vector<int32_t>(40, 1));
  std::string path = fake::temporaryPath("off");
  ASSERT_TRUE(context->save(path, aText()).ok());
  EXPECT_TRUE(loadFile(path, layout, off).ok());
  off.window = 39;
  EXPECT_EQ(loadFile(path, layout, off).status().code(), 7118);
  off.memory = true;
  auto remembered = loadFile(path, layout, off);
  ASSERT_TRUE(remembered.ok());
  EXPECT_EQ((*remembered)->marks().memoryTokens(), 19);
}

// The checksums are no secret: what they cover is checked for itself.
TEST_F(Contexts, RefusesNumbersThatNothingCanHold) {
  auto context = makeContext();
  fill(*context, 400, 7);
  std::string path = fake::temporaryPath("saved");
  ASSERT_TRUE(context->save(path, aText()).ok());
  auto good = std::move(*MemoryFile::open(path));
  std::string crafted = fake::temporaryPath("crafted");
  auto loadWith = [&](const std::function<void(abi::SavedMemory &)> &change) {
    abi::SavedMemory about = good.about();
    change(about);
    EXPECT_TRUE(MemoryFile::write(crafted, about, [&](size_t index, const MemoryFile::Sink &sink) {
      std::vector<std::byte> rows(good.section(index).begin(), good.section(index).end());
      rows.resize(about.sections(static_cast<int>(index)).bytes());
      return sink(rows.data(), rows.size());
    }).ok());
    auto result = loadFile(crafted, layout, makePolicy(64, 16));
    return result.ok() ? 0 : result.status().code();
  };
  using About = abi::SavedMemory;
  constexpr int64_t huge = int64_t{1} << 50;
  ASSERT_EQ(loadWith([](About &) {}), 0);
  EXPECT_EQ(loadWith([](About &about) { about.set_kind("documents"); }), 7120);
  EXPECT_EQ(loadWith([](About &about) { about.set_kind(MemoryFile::conversationKind); }), 7116);
  EXPECT_EQ(loadWith([](About &about) { about.mutable_text()->set_read(1); }), 7116);
  EXPECT_EQ(loadWith([](About &about) { about.mutable_marks()->set_end(INT64_MAX); }), 7116);
  EXPECT_EQ(loadWith([](About &about) { about.mutable_marks()->set_end(-1); }), 7116);
  EXPECT_EQ(loadWith([](About &about) { about.mutable_marks()->set_end(about.marks().end() - 1); }), 7116);
  EXPECT_EQ(loadWith([](About &about) { about.mutable_marks()->set_first_page(-1); }), 7116);
  EXPECT_EQ(loadWith([](About &about) { about.mutable_marks()->set_first_page(1); }), 7116);
  EXPECT_EQ(loadWith([](About &about) { about.mutable_marks()->set_origin(about.marks().end()); }), 7116);
  EXPECT_EQ(loadWith([](About &about) { about.mutable_sections(2)->set_bytes(about.sections(2).bytes() + 4096); }), 7116);
  EXPECT_EQ(loadWith([](About &about) { about.mutable_sections(3)->set_bytes(0); }), 7116);
  EXPECT_EQ(loadWith([](About &about) { about.mutable_sections(1)->set_row_bytes(huge); }), 7115);
  EXPECT_EQ(loadWith([](About &about) { about.mutable_sections(0)->set_name("cache_keys.1"); }), 7115);
  EXPECT_EQ(loadWith([](About &about) { about.mutable_sections(0)->clear_name(); }), 7112); // what came before
  EXPECT_EQ(loadWith([](About &about) { about.mutable_sections()->RemoveLast(); }), 7115);
  EXPECT_EQ(loadWith([](About &about) {
    abi::SavedMarks &marks = *about.mutable_marks();
    marks.set_memory_begin(huge);
    marks.set_window_begin(huge);
    marks.set_end(huge + 9);
    marks.set_first_page(huge / 256);
  }), 7116);
}

} // namespace
} // namespace longc
