// Tests tokenizer.json from end to end (frontends/hf/ReadTokenizerJson.cpp, runtime/text/Tokenizer.cpp): for every kind
// of tokenizer the ids and texts that Hugging Face's library gives. LONGC_TOKENIZER_KINDS names a larger folder of the same
// (test/golden/compare_tokenizers.py).
#include "frontends/hf/ReadTokenizerJson.h"
#include "frontends/hf/WriteTokenizer.h"
#include "frontends/tools/driver/DescribeTokenizer.h"
#include "runtime/serve/ProgramTokenizer.h"
#include "runtime/text/GrowingText.h"
#include "test/runtime/TokenizerFiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <random>

using namespace longc;

namespace {

std::string goldenFolder() {
  const char *given = std::getenv("LONGC_TOKENIZER_KINDS");
  return given ? given : LONGC_SOURCE_DIR "/test/golden/tokenizers";
}

// Of the embedding table: real vocabularies have more.
int64_t rows() { return std::getenv("LONGC_TOKENIZER_KINDS") ? 300'000 : 1000; }

// Names of the tokenizers in the folder.
std::vector<std::string> kinds() {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(goldenFolder()))
    if (entry.path().extension() == ".json")
      names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

struct Case {
  std::string text, decoded;
  std::vector<int32_t> withControl, without;
};

class EveryKind : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("longc-kinds-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    std::filesystem::copy_file(goldenFolder() + "/" + GetParam() + ".json", folder_ / "tokenizer.json");
    Result<TokenizerSource> source = readTokenizerFolder(folder_, rows());
    ASSERT_TRUE(source.ok()) << source.status().text();
    source_ = *source;
    longc::abi::Tokenizer message; // C++ has an abi of its own
    ASSERT_TRUE(describeTokenizer(*source, message).ok());
    Result<Tokenizer> made = createTokenizer(message);
    ASSERT_TRUE(made.ok()) << made.status().text();
    tokenizer_ = std::make_unique<Tokenizer>(std::move(*made));
    readCases();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void readCases() {
    std::ifstream file(goldenFolder() + "/" + GetParam() + ".txt");
    for (std::string text, with, without, decoded; file >> text >> with >> without >> decoded;)
      cases_.push_back({fromHex(text == "-" ? "" : text), fromHex(decoded == "-" ? "" : decoded), parseIds(with),
                        parseIds(without == "=" ? with : without)});
    ASSERT_GT(cases_.size(), 100u);
  }

  std::filesystem::path folder_;
  TokenizerSource source_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::vector<Case> cases_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, EveryKind, testing::ValuesIn(kinds()), [](const auto &info) { return info.param; });

} // namespace

TEST_P(EveryKind, IdsAreThoseOfTheLibrary) {
  int wrong = 0;
  for (const Case &one : cases_) {
    std::vector<int32_t> with = tokenizer_->encode(one.text, true), without = tokenizer_->encode(one.text, false);
    if (with != one.withControl || without != one.without)
      ASSERT_LT(++wrong, 10) << "and more";
    EXPECT_EQ(with, one.withControl) << quoteForMessage(one.text);
    EXPECT_EQ(without, one.without) << quoteForMessage(one.text) << " as plain text";
  }
}

// Truncation, padding and dropout are for training: a text is read whole, and always as the same ids.
TEST_P(EveryKind, WhatIsNotAppliedIsSaid) {
  EXPECT_EQ(source_.notes, std::vector<std::string>());
  std::ifstream in(folder_ / "tokenizer.json");
  std::string json{std::istreambuf_iterator<char>(in), {}};
  for (const auto &[before, after] : {std::pair<std::string, std::string>{"\"truncation\": null", "\"truncation\": {\"max_length\": 1}"},
                                      {"\"padding\": null", "\"padding\": {\"strategy\": {\"Fixed\": 128}}"},
                                      {"\"dropout\": null", "\"dropout\": 0.1"}}) {
    if (size_t at = json.find(before); at != std::string::npos)
      json.replace(at, before.size(), after);
  }
  const bool isRandom = json.find("dropout") != std::string::npos;
  std::ofstream(folder_ / "tokenizer.json") << json;
  Result<TokenizerSource> source = readTokenizerFolder(folder_, rows());
  ASSERT_TRUE(source.ok()) << source.status().text();
  std::vector<std::string> expected = {"'truncation' of tokenizer.json is not applied: texts are read whole",
                                       "'padding' of tokenizer.json is not applied: texts are read whole"};
  if (isRandom)
    expected.emplace_back("'model.dropout' of tokenizer.json is not applied: it makes tokens random, for training");
  EXPECT_EQ(source->notes, expected);
}

// Before and behind a text stands what the post-processor says, whatever tokenizer_config.json calls it; one token each.
TEST(TokenizerFrame, IsThatOfThePostProcessor) {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("longc-frame-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  auto readWith = [&](const std::string &single, const std::string &config) {
    std::ofstream(folder / "tokenizer.json")
        << R"({"model": {"type": "WordPiece", "unk_token": "?", "vocab": {"?": 0, "[CLS]": 1, "[SEP]": 2, "<s>": 3}},)"
           R"("pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": {"type": "TemplateProcessing", "single": [)"
        << single << "]}}";
    std::ofstream(folder / "tokenizer_config.json") << config;
    return readTokenizerFolder(folder, 4);
  };
  const std::string cls = R"({"SpecialToken": {"id": "[CLS]"}})", sep = R"({"SpecialToken": {"id": "[SEP]"}})", text = R"({"Sequence": {"id": "A"}})";
  Result<TokenizerSource> both = readWith(cls + "," + text + "," + sep, "{}");
  ASSERT_TRUE(both.ok()) << both.status().text();
  EXPECT_TRUE(both->addBos && both->addEos && both->bosId == 1 && both->eosId == 2 && both->notes.empty());
  Result<TokenizerSource> behind = readWith(text + "," + sep, R"({"bos_token": "<s>"})");
  ASSERT_TRUE(behind.ok()) << behind.status().text();
  EXPECT_TRUE(!behind->addBos && behind->addEos && behind->bosId == 3);
  Result<TokenizerSource> other = readWith(cls + "," + text, R"({"bos_token": "<s>"})");
  ASSERT_TRUE(other.ok()) << other.status().text();
  EXPECT_EQ(other->bosId, 1);
  EXPECT_EQ(other->notes, std::vector<std::string>({"'post_processor' puts '[CLS]' before a text, and not '<s>', which tokenizer_config.json names"}));
  EXPECT_NE(readWith(cls + "," + sep + "," + text, "{}").status().message().find("puts '[CLS]' and more before a text: expected one token"),
            std::string::npos);
  EXPECT_NE(readWith(R"({"SpecialToken": {"id": "[X]"}},)" + text, "{}").status().message().find("puts '[X]', which the vocabulary lacks, before"),
            std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST_P(EveryKind, TextsOfIdsAreThoseOfTheLibrary) {
  for (const Case &one : cases_) {
    Result<std::string> text = tokenizer_->decode(one.withControl, false);
    ASSERT_TRUE(text.ok());
    ASSERT_EQ(toValidUtf8(*text), one.decoded) << quoteForMessage(one.text);
  }
}

TEST_P(EveryKind, PiecesOfAGrowingTextAreTheWhole) {
  std::mt19937 random(3);
  for (size_t i = 0; i + 4 <= std::min<size_t>(cases_.size(), 400); ++i) {
    std::string text;
    GrowingText growing(*tokenizer_);
    std::vector<int32_t> ids;
    for (size_t piece = 0; piece < 4; ++piece) {
      const std::string &more = cases_[random() % cases_.size()].text;
      text += more.substr(0, random() % (more.size() + 1));
      std::vector<int32_t> found = piece < 3 ? growing.takeStable(text) : growing.takeAll(text);
      ids.insert(ids.end(), found.begin(), found.end());
    }
    std::vector<int32_t> expected = tokenizer_->encode(text, true);
    tokenizer_->beginText(expected);
    ASSERT_EQ(ids, expected) << quoteForMessage(text);
  }
}

TEST_P(EveryKind, WrittenAndReadAgainItIsTheSame) {
  Checkpoint checkpoint;
  checkpoint.tokenizer = source_;
  auto files = writeTokenizer(checkpoint);
  ASSERT_TRUE(files.ok()) << files.status().text();
  for (const auto &[name, content] : *files)
    std::ofstream(folder_ / name) << content;
  Result<TokenizerSource> again = readTokenizerFolder(folder_, rows());
  ASSERT_TRUE(again.ok()) << again.status().text();
  longc::abi::Tokenizer message;
  ASSERT_TRUE(describeTokenizer(*again, message).ok());
  Result<Tokenizer> made = createTokenizer(message);
  ASSERT_TRUE(made.ok()) << made.status().text();
  for (const Case &one : cases_) {
    ASSERT_EQ(made->encode(one.text, true), one.withControl) << quoteForMessage(one.text);
    ASSERT_EQ(toValidUtf8(*made->decode(one.withControl, false)), one.decoded) << quoteForMessage(one.text);
  }
  EXPECT_EQ(again->addBos, source_.addBos);
  EXPECT_EQ(again->addEos, source_.addEos);
}

TEST_P(EveryKind, WholeFiles) {
  std::ifstream list(goldenFolder() + "/" + GetParam() + ".files");
  if (!list)
    GTEST_SKIP() << "LONGC_TOKENIZER_KINDS names no folder with whole files";
  double theirs = 0, ours = 0, bytes = 0;
  for (std::string path, seconds, ids; list >> path >> seconds >> ids;) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    double best = 1e9;
    std::vector<int32_t> found;
    for (int pass = 0; pass < 3; ++pass) {
      std::clock_t start = std::clock();
      found = tokenizer_->encode(text, true);
      best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    }
    EXPECT_EQ(found == parseIds(ids), true) << path;
    theirs += std::stod(seconds), ours += best, bytes += static_cast<double>(text.size());
  }
  std::cout << GetParam() << ": " << bytes / 1e6 << " MB, longc " << bytes / ours / 1e6 << " MB/s, the library "
            << bytes / theirs / 1e6 << " MB/s: " << theirs / ours << " times\n";
}
