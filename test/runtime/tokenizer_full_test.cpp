// Compares the tokenizer of a real model with Hugging Face's answers. Needs files that are not in the repository:
// LONGC_SMOLLM2_VOCAB, a vocabulary written by `test/golden/make_tokenizer_goldens.py dump`, and for the large
// comparison LONGC_TOKENIZER_CORPUS, a folder written by bench/tokenizer_compare.py. Without them tests are skipped.
#include "test/runtime/TokenizerFiles.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>

using namespace longc;

namespace {

std::string environment(const char *name) {
  const char *value = std::getenv(name);
  return value ? value : "";
}

std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Reads the corpus' binary files: little-endian counts, then as many bytes or ids.
class RecordReader {
public:
  explicit RecordReader(std::string data) : data_(std::move(data)) {}
  bool done() const { return position_ == data_.size(); }
  std::string text() {
    uint32_t count = number();
    return std::string(take(count));
  }
  std::vector<int32_t> ids() {
    std::vector<int32_t> ids(number());
    std::string_view bytes = take(ids.size() * 4);
    std::memcpy(ids.data(), bytes.data(), bytes.size());
    return ids;
  }

private:
  uint32_t number() {
    uint32_t value = 0;
    std::string_view bytes = take(4);
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  std::string_view take(size_t count) {
    EXPECT_LE(position_ + count, data_.size()) << "the corpus is cut off";
    std::string_view bytes = std::string_view(data_).substr(position_, count); // shorter at a cut
    position_ += bytes.size();
    return bytes;
  }

  std::string data_;
  size_t position_ = 0;
};

std::string withoutUnencodable(const Tokenizer &tokenizer, const std::string &text) {
  std::string kept;
  for (char byte : text)
    if (tokenizer.unencodableBytes(std::string_view(&byte, 1)) == 0)
      kept.push_back(byte);
  return kept;
}

// CPU time: others may use the machine.
double secondsSince(std::clock_t start) { return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC; }

class FullTokenizer : public testing::Test {
protected:
  void SetUp() override {
    std::string path = environment("LONGC_SMOLLM2_VOCAB");
    if (path.empty())
      GTEST_SKIP() << "LONGC_SMOLLM2_VOCAB names no vocabulary (test/golden/make_tokenizer_goldens.py dump writes one)";
    auto model = readVocabulary(path);
    ASSERT_TRUE(model) << path << " is not a vocabulary";
    std::clock_t start = std::clock();
    Result<Tokenizer> made = Tokenizer::create(std::move(*model));
    createSeconds_ = secondsSince(start);
    ASSERT_TRUE(made.ok()) << made.status().text();
    tokenizer_.emplace(std::move(*made));
  }

  // The folder of the large comparison; empty when there is none.
  std::string corpus() const { return environment("LONGC_TOKENIZER_CORPUS"); }

  void expectRoundTrip(const std::string &text, const std::vector<int32_t> &ids) {
    Result<std::string> back = tokenizer_->decode(ids, false);
    ASSERT_TRUE(back.ok());
    ASSERT_TRUE(*back == withoutUnencodable(*tokenizer_, text)) << quoteForMessage(text);
  }

  std::optional<Tokenizer> tokenizer_;
  double createSeconds_ = 0;
};

} // namespace

TEST_F(FullTokenizer, casesEqualHuggingFace) {
  std::vector<TokenizerCase> cases = readCases(LONGC_SOURCE_DIR "/test/golden/tokenizer_smollm2.txt");
  ASSERT_GT(cases.size(), 400u);
  for (const TokenizerCase &one : cases) {
    EXPECT_EQ(tokenizer_->encode(one.text, true), one.withSpecials) << quoteForMessage(one.text);
    EXPECT_EQ(tokenizer_->encode(one.text, false), one.without) << quoteForMessage(one.text);
    expectRoundTrip(one.text, one.withSpecials);
  }
}

TEST_F(FullTokenizer, corpusEqualsHuggingFace) {
  if (corpus().empty())
    GTEST_SKIP() << "LONGC_TOKENIZER_CORPUS names no folder (bench/tokenizer_compare.py writes one)";
  RecordReader records(readFile(corpus() + "/texts.bin"));
  size_t bytes = 0, tokens = 0;
  std::vector<std::string> texts;
  while (!records.done()) {
    texts.push_back(records.text());
    std::vector<int32_t> expected = records.ids();
    ASSERT_TRUE(tokenizer_->encode(texts.back(), true) == expected) << "text " << texts.size() - 1;
    expectRoundTrip(texts.back(), expected);
    bytes += texts.back().size(), tokens += expected.size();
  }
  double best = 1e9;
  for (int repeat = 0; repeat < 5; ++repeat) {
    std::clock_t start = std::clock();
    size_t again = 0;
    for (const std::string &text : texts)
      again += tokenizer_->encode(text, true).size();
    best = std::min(best, secondsSince(start));
    EXPECT_EQ(again, tokens);
  }
  std::cout << "corpus: " << texts.size() << " texts, " << bytes << " bytes, " << tokens << " tokens, "
            << static_cast<double>(bytes) / best / 1e6 << " MB/s\n";
  std::cout << "create: " << createSeconds_ * 1e3 << " ms for " << tokenizer_->size() << " tokens\n";
}

TEST_F(FullTokenizer, randomStringsEqualHuggingFace) {
  if (corpus().empty())
    GTEST_SKIP() << "LONGC_TOKENIZER_CORPUS names no folder (bench/tokenizer_compare.py writes one)";
  RecordReader records(readFile(corpus() + "/random.bin"));
  size_t count = 0;
  for (; !records.done(); ++count) {
    std::string text = records.text();
    std::vector<int32_t> withSpecials = records.ids(), without = records.ids();
    ASSERT_TRUE(tokenizer_->encode(text, true) == withSpecials) << quoteForMessage(text);
    ASSERT_TRUE(tokenizer_->encode(text, false) == without) << quoteForMessage(text);
    expectRoundTrip(text, withSpecials);
  }
  std::cout << "random strings: " << count << "\n";
}

TEST_F(FullTokenizer, randomIdsDecodeLikeHuggingFace) {
  if (corpus().empty())
    GTEST_SKIP() << "LONGC_TOKENIZER_CORPUS names no folder (bench/tokenizer_compare.py writes one)";
  RecordReader records(readFile(corpus() + "/decode.bin"));
  size_t count = 0;
  for (; !records.done(); ++count) {
    std::vector<int32_t> ids = records.ids();
    std::string kept = records.text(), skipped = records.text();
    ASSERT_EQ(toValidUtf8(*tokenizer_->decode(ids, false)), kept);
    ASSERT_EQ(toValidUtf8(*tokenizer_->decode(ids, true)), skipped);
    StreamDecoder decoder(*tokenizer_);
    std::string sum;
    for (int32_t id : ids)
      sum += decoder.push(id);
    ASSERT_EQ(toValidUtf8(sum + decoder.flush()), skipped);
  }
  std::cout << "random id sequences: " << count << "\n";
}
