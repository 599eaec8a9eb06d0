// Tests runtime/text/BpeModel.cpp: the ids are those that merging one by one gives, whatever the merges; and the work grows
// with the length of the text alone.
#include "test/runtime/TokenizerFiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

using namespace longc;

namespace {

constexpr int letters = 3;

// Random merges over three letters: of what is there, and not in the order that training gives.
struct RandomModel {
  explicit RandomModel(std::mt19937 &random) {
    BpeAlphabet alphabet;
    alphabet.byteTokens.fill(-1);
    std::map<std::string, int32_t> ids;
    for (int i = 0; i < letters; ++i) {
      texts.push_back(std::string(1, static_cast<char>('a' + i)));
      alphabet.byteTokens['a' + i] = i;
      ids[texts.back()] = i;
    }
    std::vector<MergeTree::Rule> rules;
    for (size_t count = random() % 40; count > 0; --count) {
      auto left = static_cast<int32_t>(random() % texts.size()), right = static_cast<int32_t>(random() % texts.size());
      std::string joined = texts[left] + texts[right];
      auto [at, isNew] = ids.try_emplace(joined, static_cast<int32_t>(texts.size()));
      if (isNew)
        texts.push_back(joined);
      rules.push_back({left, right, at->second, 0});
    }
    if (random() % 2)
      std::shuffle(rules.begin(), rules.end(), random);
    uint32_t rank = 0, together = 1 + random() % 2; // of one rank
    for (MergeTree::Rule &rule : rules)
      rule.rank = rank++ / together;
    model.build([this](int32_t id) { return std::string_view(texts[id]); }, texts.size(), alphabet, rules);
  }

  std::vector<std::string> texts;
  BpeModel model;
};

std::string repeated(std::string_view unit, size_t bytes) {
  std::string text;
  while (text.size() < bytes)
    text += unit;
  return text;
}

} // namespace

TEST(BpeModel, LeftToRightGivesWhatTheMergesGive) {
  std::mt19937 random(5);
  size_t irregular = 0;
  for (int round = 0; round < 400; ++round) {
    RandomModel one(random);
    irregular += one.model.tree().irregularTokens();
    for (int text = 0; text < 60; ++text) {
      std::string word(random() % 30, 'a');
      for (char &letter : word)
        letter = static_cast<char>('a' + random() % (text % letters + 1));
      BpeWork work(word.size());
      std::vector<int32_t> ids, merged;
      one.model.encode(word, work, ids);
      one.model.encodeByMerging(word, work, merged);
      ASSERT_EQ(ids, merged) << word << " in round " << round;
    }
  }
  EXPECT_GT(irregular, 100u); // or the shuffled merges test nothing
}

TEST(BpeModel, NoTextIsMoreThanAFewLooksAByte) {
  auto model = readVocabulary(LONGC_SOURCE_DIR "/test/golden/tokenizer_small_vocabulary.txt");
  ASSERT_TRUE(model);
  for (const char *text : {"<|im_start|>x", "<|im_startx|>", "<<<<<<<<<<<<", "<|fim_prefix|>"}) {
    model->tokens.push_back(text);
    model->tokenTypes.push_back(model->tokens.size() % 2 ? 3 : 4);
  }
  Result<Tokenizer> tokenizer = Tokenizer::create(std::move(*model));
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().text();
  auto lookupsPerByte = [&](std::string_view text) {
    uint64_t lookups = 0;
    tokenizer->encode(text, true, &lookups);
    return static_cast<double>(lookups) / static_cast<double>(text.size());
  };
  std::mt19937 random(3);
  std::string noise, letterNoise;
  for (size_t i = 0; i < 100'000; ++i) {
    noise.push_back(static_cast<char>(random()));
    letterNoise.push_back("aehinorst"[random() % 9]);
  }
  std::vector<std::string> hostile = {noise, letterNoise};
  for (const char *unit : {"a", "e", "th", "he", "the", " ", "\n", "\r\n", "<", "<|", "<|im_start", "<<<<<<<<<<<", "7", "!", "=-",
                           "\xFF", "\xF0\x9F", "e\xCC\x81", "\xCC\x81", "\xE6\xB0\xB4", "\xF0\x9F\x98\x80", "'", "'l", "\t "})
    hostile.push_back(repeated(unit, 100'000));
  for (const std::string &text : hostile)
    EXPECT_LE(lookupsPerByte(text), 10) << quoteForMessage(text);
}
