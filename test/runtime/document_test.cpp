// Tests runtime/serve/Document.cpp and runtime/text/TokenOffsets.cpp: what is written comes back, and what is not whole, not
// ours or of another program is refused by name.
#include "test/runtime/FakeProgram.h"

#include "runtime/serve/Document.h"
#include "runtime/serve/ProgramTokenizer.h"
#include "runtime/text/TokenOffsets.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace longc {
namespace {

std::vector<abi::Trait> traits(const std::string &weights) {
  std::vector<abi::Trait> list(2);
  list[0].set_name("weights");
  list[0].set_value(weights);
  list[1].set_name("window");
  list[1].set_value("64");
  return list;
}

DocumentText aText(const std::string &text = "Two words.") {
  DocumentText document{"words.txt", text, {}, {}};
  for (size_t i = 0; i < text.size(); ++i) {
    document.tokens.push_back(text[i]);
    document.offsets.push_back(i);
  }
  document.offsets.push_back(text.size());
  return document;
}

DocumentSection rows(std::string name, const std::string &bytes) {
  return {std::move(name), abi::BF16, 2, bytes.size(), [bytes](const MemoryFile::Sink &sink) {
            for (char byte : bytes) // piece by piece
              LONGC_TRY(sink(reinterpret_cast<const std::byte *>(&byte), 1));
            return Status();
          }};
}

Status write(const std::string &path, const DocumentText &text = aText()) {
  const std::vector<DocumentSection> payload = {rows("soft tokens", "abcdef"), rows("nothing", "")};
  return Document::write(path, Document::e2llm, text, traits("w1"), payload);
}

std::string textOf(std::span<const std::byte> bytes) { return {reinterpret_cast<const char *>(bytes.data()), bytes.size()}; }

TEST(Document, ComesBackAsItWasWritten) {
  const std::string path = fake::temporaryPath("document");
  ASSERT_TRUE(write(path).ok());
  EXPECT_TRUE(Document::isDocument(path));
  auto document = Document::open(path);
  ASSERT_TRUE(document.ok()) << document.status().text();
  EXPECT_EQ(document->kind(), Document::e2llm);
  EXPECT_EQ(document->name(), "words.txt");
  EXPECT_EQ(document->text(), "Two words.");
  EXPECT_EQ(document->tokens().size(), 10u);
  EXPECT_EQ(document->tokens()[4], 'w');
  EXPECT_EQ(document->offsets()[10], 10u);
  EXPECT_EQ(document->trait("window"), "64");
  EXPECT_EQ(document->trait("ingest"), "");
  EXPECT_EQ(document->content(), "a009b579e33abae21b05244a1963741d4c02f8fe594e0191c132ce6e8148b188"); // sha256sum
  EXPECT_EQ(textOf(*document->payload("soft tokens")), "abcdef");
  EXPECT_EQ(textOf(*document->payload("nothing")), "");
  EXPECT_EQ(document->payload("keys").status().code(), 7115);
}

TEST(Document, RefusesWhatIsOfAnotherKindOrProgram) {
  const std::string path = fake::temporaryPath("document");
  ASSERT_TRUE(write(path).ok());
  auto document = std::move(*Document::open(path));
  EXPECT_TRUE(document.expect(Document::e2llm, traits("w1")).ok());
  EXPECT_EQ(document.expect(Document::lift, traits("w1")).code(), 7120);
  Status other = document.expect(Document::e2llm, traits("w2"));
  EXPECT_EQ(other.code(), 7113);
  EXPECT_NE(other.message().find("weights w1, here w2"), std::string::npos) << other.text();
  EXPECT_EQ(MemoryFile::open(path).status().code(), 7120); // no saved memory
}

TEST(Document, RefusesWhatIsNotWhole) {
  const std::string path = fake::temporaryPath("document");
  ASSERT_TRUE(write(path).ok());
  const std::string good = fake::readAll(path);
  auto open = [](const std::string &bytes) {
    auto document = Document::open(fake::writeTemporary("damaged", bytes));
    return document.ok() ? document->payload("soft tokens").status().code() : document.status().code();
  };
  ASSERT_EQ(open(good), 0);
  EXPECT_EQ(open(""), 7111);
  EXPECT_EQ(open("Once upon a time."), 7111);
  for (size_t size = 8; size < good.size(); size += 509)
    EXPECT_NE(open(good.substr(0, size)), 0) << size;
  for (size_t place = 0; place < good.size(); place += 31) {
    std::string flipped = good;
    flipped[place] ^= 0x10;
    if (int code = open(flipped); code == 0) { // in what pads a section
      EXPECT_EQ(good[place], '\0') << place;
    }
  }
  EXPECT_FALSE(Document::isDocument(fake::writeTemporary("text", "LONG ago")));
  EXPECT_FALSE(Document::isDocument("/nonexistent"));
  EXPECT_FALSE(Document::isDocument("/dev/null"));
}

TEST(Document, LeavesNothingWhereItFails) {
  const std::string path = fake::temporaryPath("never");
  std::filesystem::remove(path);
  EXPECT_EQ(write(path, aText("")).code(), 5403);
  const std::vector<DocumentSection> payload = {
      {"keys", abi::F32, 4, 4, [](const MemoryFile::Sink &) { return Status::error(7102, "gone", "come back"); }}};
  EXPECT_EQ(Document::write(path, Document::fot, aText(), {}, payload).code(), 7102);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TokenOffsets, FollowTheBytesOfTheTokens) {
  auto tokenizer = std::move(*createTokenizer(fake::program().modules(0).tokenizer()));
  auto offsetsOf = [&](const std::string &text) {
    return tokenOffsets(tokenizer, text, tokenizer.encode(text, false));
  };
  EXPECT_EQ(offsetsOf("abc"), (std::vector<uint64_t>{0, 1, 2, 3}));
  EXPECT_EQ(offsetsOf("a\xff\xff" "b\xff"), (std::vector<uint64_t>{0, 3, 5})); // without a token
  EXPECT_EQ(offsetsOf(""), (std::vector<uint64_t>{0}));
}

} // namespace
} // namespace longc
