// Rows that read rows: schedules of how many, and batches in which every answer stands in a row that is read.
#include "test/runtime/TokenizerFiles.h"

#include "runtime/train/FactRows.h"

#include <gtest/gtest.h>
#include <set>

namespace longc {
namespace {

TEST(RangeSchedule, TellsEachStep) {
  auto schedule = RangeSchedule::parse("1:6,2:8,4:16");
  ASSERT_TRUE(schedule);
  EXPECT_EQ(schedule->steps(), 30);
  EXPECT_EQ(schedule->text(), "1:6,2:8,4:16");
  const std::pair<int64_t, int64_t> expected[] = {{0, 1}, {5, 1}, {6, 2}, {13, 2}, {14, 4}, {29, 4}, {1000, 4}};
  for (auto [step, range] : expected)
    EXPECT_EQ(schedule->at(step), range) << step;
  EXPECT_EQ(RangeSchedule::parse("4:2,0:1")->most(), 4);
  EXPECT_EQ(RangeSchedule::doubling(16, 40).text(), "1:10,2:10,4:10,8:10");
  EXPECT_EQ(RangeSchedule::doubling(1, 3).text(), "1:3");
}

TEST(RangeSchedule, RefusesOtherWords) {
  for (const char *words : {"", "1", "1:", ":1", "1:0", "-1:3", "1:2,", "1:2;2:3", "one:2", "1:2:3", "99999999999:1"})
    EXPECT_FALSE(RangeSchedule::parse(words)) << words;
}

TEST(CrossRows, AreTheRowsBefore) {
  EXPECT_EQ(readEarlierRows(4, 2), (std::vector<int32_t>{1, 0, 2, 0, 2, 1, 3, 1, 3, 2}));
  EXPECT_TRUE(readEarlierRows(1, 5).empty());
  EXPECT_TRUE(readEarlierRows(3, 0).empty());
  EXPECT_EQ(readRowsAlone(6, 2), (std::vector<int32_t>{1, 0, 3, 0, 3, 2, 5, 2, 5, 4})); // who is read reads none
  EXPECT_EQ(readRowsAlone(5, 7), (std::vector<int32_t>{1, 0, 3, 0, 3, 2}));
  EXPECT_TRUE(readRowsAlone(5, 0).empty());
}

class FactRows : public ::testing::Test {
protected:
  void SetUp() override {
    auto model = readVocabulary(LONGC_SOURCE_DIR "/test/golden/tokenizer_small_vocabulary.txt");
    tokenizer_.emplace(std::move(*Tokenizer::create(std::move(*model))));
  }

  FactRowMaker maker(const FactRowOptions &options) {
    std::string story;
    for (int i = 0; i < 900; ++i)
      story += "Nothing is told here, number " + std::to_string(i) + ".\n";
    auto made = FactRowMaker::create(*tokenizer_, {{"story", tokenizer_->encode(story, false)}, {"same", tokenizer_->encode(story, false)}},
                                     options, nullptr);
    EXPECT_TRUE(made.ok()) << made.status().text();
    return std::move(*made);
  }

  std::string textOf(const Sample &row) { return *tokenizer_->decode(row.tokens, false); }

  std::optional<Tokenizer> tokenizer_;
};

TEST_F(FactRows, AnswersStandInRowsThatAreRead) {
  auto made = maker({8, 700, 3, 4}).make(5, 3);
  ASSERT_TRUE(made.ok()) << made.status().text();
  ASSERT_EQ(made->rows.size(), 8u);
  std::set<std::pair<int64_t, int64_t>> reads;
  for (size_t pair = 0; pair < made->batch.crossRows.size(); pair += 2)
    reads.insert({made->batch.crossRows[pair], made->batch.crossRows[pair + 1]});
  EXPECT_TRUE(made->rows[0].questions.empty());
  for (size_t number = 0; number < 8; ++number) {
    const FactRow &row = made->rows[number];
    const Sample &sample = made->batch.rows[number];
    EXPECT_EQ(sample.size(), 700);
    EXPECT_EQ(sample.weights.size(), 700u);
    EXPECT_EQ(sample.weights.front(), 0);
    for (const Fact &fact : row.facts)
      EXPECT_NE(textOf(sample).find(fact.sentence), std::string::npos) << fact.sentence;
    std::set<std::string> asked;
    for (const AskedFact &question : row.questions) {
      EXPECT_TRUE(asked.insert(question.fact.question).second) << "one question twice: the second is answered by the first";
      EXPECT_TRUE(reads.count({static_cast<int64_t>(number), question.row})) << number << " " << question.row;
      EXPECT_NE(textOf(made->batch.rows[static_cast<size_t>(question.row)]).find(question.fact.sentence), std::string::npos);
      EXPECT_NE(textOf(sample).find(question.fact.question + " "), std::string::npos);
    }
  }
}

TEST_F(FactRows, WeighAnswersMost) {
  auto made = maker({4, 700, 3, 4}).make(0, 1);
  ASSERT_TRUE(made.ok());
  const Sample &row = made->batch.rows[1];
  std::string heavy;
  for (size_t t = 0; t < row.tokens.size(); ++t)
    if (row.weights[t] > 1)
      heavy += tokenizer_->bytes(row.tokens[t]);
  for (const AskedFact &question : made->rows[1].questions)
    EXPECT_NE(heavy.find(question.fact.answer + "."), std::string::npos) << heavy;
  EXPECT_EQ(heavy.size(), 7 * made->rows[1].questions.size()); // a space, five digits, and a stop: an answer ends
}

TEST_F(FactRows, GoOnInOneTextAndBeginAnewInAnother) {
  auto made = maker({6, 700, 9, 3}).make(2, 2);
  ASSERT_TRUE(made.ok());
  for (size_t number : {1, 2, 4, 5}) {
    EXPECT_EQ(made->rows[number].begin, made->rows[number - 1].end);
    EXPECT_EQ(made->rows[number].document, made->rows[number - 1].document);
  }
  EXPECT_NE(made->rows[3].document, made->rows[2].document);
}

TEST_F(FactRows, FollowSeedAndStep) {
  auto tokens = [&](uint64_t seed, int64_t step) { return maker({3, 600, seed, 4}).make(step, 2)->batch.rows[2].tokens; };
  EXPECT_EQ(tokens(1, 4), tokens(1, 4));
  EXPECT_NE(tokens(1, 4), tokens(1, 5));
  EXPECT_NE(tokens(1, 4), tokens(2, 4));
}

TEST_F(FactRows, TellTheNamelessFactInHalfOfTheBatches) {
  FactRowOptions options{16, 700, 3, 4};
  options.nameless = FactWords{"The pass key is $. Remember it. $ is the pass key.", "What is the pass key?"};
  const FactRowMaker with = maker(options), without = maker({16, 700, 3, 4});
  size_t batches = 0, readers = 0, asking = 0;
  std::set<std::string> numbers;
  for (int64_t step = 0; step < 40; ++step) {
    auto made = with.make(step, 15);
    ASSERT_TRUE(made.ok()) << made.status().text();
    int64_t telling = -1;
    std::string number;
    for (int64_t row = 0; row < 16; ++row)
      for (const Fact &fact : made->rows[static_cast<size_t>(row)].facts)
        if (fact.question == "What is the pass key?") {
          EXPECT_EQ(telling, -1) << "two rows tell it";
          telling = row;
          number = fact.answer;
        }
    if (telling < 0) {
      for (const FactRow &row : made->rows)
        for (const AskedFact &asked : row.questions)
          EXPECT_NE(asked.fact.question, "What is the pass key?") << "nobody tells it";
      continue;
    }
    ++batches;
    numbers.insert(number);
    EXPECT_LT(telling, 8);
    EXPECT_NE(textOf(made->batch.rows[static_cast<size_t>(telling)]).find("\nThe pass key is " + number + ". Remember it. " + number + " is the pass key.\n"),
              std::string::npos);
    for (int64_t row = telling + 1; row < 16; ++row) {
      ++readers;
      for (const AskedFact &asked : made->rows[static_cast<size_t>(row)].questions)
        if (asked.fact.question == "What is the pass key?") {
          ++asking;
          EXPECT_EQ(asked.row, telling);
          EXPECT_NE(textOf(made->batch.rows[static_cast<size_t>(row)]).find("\nWhat is the pass key? The pass key is " + number + ".\n"), std::string::npos);
        }
    }
  }
  EXPECT_GT(batches, 10u);
  EXPECT_LT(batches, 30u);
  EXPECT_EQ(numbers.size(), batches);
  EXPECT_GT(asking * 6, readers); // a quarter, and a few by chance
  EXPECT_LT(asking * 2, readers);
  auto others = without.make(0, 15);
  for (const FactRow &row : others->rows)
    for (const Fact &fact : row.facts)
      EXPECT_EQ(fact.sentence.find("pass key"), std::string::npos);
}

TEST_F(FactRows, AreJudgedByAnswersAlone) {
  auto judged = maker({4, 700, 3, 4}).makeJudged(2);
  ASSERT_TRUE(judged.ok());
  EXPECT_EQ(judged->batch.rows[0].targets(), 0); // it reads none
  for (size_t number : {1, 2, 3})
    EXPECT_GT(judged->batch.rows[number].targets(), 0);
  for (float weight : judged->batch.rows[3].weights)
    EXPECT_TRUE(weight == 0 || weight == 1);
}

TEST_F(FactRows, NeedRoom) {
  EXPECT_EQ(maker({4, 120, 3, 4}).make(0, 1).status().code(), factRowsTooShort);
  auto made = FactRowMaker::create(*tokenizer_, {{"short", {1, 2, 3}}}, {4, 120, 3, 4}, nullptr);
  EXPECT_EQ(made.status().code(), factTextTooShort);
}

} // namespace
} // namespace longc
