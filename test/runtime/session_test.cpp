// Sessions on the fake program: what each token sees, rows of logits, refusals, temperature, forks, generation.
#include "test/runtime/FakeProgram.h"

#include "runtime/serve/Generate.h"
#include "runtime/serve/Intake.h"
#include "runtime/serve/Session.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <cmath>
#include <random>

namespace longc {
namespace {

struct Sessions : testing::Test {
  Sessions() {
    auto file = fake::writeTemporary("session-program", fake::programFile("x", fake::program(), fake::weights()));
    program = std::move(*Program::open(file, true));
    auto made = Engine::create(*program, longc_program, {false, "avx2", 2});
    EXPECT_TRUE(made.ok()) << made.status().text();
    engine = std::move(*made);
  }

  SessionOptions options(bool memory = true) {
    SessionOptions options;
    options.policy.window = fake::window;
    options.policy.lastContext = fake::lastContext;
    options.policy.memory = memory;
    return options;
  }
  std::unique_ptr<Session> makeSession(const SessionOptions &options) {
    auto session = Session::create(*engine, options);
    EXPECT_TRUE(session.ok());
    return std::move(*session);
  }
  static std::vector<int32_t> randomTokens(size_t count, uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<int32_t> tokens(count);
    for (int32_t &token : tokens)
      token = static_cast<int32_t>(random() % 256);
    return tokens;
  }
  // Occurrences of `id`: 1 each in the window, 1000 each in memory.
  static double seen(std::span<const float> logits, int32_t id) {
    return std::round(logits[static_cast<size_t>(id)] - static_cast<float>(id) / 1024);
  }

  std::unique_ptr<Program> program;
  std::unique_ptr<Engine> engine;
};

TEST_F(Sessions, EachTokenSeesItsWindowAndTheMemoryBeforeIt) {
  auto session = makeSession(options());
  auto tokens = randomTokens(200, 1); // windows of 64, 64, 56, 16
  std::vector<int64_t> begins;
  for (int64_t begin : {0, 64, 128, 184})
    begins.push_back(begin);
  IngestOptions ingest;
  ingest.rows = IngestOptions::Rows::all;
  int64_t expectedIndex = 0;
  ingest.onLogits = [&](int64_t index, std::span<const float> logits) {
    EXPECT_EQ(index, expectedIndex++);
    int64_t begin = *(std::upper_bound(begins.begin(), begins.end(), index) - 1);
    for (int32_t id : {tokens[static_cast<size_t>(index)], tokens[0], 5}) {
      double expected = 0;
      for (int64_t other = 0; other <= index; ++other)
        expected += tokens[static_cast<size_t>(other)] == id ? (other < begin ? 1000 : 1) : 0;
      EXPECT_EQ(seen(logits, id), expected) << index;
    }
    return Status();
  };
  ASSERT_TRUE(session->ingest(tokens, ingest).ok());
  EXPECT_EQ(expectedIndex, 200);
  EXPECT_EQ(session->windowsRun(), 4);
  EXPECT_EQ(session->marks().memoryTokens(), 200 - fake::lastContext);
}

TEST_F(Sessions, WhatServesResultsAloneIsLeftOutWhereNoRowIsAskedFor) {
  auto session = makeSession(options());
  auto tokens = randomTokens(200, 1); // windows of 64, 64, 56, 16: the last one's last row is asked for
  const int64_t before = fake::countedQueries;
  ASSERT_TRUE(session->ingest(tokens).ok());
  EXPECT_EQ(fake::countedQueries - before, 16);
  EXPECT_EQ(seen(session->logits(), tokens[0]), 1000 * std::count(tokens.begin(), tokens.begin() + 184, tokens[0]) +
                                                    std::count(tokens.begin() + 184, tokens.end(), tokens[0]));
}

TEST_F(Sessions, OnlyListedRowsAreDeliveredAndTheLastIsKept) {
  auto session = makeSession(options());
  auto tokens = randomTokens(300, 2);
  IngestOptions ingest;
  ingest.rows = IngestOptions::Rows::listed;
  ingest.listed = {0, 63, 64, 250};
  std::vector<int64_t> delivered;
  ingest.onLogits = [&](int64_t index, std::span<const float>) { delivered.push_back(index); return Status(); };
  ASSERT_TRUE(session->ingest(tokens, ingest).ok());
  EXPECT_EQ(delivered, (std::vector<int64_t>{0, 63, 64, 250, 299}));
  EXPECT_EQ(session->logits().size(), static_cast<size_t>(fake::vocabulary));
}

TEST_F(Sessions, TokenByTokenEqualsAllAtOnceWithinTheWindow) {
  auto tokens = randomTokens(16, 3);
  auto together = makeSession(options()), apart = makeSession(options());
  ASSERT_TRUE(together->ingest(tokens).ok());
  for (int32_t token : tokens)
    ASSERT_TRUE(apart->ingest({&token, 1}).ok());
  EXPECT_TRUE(std::equal(together->logits().begin(), together->logits().end(), apart->logits().begin()));
}

TEST_F(Sessions, WithoutMemoryTooMuchIsRefusedOrCut) {
  auto tokens = randomTokens(100, 4);
  auto session = makeSession(options(false));
  Status status = session->ingest(tokens);
  EXPECT_EQ(status.code(), 5303);
  EXPECT_NE(status.message().find("100"), std::string::npos);
  EXPECT_NE(status.message().find("64"), std::string::npos);
  EXPECT_EQ(session->marks().end(), 0); // nothing was taken in
  SessionOptions cut = options(false);
  cut.truncate = true;
  auto shorter = makeSession(cut), direct = makeSession(options(false));
  ASSERT_TRUE(shorter->ingest(tokens).ok());
  EXPECT_EQ(shorter->droppedTokens(), 36);
  ASSERT_TRUE(direct->ingest(std::span(tokens).last(64)).ok());
  EXPECT_TRUE(std::equal(shorter->logits().begin(), shorter->logits().end(), direct->logits().begin()));
}

TEST_F(Sessions, TokensOutsideTheVocabularyAreRefused) {
  auto session = makeSession(options());
  for (int32_t bad : {-1, fake::vocabulary, INT32_MAX}) {
    std::vector<int32_t> tokens = {1, bad, 2};
    EXPECT_EQ(session->ingest(tokens).code(), 5302);
  }
  EXPECT_EQ(session->marks().end(), 0);
}

TEST_F(Sessions, TheMemoryTemperatureGrowsWithTheMemory) {
  auto temperature = MemoryTemperature::parse("log:0.5:100");
  ASSERT_TRUE(temperature);
  EXPECT_EQ(temperature->at(50), 1);
  EXPECT_EQ(temperature->at(100), 1);
  EXPECT_FLOAT_EQ(temperature->at(200), static_cast<float>(1 + 0.5 * std::log(2.0)));
  EXPECT_FLOAT_EQ(MemoryTemperature::parse("log:0.5:100:1.2")->at(200), static_cast<float>(1.2 * (1 + 0.5 * std::log(2.0))));
  EXPECT_FLOAT_EQ(MemoryTemperature::parse("fixed:1.3")->at(1000000), 1.3f);
  for (const char *text : {"fixed:1", "fixed:1.15", "log:0.1:2048", "log:0.1:2048:1.2"})
    EXPECT_EQ(MemoryTemperature::parse(text)->text(), text);
  for (const char *bad : {"", "fixed", "fixed:", "fixed:x", "fixed:-1", "fixed:1:2", "log:1", "log:1:2:3:4", "other:1", "fixed:nan"})
    EXPECT_FALSE(MemoryTemperature::parse(bad)) << bad;

  SessionOptions warm = options();
  warm.temperature.fixed = 2;
  auto session = makeSession(warm);
  std::vector<int32_t> tokens(100, 7);
  ASSERT_TRUE(session->ingest(tokens).ok());
  EXPECT_EQ(seen(session->logits(), 7), 16 + 2000 * 84);
}

TEST_F(Sessions, ForksAreIndependent) {
  auto session = makeSession(options());
  ASSERT_TRUE(session->ingest(randomTokens(500, 5)).ok());
  auto a = std::move(*session->fork()), b = std::move(*session->fork());
  auto question = randomTokens(20, 6);
  ASSERT_TRUE(a->ingest(question).ok());
  std::vector<float> answer(a->logits().begin(), a->logits().end());
  ASSERT_TRUE(a->ingest(randomTokens(300, 7)).ok());
  ASSERT_TRUE(b->ingest(question).ok());
  EXPECT_TRUE(std::equal(answer.begin(), answer.end(), b->logits().begin()));
}

TEST_F(Sessions, CancellingStopsAfterTheCurrentPiece) {
  auto session = makeSession(options());
  IngestOptions ingest;
  int calls = 0;
  ingest.onProgress = [&](int64_t done, int64_t total) {
    EXPECT_LE(done, total);
    return ++calls < 2;
  };
  EXPECT_EQ(session->ingest(randomTokens(1000, 8), ingest).code(), cancelledCode);
  EXPECT_EQ(calls, 2);
}

TEST_F(Sessions, GenerationStopsAtItsLimitsAndStopTokens) {
  auto session = makeSession(options());
  std::vector<int32_t> prompt(10, 42);
  ASSERT_TRUE(session->ingest(prompt).ok());
  Sampler greedy(SamplerOptions{});
  GenerateOptions generateOptions;
  generateOptions.maxTokens = 100;
  auto generation = generate(*session, greedy, generateOptions);
  ASSERT_TRUE(generation.ok());
  EXPECT_EQ(generation->tokens, std::vector<int32_t>(100, 42)); // the most frequent token repeats
  EXPECT_EQ(generation->finish, Finish::length);
  EXPECT_EQ(session->marks().end(), 10 + 99);
  generateOptions.stopTokens = {42};
  generation = generate(*session, greedy, generateOptions);
  EXPECT_EQ(generation->finish, Finish::stop);
  EXPECT_EQ(generation->tokens.size(), 1u);
}

TEST_F(Sessions, WithoutMemoryGenerationStopsAtTheWindow) {
  auto session = makeSession(options(false));
  ASSERT_TRUE(session->ingest(std::vector<int32_t>(60, 1)).ok());
  Sampler greedy(SamplerOptions{});
  auto generation = generate(*session, greedy, {});
  ASSERT_TRUE(generation.ok());
  EXPECT_EQ(generation->finish, Finish::window);
  EXPECT_EQ(generation->tokens.size(), 5u); // four fit, the fifth was chosen from the last one's logits
}

TEST_F(Sessions, RingsHaveTheRowsThatThePlanSays) {
  for (int64_t window : {1, 8, 255, 300}) {
    WindowPolicy policy;
    policy.window = window;
    auto context = std::move(*Context::create(engine->layout(), policy, 4));
    int64_t bytes = 0;
    for (const StateLayout::Entry &ring : engine->layout().rings)
      bytes += ring.rowBytes * StateStore::ringRowsFor(window, 4);
    EXPECT_GT(bytes, 0);
    EXPECT_EQ(context->ringBytes(), bytes);
  }
}

TEST_F(Sessions, KernelsSeeNoSlotOrPageThatTheStateLacks) {
  Executor &executor = engine->prefill();
  auto context = std::move(*Context::create(engine->layout(), {}, 4));
  ASSERT_TRUE(context->admit(4).ok());
  context->store().bind(executor);
  executor.bindPageTable(context->pageTable().data(), 1, 1);
  std::vector<int32_t> numbers(4), segment = {0, 4, 0, 4, 0, 0, 0, 0};
  std::vector<float> temperatures(4, 1);
  std::vector<InputTensor> inputs;
  for (const abi::Input &input : executor.function().inputs()) {
    if (input.role() == abi::Input::SEGMENTS)
      inputs.push_back({segment.data(), {{1, 8, 1, 1}, 2}});
    else if (input.role() == abi::Input::TEMPERATURE)
      inputs.push_back({temperatures.data(), {{4, 1, 1, 1}, 1}});
    else
      inputs.push_back({numbers.data(), {{4, 1, 1, 1}, 1}});
  }
  EXPECT_TRUE(executor.run(inputs).ok());
  segment[6] = 1; // one slot is bound
  EXPECT_EQ(executor.run(inputs).code(), 5201);
  segment = {0, 4, 253, 257, 0, 0, 0, 0}; // one page is
  EXPECT_EQ(executor.run(inputs).code(), 5201);
}

// The processor, and what it is asked to launch: launch by launch, or as a list that comes again.
class WatchedDevice final : public Device {
public:
  explicit WatchedDevice(Device &device) : device_(device) {}
  std::string describe() const override { return device_.describe(); }
  Result<void *> allocate(size_t bytes, const char *name) override {
    return bytes > mostBytes ? Status::error(7001, "out of memory") : device_.allocate(bytes, name);
  }
  void release(void *memory) override { device_.release(memory); }
  Status copyIn(void *target, const void *source, size_t bytes) override { return device_.copyIn(target, source, bytes); }
  Status copyOut(void *target, const void *source, size_t bytes) override { return device_.copyOut(target, source, bytes); }
  Status copyWithin(void *target, const void *source, size_t bytes) override { return device_.copyWithin(target, source, bytes); }
  Result<void *> share(const void *host, size_t bytes) override { return device_.share(host, bytes); }
  Result<void *> shareAs(const void *host, size_t bytes, const std::function<Status(std::span<std::byte>)> &fill) override {
    return device_.shareAs(host, bytes, fill);
  }
  Status launch(const KernelLaunch &launch) override {
    ++launched;
    return device_.launch(launch);
  }
  Status launchAll(std::span<const KernelLaunch> launches, uint64_t sequence) override {
    sequences.push_back(sequence);
    return device_.launchAll(launches, sequence);
  }
  Status finish() override { return device_.finish(); }

  size_t mostBytes = SIZE_MAX; // at a time
  int64_t launched = 0;
  std::vector<uint64_t> sequences;

private:
  Device &device_;
};

// Buffers: the input x, a copy of it, three numbers.
TEST_F(Sessions, CopiesAndFillsAreSteps) {
  abi::Program message = fake::program();
  abi::Function &function = *message.mutable_modules(0)->add_functions();
  function.set_name("transfer");
  function.add_symbols()->set_name("n");
  function.add_inputs()->set_name("x");
  abi::Expr rows, three;
  rows.set_op(abi::Expr::SYMBOL);
  three.set_value(3);
  *function.mutable_inputs(0)->add_sizes() = rows;
  for (auto [kind, type, size] : {std::tuple(abi::Buffer::INPUT, abi::F32, rows), {abi::Buffer::ARENA, abi::F32, rows}, {abi::Buffer::ARENA, abi::I32, three}}) {
    abi::Buffer *buffer = function.add_buffers();
    buffer->set_kind(kind);
    buffer->set_type(type);
    *buffer->add_sizes() = size;
    buffer->set_last_step(1);
  }
  function.add_steps()->mutable_copy()->set_target(1);
  abi::Fill *fill = function.add_steps()->mutable_fill();
  fill->set_target(2);
  fill->set_value(0xfffffffe);
  for (uint32_t result : {1u, 2u})
    function.add_results(result);
  auto opened = Program::open(fake::writeTemporary("transfer-program", fake::programFile("x", message, fake::weights())), true);
  ASSERT_TRUE(opened.ok()) << opened.status().text();
  WatchedDevice device(engine->device());
  auto executor = Executor::create(**opened, (*opened)->message().modules(0).functions(message.modules(0).functions_size() - 1), device);
  ASSERT_TRUE(executor.ok()) << executor.status().text();
  const std::vector<float> x = {1.5f, -2, 3, 4};
  const InputTensor input{x.data(), {{4, 1, 1, 1}, 1}};
  ASSERT_TRUE((*executor)->run({&input, 1}).ok());
  std::vector<float> copied(4);
  std::vector<int32_t> filled(3);
  ASSERT_TRUE((*executor)->readResult(0, copied.data(), 16).ok());
  ASSERT_TRUE((*executor)->readResult(1, filled.data(), 12).ok());
  EXPECT_EQ(copied, x);
  EXPECT_EQ(filled, std::vector<int32_t>(3, -2));
  // A call that there is no room for takes none from those behind it.
  device.mostBytes = 4096;
  const std::vector<float> many(10000);
  const InputTensor large{many.data(), {{10000, 1, 1, 1}, 1}};
  EXPECT_EQ((*executor)->run({&large, 1}).code(), 7001);
  EXPECT_TRUE((*executor)->run({&input, 1}).ok());
}

TEST_F(Sessions, LaunchesOfADecodedTokenStayTheSameAsMemoryGrows) {
  abi::Function decode = engine->decode().function(); // with its list of work first, as compiled functions have it
  decode.mutable_steps()->SwapElements(0, 1);
  for (abi::Buffer &buffer : *decode.mutable_buffers())
    buffer.set_first_step(0);
  WatchedDevice device(engine->device());
  auto executor = std::move(*Executor::create(*program, decode, device));
  WindowPolicy policy;
  policy.window = fake::window;
  policy.lastContext = fake::lastContext;
  auto context = std::move(*Context::create(engine->layout(), policy, 4));
  const int32_t token = 1, row = 0;
  std::vector<float> logits(static_cast<size_t>(engine->vocabulary()));
  const int64_t count = 3 * pageRows, steps = executor->function().steps_size();
  for (int64_t index = 0; index < count; ++index) {
    ASSERT_TRUE(context->admit(1).ok());
    Batch batch;
    batch.add({context.get(), {&token, 1}, index, {&row, 1}, 1, logits.data()});
    ASSERT_TRUE(batch.run(*executor, nullptr).ok());
  }
  ASSERT_FALSE(device.sequences.empty());
  EXPECT_LE(device.launched, steps) << "one by one in the first call alone";
  EXPECT_EQ(device.sequences, std::vector<uint64_t>(static_cast<size_t>(count - 1), device.sequences.front()));
}

// ---- several sequences in one call ----------------------------------------------------------------------------------

// Takes tokens into each session, as many calls as it needs, those of all sessions together.
void ingestTogether(Engine &engine, const std::vector<Session *> &sessions, const std::vector<std::vector<int32_t>> &tokens) {
  std::vector<Intake> intakes;
  std::vector<Intake *> all;
  for (size_t index = 0; index < sessions.size(); ++index)
    intakes.push_back(std::move(*Intake::begin(*sessions[index], tokens[index])));
  for (Intake &intake : intakes)
    all.push_back(&intake);
  while (!std::ranges::all_of(intakes, &Intake::isDone)) {
    Status status = runIntakes(engine, all);
    ASSERT_TRUE(status.ok()) << status.text();
  }
}

void expectEqual(const Session &a, const Session &b) {
  EXPECT_TRUE(std::ranges::equal(a.logits(), b.logits()));
  EXPECT_EQ(a.marks().memoryTokens(), b.marks().memoryTokens());
  EXPECT_EQ(a.windowsRun(), b.windowsRun());
}

TEST_F(Sessions, SequencesInOneCallGetWhatTheyGetAlone) {
  std::vector<SessionOptions> kinds(4, options());
  kinds[1].policy.window = 32;
  kinds[1].temperature.fixed = 3;
  kinds[2].policy.eviction = Eviction::flush;
  kinds[2].temperature = *MemoryTemperature::parse("log:0.5:100");
  kinds[3].policy.memory = false;
  auto store = std::move(*Session::createStore(*engine, options(), 4));
  std::vector<std::unique_ptr<Session>> together, alone;
  std::vector<Session *> all;
  for (const SessionOptions &kind : kinds) {
    together.push_back(std::move(*Session::create(*engine, kind, store)));
    alone.push_back(makeSession(kind));
    all.push_back(together.back().get());
  }
  // Windows of many tokens, single tokens and nothing at all meet in a call; pages of all sequences lie in one pool.
  const size_t counts[][4] = {{300, 1, 70, 40}, {1, 1, 1, 1}, {90, 0, 1, 1}, {1, 200, 1, 1}, {1, 1, 1, 1}};
  uint32_t seed = 20;
  for (auto &count : counts) {
    std::vector<std::vector<int32_t>> tokens;
    for (size_t index = 0; index < 4; ++index) {
      tokens.push_back(randomTokens(count[index], seed++));
      ASSERT_TRUE(alone[index]->ingest(tokens[index]).ok());
    }
    ingestTogether(*engine, all, tokens);
    for (size_t index = 0; index < 4; ++index)
      expectEqual(*together[index], *alone[index]);
  }
  // One ends; another begins in its place and sees nothing of it.
  together[0].reset();
  EXPECT_EQ(store->freeSlots(), 1);
  together[0] = std::move(*Session::create(*engine, kinds[0], store));
  all[0] = together[0].get();
  alone[0] = makeSession(kinds[0]);
  std::vector<std::vector<int32_t>> tokens;
  for (size_t index = 0; index < 4; ++index) {
    tokens.push_back(randomTokens(index == 0 ? 100 : 1, seed++));
    ASSERT_TRUE(alone[index]->ingest(tokens[index]).ok());
  }
  ingestTogether(*engine, all, tokens);
  for (size_t index = 0; index < 4; ++index)
    expectEqual(*together[index], *alone[index]);
}

TEST_F(Sessions, ForksInAStoreMeetInACall) {
  auto store = std::move(*Session::createStore(*engine, options(), 2));
  auto first = std::move(*Session::create(*engine, options(), store));
  ASSERT_TRUE(first->ingest(randomTokens(400, 31)).ok());
  auto second = std::move(*first->fork());
  EXPECT_EQ(first->fork().status().code(), 7106);
  auto alone = makeSession(options());
  ASSERT_TRUE(alone->ingest(randomTokens(400, 31)).ok());
  auto other = std::move(*alone->fork());
  ASSERT_TRUE(alone->ingest(randomTokens(70, 32)).ok());
  ASSERT_TRUE(other->ingest(randomTokens(50, 33)).ok());
  ingestTogether(*engine, {first.get(), second.get()}, {randomTokens(70, 32), randomTokens(50, 33)});
  expectEqual(*first, *alone);
  expectEqual(*second, *other);
}

// Pages of a file lie beside those of others in one pool: mapped or, from within a page of the system on, read.
TEST_F(Sessions, ASavedMemoryMeetsOthersInACall) {
  auto alone = makeSession(options());
  ASSERT_TRUE(alone->ingest(randomTokens(700, 50)).ok());
  std::string path = fake::temporaryPath("shared-memory");
  abi::SavedMemory about;
  about.set_kind(MemoryFile::textKind);
  ASSERT_TRUE(alone->save(path, about).ok());
  auto file = std::move(*MemoryFile::open(path));
  for (size_t before : {0, 100, 300}) { // tokens that take no, one and two pages first
    auto store = std::move(*Session::createStore(*engine, options(), 3));
    auto other = std::move(*Session::create(*engine, options(), store)), another = makeSession(options());
    ASSERT_TRUE(other->ingest(randomTokens(before, 51)).ok());
    ASSERT_TRUE(another->ingest(randomTokens(before, 51)).ok());
    auto loaded = Session::load(*engine, options(), file, store), again = Session::load(*engine, options(), file, store);
    ASSERT_TRUE(loaded.ok() && again.ok()) << loaded.status().text();
    auto fork = std::move(*alone->fork());
    ASSERT_TRUE(fork->ingest(randomTokens(90, 52)).ok());
    ASSERT_TRUE(another->ingest(randomTokens(90, 53)).ok());
    ingestTogether(*engine, {loaded->get(), again->get(), other.get()},
                   {randomTokens(90, 52), randomTokens(90, 52), randomTokens(90, 53)});
    for (auto &[together, apart] : {std::pair(loaded->get(), fork.get()), std::pair(again->get(), fork.get()),
                                    std::pair(other.get(), another.get())})
      EXPECT_TRUE(std::ranges::equal(together->logits(), apart->logits())) << before;
  }
}

TEST_F(Sessions, WhatCannotMeetInACallIsRefused) {
  auto store = std::move(*Session::createStore(*engine, options(), 1));
  SessionOptions wide = options();
  wide.policy.window = 4 * fake::window;
  EXPECT_EQ(Session::create(*engine, wide, store).status().code(), 1012);
  auto session = std::move(*Session::create(*engine, options(), store));
  EXPECT_EQ(Session::create(*engine, options(), store).status().code(), 7106);
  auto stranger = makeSession(options());
  auto tokens = randomTokens(2, 40);
  auto a = std::move(*Intake::begin(*session, tokens)), b = std::move(*Intake::begin(*stranger, tokens));
  Intake *apart[] = {&a, &b}, *twice[] = {&a, &a};
  EXPECT_EQ(runIntakes(*engine, apart).code(), 5201);
  EXPECT_EQ(runIntakes(*engine, twice).code(), 5201);
}

TEST_F(Sessions, UnknownPrecisionVariantAndKernelsAreRefused) {
  EXPECT_EQ(Engine::create(*program, longc_program, {false, "sparc", 1}).status().code(), 1011);
  EngineOptions onDevice{false, "avx2", 1};
  const std::pair<const char *, int> devices[] = {{"cuda:0", 4122}, {"cuda:", 1003}, {"cuda:-1", 1003}, {"gpu", 1003}};
  for (auto [device, code] : devices) {
    onDevice.device = device;
    EXPECT_EQ(Engine::create(*program, longc_program, onDevice).status().code(), code) << device;
  }
  onDevice.device = "auto"; // no code for a GPU: the processor's
  EXPECT_TRUE(Engine::create(*program, longc_program, onDevice).ok());
  abi::Program other = fake::program();
  other.mutable_kernels(1)->set_name("absent");
  auto file = fake::writeTemporary("absent", fake::programFile("x", other, fake::weights()));
  auto broken = std::move(*Program::open(file, true));
  EXPECT_EQ(Engine::create(*broken, longc_program, {false, "avx2", 1}).status().code(), 4110);
  other = fake::program();
  other.mutable_modules(0)->mutable_functions()->DeleteSubrange(2, 2);
  file = fake::writeTemporary("inexact", fake::programFile("x", other, fake::weights()));
  auto inexact = std::move(*Program::open(file, true));
  EXPECT_EQ(Engine::create(*inexact, longc_program, {true, "avx2", 1}).status().code(), 4122);
}

TEST_F(Sessions, ResultsDoNotDependOnTheNumberOfThreads) {
  auto tokens = randomTokens(333, 9);
  std::vector<float> first;
  for (int threads : {1, 2, 4}) {
    auto other = std::move(*Engine::create(*program, longc_program, {false, "avx2", threads}));
    auto session = std::move(*Session::create(*other, options()));
    ASSERT_TRUE(session->ingest(tokens).ok());
    if (first.empty())
      first.assign(session->logits().begin(), session->logits().end());
    EXPECT_TRUE(std::equal(first.begin(), first.end(), session->logits().begin()));
  }
}

} // namespace
} // namespace longc
