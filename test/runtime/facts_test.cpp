// Facts: about different names, told and asked alike, planted whole in a text that is otherwise as it was.
#include "runtime/train/Facts.h"

#include <gtest/gtest.h>
#include <set>

namespace longc {
namespace {

TEST(Facts, AreToldAndAskedAlike) {
  std::set<std::string> questions;
  for (const Fact &fact : makeFacts(5000, 3)) {
    EXPECT_TRUE(questions.insert(fact.question).second) << fact.question;
    EXPECT_EQ(fact.answer.size(), 5u);
    EXPECT_NE(fact.sentence.find(fact.answer), std::string::npos);
    EXPECT_EQ(fact.question.find(fact.answer), std::string::npos);
    for (const char *words : {"pass key", "grass is green"})
      EXPECT_EQ((fact.sentence + fact.question).find(words), std::string::npos);
    EXPECT_EQ(fact.sentence.find_first_of("#$"), std::string::npos);
  }
}

TEST(Facts, ChainsAnswerOnlyTogether) {
  std::set<std::string> names;
  for (const FactChain &chain : makeFactChains(1000, 3)) {
    const std::string &other = chain.link.answer;
    EXPECT_NE(chain.fact.sentence.find(" " + other + " "), std::string::npos) << chain.fact.sentence;
    EXPECT_EQ(chain.asked.answer, chain.fact.answer);
    EXPECT_EQ(chain.asked.question.find(other), std::string::npos) << chain.asked.question;
    const std::string one = chain.link.sentence.substr(0, chain.link.sentence.find(" is looked after by "));
    EXPECT_NE(chain.asked.question.find(" " + one + "?"), std::string::npos) << chain.asked.question;
    EXPECT_TRUE(names.insert(one).second && names.insert(other).second);
  }
}

TEST(Facts, FollowTheSeed) {
  EXPECT_EQ(makeFacts(20, 3)[19].sentence, makeFacts(30, 3)[19].sentence);
  EXPECT_NE(makeFacts(20, 3)[19].sentence, makeFacts(20, 4)[19].sentence);
}

TEST(Facts, StandBehindSentences) {
  std::string text;
  for (int i = 0; i < 300; ++i)
    text += "Sentence number " + std::to_string(i) + (i % 3 ? " is a short one. " : " asks something, does it not?\n");
  for (const std::string &some : {text, std::string("no end of a sentence at all"), std::string()}) {
    const std::vector<Fact> facts = makeFacts(12, 9);
    std::string planted = plantFacts(some, facts, 9);
    size_t last = 0;
    for (const Fact &fact : facts) {
      size_t place = planted.find(fact.sentence, last);
      ASSERT_NE(place, std::string::npos) << fact.sentence;
      if (some == text) {
        EXPECT_NE(std::string(".?").find(planted[place - 2]), std::string::npos) << planted.substr(place - 20, 40);
      }
      last = place > 0 ? place - 1 : place; // with the blank before it
      planted.erase(last, fact.sentence.size() + (place > 0));
    }
    EXPECT_EQ(planted, some);
  }
  const std::string spread = plantFacts(text, makeFacts(4, 1), 1);
  for (int quarter = 0; quarter < 4; ++quarter) // one fact in each quarter
    EXPECT_LT(spread.find(makeFacts(4, 1)[static_cast<size_t>(quarter)].sentence), spread.size() * (quarter + 1.2) / 4);
}

} // namespace
} // namespace longc
