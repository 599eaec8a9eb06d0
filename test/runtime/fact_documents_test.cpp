// Documents of invented facts: the same again, with other people to learn from than to be judged by.
#include "runtime/e2llm/FactDocuments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace longc {
namespace {

// Whom "The neighbour of A B is C D." names.
std::set<std::string> neighboursIn(const FactDocument &document) {
  constexpr std::string_view form = "The neighbour of ";
  std::set<std::string> people;
  for (size_t place = document.text.find(form); place != std::string::npos; place = document.text.find(form, place + 1)) {
    const size_t name = place + form.size(), is = document.text.find(" is ", name), dot = document.text.find('.', is);
    people.insert(document.text.substr(name, is - name));
    people.insert(document.text.substr(is + 4, dot - is - 4));
  }
  return people;
}

TEST(FactDocuments, AreTheSameAgain) {
  const FactDocument one = makeFactDocument(7, 3, 8, People::learnt), again = makeFactDocument(7, 3, 8, People::learnt);
  EXPECT_EQ(one.text, again.text);
  EXPECT_EQ(one.questions.size(), 9u); // one of two facts
  EXPECT_NE(one.text, makeFactDocument(7, 4, 8, People::learnt).text);
  EXPECT_NE(one.text, makeFactDocument(8, 3, 8, People::learnt).text);
}

TEST(FactDocuments, AreJudgedByPeopleThatNobodyLearntOf) {
  std::set<std::string> learnt, judged;
  for (int64_t number = 0; number < 20; ++number) {
    learnt.merge(neighboursIn(makeFactDocument(1, number, mostFactsOfDocument, People::learnt)));
    judged.merge(neighboursIn(makeFactDocument(1, number, mostFactsOfDocument, People::judged)));
  }
  EXPECT_GT(learnt.size(), 1500u);
  EXPECT_GT(judged.size(), 1000u);
  for (const std::string &name : judged)
    EXPECT_FALSE(learnt.contains(name)) << name;
}

TEST(FactDocuments, TellEveryAnswerButThatOfANeighbour) {
  const FactDocument document = makeFactDocument(2, 0, 40, People::judged);
  for (const FactQuestion &question : document.questions)
    EXPECT_NE(document.text.find(" " + question.answer + "."), std::string::npos) << question.question;
}

TEST(FactDocuments, AreALineAFactWithoutFillers) {
  const FactDocument document = makeFactDocument(5, 0, 7, People::learnt, {.sentences = 0});
  EXPECT_EQ(std::ranges::count(document.text, '\n'), 7);
  EXPECT_EQ(std::ranges::count(document.text, '.'), 7);
}

TEST(FactDocuments, ToldApartByPeopleAloneAreOfOneKindAndHalfOfThemAskedAbout) {
  size_t ofPeople = 0, namesakes = 0;
  for (int64_t number = 0; number < 60; ++number) {
    const FactDocument document = makeFactDocument(4, number, 8, People::learnt, {.sentences = 0}, FactKind::alike);
    EXPECT_EQ(document.questions.size(), 4u);
    std::set<std::string> kinds, firstNames, answers;
    for (size_t begin = 0; begin < document.text.size();) {
      const size_t end = document.text.find('\n', begin), of = document.text.find(" of ", begin) + 4;
      kinds.insert(document.text.substr(begin, of - begin));
      firstNames.insert(document.text.substr(of, document.text.find(' ', of) - of));
      begin = end + 1;
    }
    EXPECT_EQ(kinds.size(), 1u) << document.text;
    namesakes += firstNames.size() <= 6;
    for (const FactQuestion &question : document.questions) {
      answers.insert(question.answer);
      ofPeople += question.question.starts_with("Whose");
      EXPECT_NE(document.text.find(question.answer), std::string::npos) << question.question;
    }
    EXPECT_EQ(answers.size(), 4u) << document.text;
  }
  EXPECT_GT(ofPeople, 10u);
  EXPECT_LT(ofPeople, 60u);
  EXPECT_GT(namesakes, 10u);
  EXPECT_LT(namesakes, 50u);
}

TEST(FactDocuments, StandBetweenPassagesThatFollowOneAnother) {
  std::string text;
  for (int line = 0; line < 60; ++line)
    text += "This is line " + std::to_string(line) + " of a text that tells of nothing but its own lines. ";
  const std::vector<std::string_view> passages = passagesOf(text);
  ASSERT_GT(passages.size(), 5u);
  const FactDocument document = makeFactDocument(3, 0, 4, People::learnt, {.passages = passages});
  for (const FactQuestion &question : document.questions)
    EXPECT_NE(document.text.find(" " + question.answer + ". "), std::string::npos) << question.question;
  int found = 0;
  for (std::string_view passage : passages)
    found += document.text.find(passage) != std::string::npos;
  EXPECT_EQ(found, 4);
  EXPECT_TRUE(passagesOf(" \n ").empty());
}

TEST(FactDocuments, AnswersAreRightWhateverStandsAroundThem) {
  EXPECT_TRUE(answersRightly("\n The Paris.\nOslo", "paris"));
  EXPECT_TRUE(answersRightly("It is Paris!", "Paris"));
  EXPECT_FALSE(answersRightly("Oslo\nParis", "Paris"));
  EXPECT_FALSE(answersRightly("Parisian", "Paris"));
  EXPECT_FALSE(answersRightly("", "Paris"));
}

} // namespace
} // namespace longc
