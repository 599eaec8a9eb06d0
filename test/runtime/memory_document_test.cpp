// Windows that go to memory alone, and documents made of them: read, saved, mapped, put together in any order, dropped.
#include "test/runtime/FakeProgram.h"

#include "runtime/serve/MemoryDocument.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <random>

namespace longc {
namespace {

using Documents = std::vector<std::shared_ptr<const MemoryDocument>>;

struct MemoryDocuments : testing::Test {
  MemoryDocuments() {
    auto file = fake::writeTemporary("document-program", fake::programFile("x", fake::program(), fake::weights()));
    program = std::move(*Program::open(file, true));
    engine = std::move(*Engine::create(*program, longc_program, {false, "avx2", 2}));
    store = std::move(*Session::createStore(*engine, options(), 2));
  }

  static SessionOptions options(IngestMode ingest = IngestMode::window, int64_t window = fake::window) {
    SessionOptions options;
    options.policy.window = window;
    options.policy.lastContext = fake::lastContext;
    options.ingest = ingest;
    return options;
  }
  static std::vector<int32_t> randomTokens(size_t count, uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<int32_t> tokens(count);
    for (int32_t &token : tokens)
      token = static_cast<int32_t>(random() % 256);
    return tokens;
  }
  static DocumentText textOf(size_t count, uint32_t seed) {
    DocumentText text{"text " + std::to_string(seed), std::string(count, 'x'), randomTokens(count, seed), {}};
    for (size_t i = 0; i <= count; ++i)
      text.offsets.push_back(i);
    return text;
  }
  std::shared_ptr<const MemoryDocument> read(size_t count, uint32_t seed) {
    auto document = MemoryDocument::read(*engine, options(), store, textOf(count, seed));
    EXPECT_TRUE(document.ok()) << document.status().text();
    return document.ok() ? *document : nullptr;
  }
  Result<std::shared_ptr<const MemoryDocument>> map(const std::string &path, const SessionOptions &options = MemoryDocuments::options()) {
    auto document = Document::open(path);
    return document.ok() ? MemoryDocument::map(*engine, options, store, std::move(*document)) : document.status();
  }
  std::unique_ptr<Session> open(const Documents &documents) {
    auto session = Session::open(*engine, options(), std::move(*store->beside()), documents);
    EXPECT_TRUE(session.ok()) << session.status().text();
    return std::move(*session);
  }

  struct Row {
    float token, position;  // of the key
    float windowStart, saw; // of the value: the window's first token + 1, entries of memory that it saw
  };
  static Row rowOf(const Session &session, int64_t index) {
    const PagePool &pages = session.context().store().pages();
    Row row = {};
    for (size_t state : {0, 1}) {
      const auto page = session.context().pageTable().subspan(static_cast<size_t>(index / pageRows), 1);
      EXPECT_TRUE(pages.readPages(state, page, [&](const std::byte *rows, size_t) {
        std::memcpy(state == 0 ? &row.token : &row.windowStart, rows + index % pageRows * 2 * sizeof(float), 2 * sizeof(float));
        return Status();
      }).ok());
    }
    return row;
  }
  // Rows of windows from `first` on that were read alone.
  static void expectWindows(const Session &session, std::span<const int32_t> tokens, int64_t first = 0) {
    for (int64_t i = 0; i < static_cast<int64_t>(tokens.size()); ++i) {
      const Row row = rowOf(session, first + i);
      ASSERT_EQ(row.token, static_cast<float>(tokens[static_cast<size_t>(i)])) << i;
      ASSERT_EQ(row.position, static_cast<float>(i % fake::window)) << i;
      ASSERT_EQ(row.windowStart, static_cast<float>(tokens[static_cast<size_t>(i / fake::window * fake::window)] + 1)) << i;
      ASSERT_EQ(row.saw, 0) << i;
    }
  }
  // Occurrences of `id`: 1 each in the window, 1000 each in memory.
  static double seen(std::span<const float> logits, int32_t id) {
    return std::round(logits[static_cast<size_t>(id)] - static_cast<float>(id) / 1024);
  }

  std::unique_ptr<Program> program;
  std::unique_ptr<Engine> engine;
  std::shared_ptr<StateStore> store;
};

TEST_F(MemoryDocuments, WindowsGoToMemoryAlone) {
  for (size_t count : {17u, 100u, 208u, 5000u}) {
    auto tokens = randomTokens(count, 1);
    auto alone = std::move(*Session::create(*engine, options())), withMemory = std::move(*Session::create(*engine, options(IngestMode::memory)));
    ASSERT_TRUE(alone->ingest(tokens).ok());
    ASSERT_TRUE(withMemory->ingest(tokens).ok());
    expectWindows(*alone, std::span(tokens).first(count - fake::lastContext));
    EXPECT_EQ(alone->marks().localTokens(), fake::lastContext);
    EXPECT_EQ(alone->windowsRun(), withMemory->windowsRun());
    EXPECT_TRUE(std::ranges::equal(alone->logits(), withMemory->logits())) << count; // of what is seen, not how it was read
  }
}

TEST_F(MemoryDocuments, WindowsOverlapAndMemoryKeepsEachTokenOnce) {
  constexpr int64_t overlap = 24; // of several windows more than a page
  SessionOptions overlapping = options();
  overlapping.overlap = overlap;
  for (size_t count : {17u, 100u, 208u, 5000u}) {
    auto tokens = randomTokens(count, 1);
    auto session = std::move(*Session::create(*engine, overlapping)), apart = std::move(*Session::create(*engine, options()));
    ASSERT_TRUE(session->ingest(tokens).ok());
    ASSERT_TRUE(apart->ingest(tokens).ok());
    ASSERT_EQ(session->marks().memoryTokens(), apart->marks().memoryTokens());
    for (int64_t i = 0; i < session->marks().memoryTokens(); ++i) {
      const int64_t window = i / fake::window * fake::window, seen = std::min(window, overlap);
      const Row row = rowOf(*session, i);
      ASSERT_EQ(row.token, static_cast<float>(tokens[static_cast<size_t>(i)])) << i;
      ASSERT_EQ(row.position, static_cast<float>(i - window + seen)) << i;
      ASSERT_EQ(row.windowStart, static_cast<float>(tokens[static_cast<size_t>(window - seen)] + 1)) << i;
    }
    EXPECT_TRUE(std::ranges::equal(session->logits(), apart->logits())) << count;
    EXPECT_EQ(session->context().store().pages().usedPages(), apart->context().store().pages().usedPages()) << "pages of what is not kept";
  }

  // A document says so; one that was read otherwise is refused, and what stands before it may be given.
  auto document = MemoryDocument::read(*engine, overlapping, store, textOf(300, 4), {}, std::vector<int32_t>(100, 7));
  ASSERT_TRUE(document.ok()) << document.status().text();
  EXPECT_EQ(rowOf(*open({*document}), 0).windowStart, 8);
  const std::string path = testing::TempDir() + "overlapping.doc";
  ASSERT_TRUE((*document)->save(path).ok());
  EXPECT_EQ(map(path).status().code(), 7113);
  EXPECT_TRUE(map(path, overlapping).ok());

  for (int64_t bad : {int64_t{-1}, int64_t{fake::window} + 1}) {
    overlapping.overlap = bad;
    EXPECT_EQ(Session::create(*engine, overlapping).status().code(), 1012);
  }
  overlapping.overlap = 1;
  IngestOptions all;
  all.rows = IngestOptions::Rows::all;
  EXPECT_EQ((*Session::create(*engine, overlapping))->ingest(randomTokens(200, 2), all).code(), 5201);
}

TEST_F(MemoryDocuments, LogitsOfAWindowThatIsReadAloneSeeNoMemory) {
  auto tokens = randomTokens(200, 2); // windows of 64, 64, 56, 16
  auto session = std::move(*Session::create(*engine, options()));
  IngestOptions ingest;
  ingest.rows = IngestOptions::Rows::listed;
  ingest.listed = {100};
  int calls = 0;
  ingest.onLogits = [&](int64_t index, std::span<const float> logits) {
    const int64_t begin = index == 100 ? 64 : 184;
    for (int32_t id = 0; id < 256; ++id) {
      double expected = 0;
      for (int64_t other = 0; other <= index; ++other)
        expected += tokens[static_cast<size_t>(other)] != id ? 0 : other >= begin ? 1 : index == 100 ? 0 : 1000;
      EXPECT_EQ(seen(logits, id), expected) << index << " " << id;
    }
    ++calls;
    return Status();
  };
  ASSERT_TRUE(session->ingest(tokens, ingest).ok());
  EXPECT_EQ(calls, 2);
}

TEST_F(MemoryDocuments, AWindowThatWasReadWithMemoryJoinsItAlone) {
  auto tokens = randomTokens(300, 3);
  auto session = std::move(*Session::create(*engine, options()));
  for (size_t window = 0; window < tokens.size(); window += fake::window) {
    auto part = std::span(tokens).subspan(window, std::min<size_t>(fake::window, tokens.size() - window));
    for (size_t piece = 0; piece < part.size(); piece += fake::lastContext)
      ASSERT_TRUE(session->ingest(part.subspan(piece, std::min<size_t>(fake::lastContext, part.size() - piece))).ok());
    ASSERT_TRUE(session->storeWindow(part).ok());
    EXPECT_EQ(session->marks().localTokens(), 0);
  }
  EXPECT_EQ(session->marks().memoryTokens(), 300);
  expectWindows(*session, tokens);
}

TEST_F(MemoryDocuments, AreOneMemoryInAnyOrder) {
  const std::string path = fake::temporaryPath("a.doc");
  ASSERT_TRUE(read(600, 4)->save(path).ok());
  auto mapped = map(path);
  ASSERT_TRUE(mapped.ok()) << mapped.status().text();
  const Documents all = {*mapped, read(5, 5), read(512, 6), read(300, 7)};
  const std::vector<int32_t> question = randomTokens(10, 8);
  std::vector<float> logits;
  for (const Documents &order : {all, Documents{all[3], all[2], all[1], all[0]}, Documents{all[1], all[3], all[0], all[2]}}) {
    auto session = open(order);
    ASSERT_EQ(session->marks().memoryTokens(), 600 + 5 + 512 + 300);
    for (int64_t index = 0; index < session->marks().memoryTokens(); ++index) {
      auto place = placeOf(order, index);
      ASSERT_TRUE(place.has_value());
      ASSERT_EQ(rowOf(*session, index).token, static_cast<float>(order[place->document]->tokens()[static_cast<size_t>(place->token)]));
      ASSERT_EQ(rowOf(*session, index).position, static_cast<float>(place->token % fake::window));
    }
    EXPECT_FALSE(placeOf(order, session->marks().memoryTokens()).has_value());
    ASSERT_TRUE(session->ingest(question).ok());
    if (logits.empty())
      logits.assign(session->logits().begin(), session->logits().end());
    EXPECT_TRUE(std::ranges::equal(logits, session->logits()));
  }
  auto without = open({all[0], all[2]}); // others dropped
  ASSERT_TRUE(without->ingest(question).ok());
  EXPECT_EQ(without->marks().memoryTokens(), 600 + 512);
  EXPECT_FALSE(std::ranges::equal(logits, without->logits()));
}

TEST_F(MemoryDocuments, StayAsTheyAreWhateverSessionsReadBehindThem) {
  const Documents documents = {read(300, 9), read(70, 10)};
  auto first = open(documents), second = open(documents);
  ASSERT_TRUE(first->ingest(randomTokens(500, 11)).ok());
  ASSERT_TRUE(second->ingest(randomTokens(90, 12)).ok());
  auto fresh = open(documents);
  expectWindows(*fresh, std::span(documents[0]->tokens()).first(256));
  for (Session *session : {first.get(), second.get()})
    for (int64_t index = 0; index < 370; ++index)
      ASSERT_EQ(rowOf(*session, index).token, rowOf(*fresh, index).token) << index;
}

TEST_F(MemoryDocuments, LongerThanTheMemoryAreRefusedBeforeTheyAreRead) {
  const auto room = static_cast<size_t>(store->pages().freePages() * pageRows);
  DocumentText text{"all.txt", {}, std::vector<int32_t>(room + 1, 1), {}};
  int64_t calls = 0;
  auto document = MemoryDocument::read(*engine, options(), store, std::move(text), [&](int64_t, int64_t) { return ++calls < 3; });
  EXPECT_EQ(document.status().code(), 7101);
  EXPECT_NE(document.status().message().find("'all.txt'"), std::string::npos);
  EXPECT_EQ(calls, 0);
}

// Without documents a session is a new one: with the prefix that all begin with.
TEST_F(MemoryDocuments, NoneLeaveAPrefixWhereItStands) {
  SessionOptions apart = options();
  apart.policy.memory = false;
  CachePrefix prefix{3, {}, "prefix"};
  for (const StateLayout::Entry &ring : engine->layout().rings)
    prefix.rings.emplace_back(static_cast<size_t>(3 * ring.rowBytes));
  engine->setPrefix(std::make_shared<const CachePrefix>(std::move(prefix)));
  auto session = Session::open(*engine, apart, store, Documents());
  ASSERT_TRUE(session.ok()) << session.status().text();
  EXPECT_EQ((*session)->marks().localTokens(), 3);
}

// What is no attention's would begin with keys.
TEST_F(MemoryDocuments, APrefixIsOfKeysAndValuesAlone) {
  StateLayout layout = engine->layout();
  layout.rings.back().name = "products";
  const auto prefix = CachePrefix::read("/none", layout);
  EXPECT_EQ(prefix.status().code(), CachePrefix::otherShape);
  EXPECT_NE(prefix.status().message().find("products"), std::string::npos);
}

// Windows that overlap need pages beside the text's: what leaves none for them is refused, not begun; what just leaves them is read.
TEST_F(MemoryDocuments, LeaveRoomForWhatTheirWindowsSeeBeforeThem) {
  constexpr size_t tokens = 20 * pageRows;
  SessionOptions overlapping = options();
  overlapping.overlap = 24;
  const int64_t beside = Session::pagesBeside(*engine, overlapping, tokens);
  ASSERT_GT(beside, 1);
  EXPECT_EQ(Session::pagesBeside(*engine, options(), tokens), 0);
  std::vector<int32_t> others;
  while (store->pages().freePages() > 20 + beside - 1)
    others.push_back(*store->pages().take());
  int64_t calls = 0;
  const auto readAll = [&] { return MemoryDocument::read(*engine, overlapping, store, textOf(tokens, 5), [&](int64_t, int64_t) { return ++calls > 0; }); };
  EXPECT_EQ(readAll().status().code(), 7101);
  EXPECT_EQ(calls, 0);
  store->pages().release(others.back());
  auto document = readAll();
  ASSERT_TRUE(document.ok()) << document.status().text();
  EXPECT_EQ(store->pages().freePages(), beside);
}

TEST_F(MemoryDocuments, AreSavedAsTheyLieInPagesApart) {
  std::vector<int32_t> taken;
  for (int page = 0; page < 8; ++page)
    taken.push_back(*store->pages().take());
  for (int page : {6, 1, 3}) // what is read next lies in these, then behind all
    store->pages().release(taken[static_cast<size_t>(page)]);
  auto document = read(5 * pageRows + 7, 21);
  const std::string path = fake::temporaryPath("apart.doc");
  ASSERT_TRUE(document->save(path).ok());
  auto session = open({*map(path)});
  for (int64_t index = 0; index < 5 * pageRows + 7; ++index)
    ASSERT_EQ(rowOf(*session, index).token, static_cast<float>(document->tokens()[static_cast<size_t>(index)])) << index;
}

TEST_F(MemoryDocuments, GiveTheirPagesBack) {
  const std::string path = fake::temporaryPath("b.doc");
  ASSERT_TRUE(read(1000, 13)->save(path).ok());
  auto other = read(300, 14);
  const int64_t used = store->pages().usedPages();
  int64_t touched = 0;
  for (int round = 0; round < 20; ++round) {
    auto session = open({*map(path), other});
    auto again = map(path); // a run of its own
    if (round == 1)
      touched = store->pages().touchedPages();
  }
  EXPECT_EQ(store->pages().usedPages(), used);
  EXPECT_EQ(store->pages().touchedPages(), touched);
  auto session = open({read(900, 15)}); // into pages that were mapped
  const auto tokens = randomTokens(900, 15);
  expectWindows(*session, std::span(tokens).first(768));
}

TEST_F(MemoryDocuments, RefuseWhatWouldReadThemOtherwise) {
  const std::string path = fake::temporaryPath("c.doc");
  ASSERT_TRUE(read(100, 16)->save(path).ok());
  EXPECT_TRUE(map(path).ok());
  auto refusal = [&](const SessionOptions &options) {
    Status status = map(path, options).status();
    EXPECT_EQ(status.code(), 7113);
    return status.message();
  };
  EXPECT_NE(refusal(options(IngestMode::memory)).find("ingest window, here memory"), std::string::npos);
  EXPECT_NE(refusal(options(IngestMode::window, 32)).find("window 64, here 32"), std::string::npos);
  engine->setAdapter("another");
  EXPECT_NE(refusal(options()).find("adapter unknown, here another"), std::string::npos);
  engine->setAdapter("");
  SessionOptions top = options();
  top.policy.lastContext = 1; // of no matter
  EXPECT_TRUE(map(path, top).ok());
  top.policy.memory = false;
  EXPECT_EQ(Session::open(*engine, top, store, Documents{read(10, 17)}).status().code(), 7119);
  EXPECT_EQ(MemoryDocument::read(*engine, top, store, textOf(10, 18)).status().code(), 7119);
  auto elsewhere = std::move(*Session::createStore(*engine, options(), 1));
  EXPECT_EQ(Session::open(*engine, options(), elsewhere, Documents{read(10, 19)}).status().code(), 5201);
}

TEST_F(MemoryDocuments, AreRefusedByNameWhereverTheyAreDamaged) {
  const std::string path = fake::temporaryPath("damaged.doc");
  ASSERT_TRUE(read(3 * pageRows + 7, 22)->save(path).ok());
  const std::string good = fake::readAll(path);
  const int64_t used = store->pages().usedPages();
  auto document = std::move(*Document::open(path));
  for (int index = 0; index < document.file().about().sections_size(); ++index) {
    const auto begin = static_cast<size_t>(document.file().offset(static_cast<size_t>(index))), bytes = document.file().about().sections(index).bytes();
    for (size_t place : {begin, begin + bytes / 2, begin + bytes - 1}) { // of rows: in pages that are mapped, and in the one that is copied
      std::string flipped = good;
      flipped[place] ^= 1;
      const std::string damaged = fake::writeTemporary("flipped.doc", flipped);
      const Status status = map(damaged).status();
      EXPECT_EQ(status.code(), 7117) << index << " " << place;
      EXPECT_NE(status.message().find(damaged), std::string::npos) << status.text();
    }
  }
  EXPECT_EQ(store->pages().usedPages(), used);
}

TEST_F(MemoryDocuments, ReadingCanBeStopped) {
  const int64_t used = store->pages().usedPages();
  auto stopped = MemoryDocument::read(*engine, options(), store, textOf(5000, 20), [](int64_t done, int64_t) { return done < 2000; });
  EXPECT_EQ(stopped.status().code(), cancelledCode);
  EXPECT_EQ(store->pages().usedPages(), used);
}

} // namespace
} // namespace longc
