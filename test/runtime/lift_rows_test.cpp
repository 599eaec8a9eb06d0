// What a text is learnt by: segments and their context, sentences and questions, rows and passes.
#include "test/runtime/TokenizerFiles.h"

#include "runtime/core/ExitCode.h"
#include "runtime/lift/Fit.h"
#include "runtime/lift/Prompt.h"
#include "runtime/lift/Rows.h"
#include "runtime/lift/SelfQuestions.h"
#include "runtime/lift/Sentences.h"

#include <gtest/gtest.h>
#include <numeric>
#include <set>
#include <thread>

using namespace longc;

namespace {

TEST(Segments, OverlapAsThePaperHasIt) {
  auto total = [](const std::vector<TokenRange> &segments) {
    return std::accumulate(segments.begin(), segments.end(), int64_t(0), [](int64_t sum, TokenRange one) { return sum + one.size(); });
  };
  const auto some = segmentsOf(8192, 2048, 768);
  EXPECT_EQ(some.size(), 11u);
  EXPECT_EQ(total(some), 20224);
  EXPECT_EQ(some[1], (TokenRange{768, 2816}));
  EXPECT_EQ(some.back(), (TokenRange{7680, 8192}));
  EXPECT_EQ(segmentsOf(131072, 2048, 768).size(), 171u);
  EXPECT_EQ(segmentsOf(100, 2048, 768), (std::vector<TokenRange>{{0, 100}}));
  EXPECT_EQ(segmentsOf(769, 2048, 768).back(), (TokenRange{768, 769})); // as short as the text leaves it
  EXPECT_TRUE(segmentsOf(0, 2048, 768).empty());
}

TEST(Segments, TakeTheirSizesFromTheWindow) {
  const SegmentSizes paper = SegmentSizes::forWindow(7800), small = SegmentSizes::forWindow(2048);
  EXPECT_EQ(paper.segment, 2048);
  EXPECT_EQ(paper.offset, 768);
  EXPECT_EQ(paper.context, 4096);
  EXPECT_EQ(SegmentSizes::forWindow(32768).segment, 2048);
  EXPECT_EQ(small.segment, 512);
  EXPECT_EQ(small.offset, 192);
  EXPECT_EQ(small.context, 2048 * 4096 / 7800);
}

TEST(Context, IsAPieceOfTheBeginningAndOneOfTheEnd) {
  bool differs = false;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const ContextPieces pieces = drawContext(10000, 400, seed);
    EXPECT_EQ(pieces.head.size() + pieces.tail.size(), 400);
    EXPECT_GE(pieces.head.size(), 1);
    EXPECT_GE(pieces.head.begin, 0);
    EXPECT_LE(pieces.head.end, 400);
    EXPECT_GE(pieces.tail.size(), 1);
    EXPECT_GE(pieces.tail.begin, 9600);
    EXPECT_LE(pieces.tail.end, 10000);
    EXPECT_EQ(drawContext(10000, 400, seed).head, pieces.head);
    differs = differs || !(drawContext(10000, 400, 0).head == pieces.head);
    const ContextPieces little = drawContext(50, 400, seed); // a short text shortens it
    for (TokenRange range : {little.head, little.tail}) {
      EXPECT_LE(0, range.begin);
      EXPECT_LE(range.begin, range.end);
      EXPECT_LE(range.end, 50);
    }
  }
  EXPECT_TRUE(differs);
}

TEST(Sentences, HoldEveryWordOfTheText) {
  const std::string text = "One is here.  Two\nis \"there.\" Mr. Poe met J. Doe; three: four\n\nA heading\n\nIs it 3.5? No! end without mark";
  const std::vector<std::string> sentences = sentencesOf(text);
  EXPECT_EQ(sentences, (std::vector<std::string>{"One is here.", "Two is \"there.\"", "Mr. Poe met J. Doe;", "three:", "four", "A heading",
                                                 "Is it 3.5?", "No!", "end without mark"}));
  std::string lengthy;
  for (int i = 0; i < 400; ++i)
    lengthy += "word" + std::to_string(i) + (i % 30 == 29 ? ", " : " ");
  size_t words = 0;
  for (const std::string &sentence : sentencesOf(lengthy)) {
    EXPECT_LE(sentence.size(), 400u);
    words += wordsOf(sentence).size();
  }
  EXPECT_EQ(words, 400u);
  EXPECT_TRUE(sentencesOf(" \n ").empty());
  EXPECT_EQ(sentencesOf(std::string(1000, 'x')).front().size(), 1000u); // nowhere to cut
}

TEST(Questions, TurnSentencesRound) {
  const std::pair<const char *, std::pair<const char *, const char *>> cases[] = {
      {"The colour of the old gate is dark green.", {"What is the colour of the old gate?", "dark green"}},
      {"And the name of the third river is Hiddekel:", {"What is the name of the third river?", "Hiddekel"}},
      {"The key was under the mat.", {"Where was the key?", "under the mat"}},
      {"The chest of Ilsa has the number 4711.", {"What number does the chest of Ilsa have?", "4711"}},
      {"Ilsa Brandt was given the medal 17.", {"Which medal was Ilsa Brandt given?", "17"}},
      {"Ilsa lives at mill number 12.", {"At which mill number does Ilsa live?", "12"}},
      {"Ilsa walked to Harfield.", {"To whom did Ilsa walk?", "Harfield"}},
      {"Ilsa moved in 1871.", {"In which year did Ilsa move?", "1871"}},
      {"Irad begat Mehujael.", {"What did Irad beget?", "Mehujael"}},
      {"Ilsa carries the flag 9.", {"What flag does Ilsa carry?", "9"}},
      {"Ilsa stopped at post number 3.", {"At which post number did Ilsa stop?", "3"}},
  };
  for (const auto &[sentence, expected] : cases) {
    auto question = questionOf(sentence);
    ASSERT_TRUE(question) << sentence;
    EXPECT_EQ(question->question, expected.first) << sentence;
    EXPECT_EQ(question->answer, expected.second) << sentence;
  }
  for (const char *sentence : {"It is late.", "There was light.", "He has the number 3.", "Go home!", "", "is", "Nobody, it is said, is here.",
                               "When the sun was low, they left.", "The man is not here."})
    EXPECT_FALSE(questionOf(sentence)) << sentence << " " << questionOf(sentence)->question;
}

TEST(SelfQuestions, AreAboutWhatStandsInTheSentence) {
  EXPECT_EQ(answerOf("In 1871 the mill of Harfield burnt down."), "1871");
  EXPECT_EQ(answerOf("There stood the mill of Harfield."), "Harfield");
  EXPECT_EQ(answerOf("All went home."), "");
  const std::string_view sentence = "The mill of Harfield was sold to Ilsa Brandt.";
  EXPECT_EQ(usableQuestion(" To whom was the mill of Harfield sold?\n\nSentence:", sentence, "Ilsa"), "To whom was the mill of Harfield sold?");
  for (const char *reply : {" Was it sold to Ilsa at Harfield?", " Who bought it?", " What is\nthe mill of Harfield?", " the mill of Harfield", "", "?"})
    EXPECT_FALSE(usableQuestion(reply, sentence, "Ilsa")) << reply;
}

TEST(Answers, AreComparedByTheirWords) {
  EXPECT_TRUE(answersRightly(" 41,793.\nmore", "41793"));
  EXPECT_TRUE(answersRightly("\n The Dark  green gate", "dark green"));
  EXPECT_FALSE(answersRightly("417930", "41793")); // another number
  EXPECT_FALSE(answersRightly("no\n41793", "41793")); // not in the first line
  EXPECT_FALSE(answersRightly("anything", " ."));
}

Tokenizer makeTokenizer(bool addBos) {
  auto model = readVocabulary(LONGC_SOURCE_DIR "/test/golden/tokenizer_small_vocabulary.txt");
  for (const char *token : {"<end>", "<begin>"}) {
    model->tokens.push_back(token);
    model->tokenTypes.resize(model->tokens.size(), 1);
    model->tokenTypes.back() = 3;
  }
  model->eosId = static_cast<int32_t>(model->tokens.size()) - 2;
  model->bosId = model->eosId + 1;
  model->stopIds = {model->eosId};
  model->addBos = addBos;
  auto tokenizer = Tokenizer::create(std::move(*model));
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().text();
  return std::move(*tokenizer);
}

std::string text() {
  std::string out;
  for (int i = 0; i < 40; ++i)
    out += "The code of gate " + std::to_string(i) + " is " + std::to_string(100 + i) + ". Then all went home as they had come, and the night fell. ";
  return out;
}

std::string targets(const Tokenizer &tokenizer, const Sample &row) {
  std::string spelt;
  for (size_t t = 0; t < row.tokens.size(); ++t)
    if (row.weights[t] != 0)
      spelt += tokenizer.bytes(row.tokens[t]);
  return spelt;
}

std::string whole(const Tokenizer &tokenizer, const Sample &row) { return *tokenizer.decode(row.tokens, false); }

LiftRows rowsOf(const Tokenizer &tokenizer, LiftPlan plan, const std::vector<LiftQuestion> &given = {}) {
  auto rows = LiftRows::create(tokenizer, "'a text'", "gates", text(), given, plan);
  EXPECT_TRUE(rows.ok()) << rows.status().text();
  return std::move(*rows);
}

TEST(Rows, OfQuestionsHoldAllOfTheText) {
  for (bool addBos : {false, true}) {
    const Tokenizer tokenizer = makeTokenizer(addBos);
    const LiftRows rows = rowsOf(tokenizer, LiftPlan::of(LiftRecipe::qa, 2048, 1));
    EXPECT_EQ(rows.counts().questions, 40);
    EXPECT_EQ(rows.counts().sentences, 80);
    EXPECT_GT(rows.counts().shares, 1);
    EXPECT_FALSE(rows.readsAll(rows.counts().shares - 1));
    EXPECT_TRUE(rows.readsAll(rows.counts().shares));
    std::string read;
    for (int64_t epoch = 0; epoch < rows.counts().shares; ++epoch) {
      int64_t asked = 0;
      for (const Sample &row : rows.ofEpoch(epoch)) {
        EXPECT_EQ(row.tokens.size(), row.weights.size());
        EXPECT_EQ(row.tokens.back(), tokenizer.eosId());
        EXPECT_EQ(row.tokens.front() == tokenizer.bosId(), addBos);
        EXPECT_LE(row.size(), 2048);
        const std::string spelt = whole(tokenizer, row);
        for (size_t at = 0; (at = spelt.find("Question: What is the code of gate", at)) != std::string::npos; ++at)
          ++asked;
        if (spelt.find("What is") == std::string::npos)
          read += targets(tokenizer, row);
      }
      EXPECT_EQ(asked, 40);
    }
    for (const std::string &sentence : sentencesOf(text()))
      EXPECT_NE(read.find(" " + sentence), std::string::npos) << sentence;
  }
}

TEST(Rows, AnswersAloneAreLearnt) {
  const Tokenizer tokenizer = makeTokenizer(false);
  const LiftRows rows = rowsOf(tokenizer, LiftPlan::of(LiftRecipe::qa, 2048, 1), {{"Who came?", "the queen"}});
  EXPECT_EQ(rows.counts().questions, 1);
  const Sample row = rows.ofEpoch(0).back();
  EXPECT_EQ(whole(tokenizer, row), "Question: Who came?\nAnswer: the queen<end>");
  EXPECT_EQ(targets(tokenizer, row), " the queen<end>");
}

TEST(Rows, OfSegmentsStandBehindOneContext) {
  const Tokenizer tokenizer = makeTokenizer(true);
  const LiftPlan plan = LiftPlan::published(512, 7);
  const LiftRows rows = rowsOf(tokenizer, plan, {{"Who came?", "the queen"}});
  const std::vector<int32_t> ids = tokenizer.encode("gates\n" + text(), false);
  const auto segments = segmentsOf(static_cast<int64_t>(ids.size()), plan.sizes().segment, plan.sizes().offset);
  const std::vector<Sample> alone = rows.ofEpoch(0), later = rows.ofEpoch(plan.segmentEpochs);
  ASSERT_EQ(alone.size(), segments.size());
  ASSERT_EQ(later.size(), segments.size() + 1);
  std::vector<int32_t> context;
  for (size_t i = 0; i < alone.size(); ++i) {
    const Sample &row = alone[i];
    const auto size = static_cast<size_t>(segments[i].size());
    EXPECT_EQ(row.targets(), segments[i].size()); // all of a segment, and nothing else
    EXPECT_EQ(std::vector<int32_t>(row.tokens.end() - static_cast<std::ptrdiff_t>(size), row.tokens.end()),
              std::vector<int32_t>(ids.begin() + segments[i].begin, ids.begin() + segments[i].end));
    std::vector<int32_t> before(row.tokens.begin(), row.tokens.end() - static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(i == 0 || before == context);
    context = before;
    EXPECT_LE(row.size(), plan.window);
  }
  const std::string spelt = *tokenizer.decode(context, false);
  EXPECT_TRUE(spelt.ends_with("Given above context, please recite following segment of the context: \n\n\n")) << spelt;
  EXPECT_NE(spelt.find("..."), std::string::npos);
  const std::string asked = whole(tokenizer, later.back());
  EXPECT_TRUE(asked.starts_with("<begin>The article gates: \n")) << asked;
  EXPECT_TRUE(asked.ends_with("Question: Who came?\nAnswer: the queen<end>")) << asked;
  EXPECT_LE(later.back().size(), plan.window);
  EXPECT_GE(later.back().size(), plan.window - 2);
}

// The same rows, whose context stands once: two at least, more where they fit.
TEST(Rows, OfSegmentsShareTheirContext) {
  const Tokenizer tokenizer = makeTokenizer(true);
  const LiftPlan plan = LiftPlan::published(512, 7);
  LiftRows rows = rowsOf(tokenizer, plan, {{"Who came?", "the queen"}});
  const std::vector<Sample> apart = rows.ofEpoch(plan.segmentEpochs);
  for (const int64_t most : {0, 1000}) {
    rows.shareContext(most);
    const std::vector<Sample> shared = rows.ofEpoch(plan.segmentEpochs);
    size_t row = 0;
    for (const Sample &sample : shared) {
      EXPECT_TRUE(sample.branches.size() <= 2 || sample.size() <= most);
      EXPECT_EQ(sample.tokens.size(), sample.weights.size());
      std::vector<int64_t> ends(sample.branches.begin(), sample.branches.end());
      ends.push_back(sample.size());
      const auto begin = sample.tokens.begin();
      for (size_t i = 0; i + 1 < ends.size(); ++i, ++row) { // a branch behind what it shares is the row
        std::vector<int32_t> whole(begin, begin + ends[0]);
        whole.insert(whole.end(), begin + ends[i], begin + ends[i + 1]);
        EXPECT_EQ(whole, apart[row].tokens) << row;
      }
      if (sample.branches.empty())
        EXPECT_EQ(sample.tokens, apart[row++].tokens);
    }
    EXPECT_EQ(row, apart.size());
    auto targets = [](const std::vector<Sample> &all) {
      return std::accumulate(all.begin(), all.end(), int64_t(0), [](int64_t sum, const Sample &one) { return sum + one.targets(); });
    };
    EXPECT_EQ(targets(shared), targets(apart));
    EXPECT_EQ(shared.size() < (apart.size() + 1) / 2, most > 0);
  }
}

// In a pass half of the questions stand alone, the others in rows half of which are text; over the passes each stands there.
TEST(Rows, OfQuestionsStandBesideTheText) {
  const Tokenizer tokenizer = makeTokenizer(true);
  const LiftPlan plan = LiftPlan::of(LiftRecipe::qa, 512, 3);
  const LiftRows rows = rowsOf(tokenizer, plan);
  std::set<std::string> beside;
  for (int64_t epoch = 0; epoch < 12; ++epoch) {
    std::set<std::string> here;
    for (const Sample &row : rows.ofEpoch(epoch)) {
      const std::string spelt = whole(tokenizer, row);
      if (!spelt.starts_with("<begin>The article gates: \n"))
        continue;
      EXPECT_LE(row.size(), plan.window);
      const size_t first = spelt.find("Question: ");
      EXPECT_TRUE(spelt.substr(0, first).ends_with("...") || spelt.substr(0, first).ends_with("based on gates.\n")) << spelt;
      EXPECT_EQ(targets(tokenizer, row).find("gate"), std::string::npos); // answers alone
      for (size_t at = first; at != std::string::npos; at = spelt.find("Question: ", at + 1))
        here.insert(spelt.substr(at, spelt.find("<end>", at) - at));
    }
    EXPECT_EQ(here.size(), 20u);
    beside.insert(here.begin(), here.end());
  }
  EXPECT_EQ(beside.size(), 40u);
}

TEST(Rows, AreMostlyQuestions) {
  const Tokenizer tokenizer = makeTokenizer(false);
  const LiftPlan plan = LiftPlan::of(LiftRecipe::qa, 512, 3);
  const LiftRows rows = rowsOf(tokenizer, plan);
  int64_t text = 0, asked = 0;
  for (int64_t epoch = 0; epoch < rows.counts().shares; ++epoch)
    for (const Sample &row : rows.ofEpoch(epoch)) {
      const std::string spelt = whole(tokenizer, row);
      (spelt.find("What is the code") == std::string::npos ? text : asked) += row.size();
      if (spelt.starts_with("The article")) // an eighth of the window
        EXPECT_LE(tokenizer.encode(spelt.substr(0, spelt.find("Question: ")), false).size(), 512u / 8 + 2);
    }
  EXPECT_LE(text, asked * plan.textPart * 1.5);
  EXPECT_GE(text, asked * plan.textPart * 0.7);
}

TEST(Plans, AreLongerWhereStepsArePassesAndForGatedMemory) {
  LiftPlan plan = LiftPlan::of(LiftRecipe::qa, 512, 3), gpu = plan, gated = plan, published = LiftPlan::published(512, 3);
  gpu.adaptToPasses();
  EXPECT_EQ(gpu.epochs, 2 * plan.epochs);
  EXPECT_DOUBLE_EQ(gpu.rate, 1.5 * plan.rate);
  EXPECT_EQ(gpu.otherRows, 0);
  gated.adaptToGatedMemory();
  EXPECT_EQ(gated.epochs, plan.epochs * 5 / 2);
  EXPECT_EQ(gated.rate, plan.rate);
  EXPECT_GT(gated.otherRows, 0);
  published.adaptToPasses(); // stays
  published.adaptToGatedMemory();
  EXPECT_EQ(published.epochs, 8);
  EXPECT_EQ(published.rate, 1e-3);
  EXPECT_EQ(published.otherRows, 0);
}

// Names for names, the same for the same; other numbers; answers stand in the text, and are not those of the text itself.
TEST(OtherTexts, SayWhatTheTextDoesNot) {
  const std::vector<std::string> sentences = sentencesOf("It was late. The chest of Ilsa Brandt has the number 4711. Then night fell. Orin Vale lives at mill number 12. Mira Stone was given the medal 30517.");
  const OtherTexts others(sentences);
  ASSERT_TRUE(others.canMake());
  std::set<std::string> texts, answers;
  for (uint64_t number = 0; number < 20; ++number) {
    const OtherText other = others.make(5, number, 3);
    EXPECT_EQ(other.text, others.make(5, number, 3).text);
    texts.insert(other.text);
    ASSERT_EQ(other.questions.size(), 3u);
    for (const LiftQuestion &question : other.questions) {
      EXPECT_NE(other.text.find(question.answer), std::string::npos) << question.answer << " in " << other.text;
      EXPECT_FALSE(answersRightly(question.answer, "4711") || answersRightly(question.answer, "12") || answersRightly(question.answer, "30517")) << question.answer;
      answers.insert(question.answer);
    }
    EXPECT_NE(other.text.find("It was late."), std::string::npos) << other.text; // what stands before is there, once
    EXPECT_EQ(other.text.find("It was late."), other.text.rfind("It was late."));
    for (const std::string &sentence : sentences)
      EXPECT_EQ(other.text.find(sentence) == std::string::npos, questionOf(sentence).has_value()) << sentence << " in " << other.text;
  }
  EXPECT_GE(texts.size(), 20u);
  EXPECT_GE(answers.size(), 40u);
  EXPECT_NE(others.make(6, 0, 3).text, others.make(5, 0, 3).text);
  EXPECT_FALSE(OtherTexts(sentencesOf("The gate is dark green. Then all went home.")).canMake());
}

// Behind each such row's text stand questions that it answers; without the plan's word for it there is none.
TEST(Rows, AskAboutOtherTexts) {
  const Tokenizer tokenizer = makeTokenizer(true);
  for (LiftRecipe recipe : {LiftRecipe::qa, LiftRecipe::gm}) {
    LiftPlan plan = LiftPlan::of(recipe, 512, 3);
    const LiftRows without = rowsOf(tokenizer, plan);
    plan.otherRows = 2;
    const LiftRows rows = rowsOf(tokenizer, plan);
    for (int64_t epoch = plan.segmentEpochs; epoch < plan.segmentEpochs + 6; ++epoch) {
      const std::vector<Sample> all = rows.ofEpoch(epoch), own = without.ofEpoch(epoch);
      ASSERT_EQ(all.size(), own.size() + 2);
      for (size_t i = 0; i < own.size(); ++i) {
        EXPECT_EQ(all[i].tokens, own[i].tokens);
        EXPECT_FALSE(all[i].countsGates);
      }
      for (size_t i = own.size(); i < all.size(); ++i) {
        const std::string spelt = whole(tokenizer, all[i]), before = spelt.substr(0, spelt.find("Question: "));
        EXPECT_TRUE(before.starts_with("<begin>The article gates: \n") && before.ends_with("based on gates.\n")) << spelt;
        EXPECT_LE(all[i].size(), plan.window);
        EXPECT_TRUE(all[i].countsGates);
        const std::string asked = spelt.substr(before.size());
        size_t answers = 0;
        for (size_t at = 0; (at = asked.find("What is the code of gate ", at)) != std::string::npos; ++at, ++answers) {
          const std::string gate = asked.substr(at + 8, asked.find('?', at) - at - 8);
          const size_t answer = asked.find("Answer: ", at) + 8;
          const std::string sentence = "The" + gate.substr(3) + " is " + asked.substr(answer, asked.find("<end>", answer) - answer) + ".";
          EXPECT_NE(before.find(sentence), std::string::npos) << sentence << " in " << before;
        }
        EXPECT_GE(answers, 1u);
      }
    }
    EXPECT_EQ(rows.ofEpoch(0).size() == without.ofEpoch(0).size(), recipe == LiftRecipe::gm); // its first passes are of segments alone
  }
}

/// A model that takes as long as it is told to, a token.
class SlowStep final : public TrainStep {
public:
  SlowStep() { list_.add("layers.0.w", {2, 2}, Beginning::zeros); }

  const ParameterList &parameters() const override { return list_; }
  ThreadPool &pool() override { return *pool_; }
  Result<double> loss(const TrainBatch &, const ParameterArray &) override { return 1.0; }
  Result<double> lossAndGradients(const TrainBatch &batch, const ParameterArray &, ParameterArray &) override {
    calls.push_back(batch.size());
    std::this_thread::sleep_for(perToken * batch.size());
    return 1.0;
  }
  Result<double> loss(const TrainBatch &, const HeldTraining &) override { return 1.0; }
  Result<double> lossAndGradients(const TrainBatch &, HeldTraining &) override { return 1.0; }

  std::chrono::nanoseconds perToken{0};
  std::vector<int64_t> calls;

private:
  ParameterList list_;
  std::unique_ptr<ThreadPool> pool_ = std::move(*ThreadPool::create(1));
};

// By calls of a quarter of it at the most; where there is time enough one of a sixteenth says so.
TEST(Fitting, RefusesABudgetBeforeAStepThatIsLonger) {
  const Tokenizer tokenizer = makeTokenizer(false);
  LiftPlan plan = LiftPlan::published(512, 7);
  plan.train.batch.batch = INT32_MAX;
  plan.train.callTokens = INT32_MAX;
  plan.epochs = 2;
  const LiftRows rows = rowsOf(tokenizer, plan, {{"Who came?", "the queen"}});
  int64_t tokens = 0;
  for (const Sample &row : rows.ofEpoch(0))
    tokens += row.size();
  for (const bool enough : {false, true}) {
    SlowStep model;
    model.perToken = std::chrono::nanoseconds(enough ? 0 : std::nano::den * 2 / 5 / tokens); // a step of 0.4 s
    auto trainer = Trainer::create(model, {}, plan.train);
    ASSERT_TRUE(trainer.ok());
    LiftFitOptions options;
    options.seconds = enough ? 1e6 : 0.25;
    auto result = fitText(*trainer, model, rows, plan, options);
    EXPECT_EQ(result.ok(), enough) << result.status().text();
    if (enough) {
      ASSERT_EQ(model.calls.size(), 3u);
      EXPECT_EQ(model.calls[0], std::min<int64_t>(256, tokens / 16));
      EXPECT_EQ(model.calls[1], tokens);
      continue;
    }
    EXPECT_EQ(result.status().code(), budgetTooShort);
    for (int64_t call : model.calls)
      EXPECT_LE(call, tokens / 4);
    EXPECT_EQ(trainer->state().step, 0);
  }
  SlowStep model;
  auto trainer = Trainer::create(model, {}, plan.train);
  ASSERT_TRUE(trainer.ok());
  LiftFitOptions options;
  options.seconds = 1e6;
  options.stop = [] { return true; };
  EXPECT_EQ(fitText(*trainer, model, rows, plan, options).status().code(), cancelledCode);
  EXPECT_TRUE(model.calls.empty());
}

TEST(Rows, RefuseWhatIsTooShort) {
  const Tokenizer tokenizer = makeTokenizer(false);
  auto rows = LiftRows::create(tokenizer, "'a text'", "t", "only a few words", {}, LiftPlan::of(LiftRecipe::qa, 2048, 0));
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.status().code(), textTooShort);
  EXPECT_NE(rows.status().message().find("'a text'"), std::string::npos);
}

} // namespace
