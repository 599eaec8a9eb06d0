// Tests runtime/text/AddedTokens.cpp: what Hugging Face's library finds, and what more text cannot change.
#include "test/runtime/TokenizerFiles.h"

#include "runtime/text/AddedTokens.h"

#include <gtest/gtest.h>

#include <memory>

using namespace longc;

namespace {

struct Case {
  std::string text, withControl, without;
};

struct TokenSet {
  std::vector<AddedToken> tokens;
  std::vector<Case> cases;
};

AddedToken readToken(std::istream &line) {
  std::string flags, hex;
  line >> flags >> hex;
  auto has = [&flags](char flag) { return flags.find(flag) != std::string::npos; };
  return {.text = fromHex(hex), .control = has('c'), .singleWord = has('w'), .stripLeft = has('l'), .stripRight = has('r')};
}

std::vector<TokenSet> readSets() {
  std::vector<TokenSet> sets;
  std::ifstream file(LONGC_SOURCE_DIR "/test/golden/added_tokens.txt");
  for (std::string line, word; std::getline(file, line);) {
    std::istringstream words(line);
    words >> word;
    if (word == "set") {
      sets.emplace_back();
    } else if (word == "token") {
      AddedToken token = readToken(words);
      token.id = static_cast<int32_t>(sets.back().tokens.size());
      sets.back().tokens.push_back(token);
    } else {
      Case one;
      words >> one.text >> one.withControl >> one.without;
      one.text = fromHex(one.text);
      sets.back().cases.push_back(one);
    }
  }
  return sets;
}

using Matches = std::vector<AddedTokenFinder::Match>;

Matches matchesIn(const AddedTokens &tokens, std::string_view text, bool parseControl, size_t *undecided = nullptr) {
  AddedTokenFinder finder(tokens, text, parseControl);
  Matches matches;
  while (auto match = finder.next())
    matches.push_back(*match);
  if (undecided)
    *undecided = finder.undecidedFrom();
  return matches;
}

std::string shown(const Matches &matches, size_t before = SIZE_MAX) {
  std::string all;
  for (const auto &[begin, end, id] : matches)
    if (begin < before)
      all += (all.empty() ? "" : ",") + std::to_string(begin) + "." + std::to_string(end) + "." + std::to_string(id);
  return all.empty() ? "-" : all;
}

} // namespace

TEST(AddedTokens, foundAsHuggingFaceFindsThem) {
  std::vector<TokenSet> sets = readSets();
  ASSERT_GE(sets.size(), 20u);
  size_t cases = 0;
  for (const TokenSet &set : sets) {
    AddedTokens tokens(set.tokens);
    for (const Case &one : set.cases) {
      EXPECT_EQ(shown(matchesIn(tokens, one.text, true)), one.withControl) << quoteForMessage(one.text);
      EXPECT_EQ(shown(matchesIn(tokens, one.text, false)), one.without) << quoteForMessage(one.text);
    }
    cases += set.cases.size();
  }
  EXPECT_GT(cases, 800u);
}

TEST(AddedTokens, moreTextChangesNothingBeforeWhatIsUndecided) {
  for (const TokenSet &set : readSets()) {
    AddedTokens tokens(set.tokens);
    for (const Case &one : set.cases)
      for (size_t length = 0; length <= one.text.size(); ++length) {
        size_t undecided = 0;
        Matches early = matchesIn(tokens, std::string_view(one.text).substr(0, length), true, &undecided);
        Matches late = matchesIn(tokens, one.text, true);
        ASSERT_LE(undecided, length);
        ASSERT_EQ(shown(early, undecided), shown(late, undecided)) << quoteForMessage(one.text) << " at " << length;
      }
  }
}

TEST(AddedTokens, oneFirstByteAfterAnotherIsNoWork) {
  // Every place begins a token as far as one can see without looking further.
  std::vector<AddedToken> many;
  for (int i = 0; i < 3000; ++i)
    many.push_back({.text = "<|reserved_" + std::to_string(i) + "|>", .id = i, .control = true});
  AddedTokens tokens(many);
  for (std::string unit : {"<", "<|", "<|reserved_", "<|reserved_2999|"}) {
    std::string text;
    while (text.size() < 100'000)
      text += unit;
    AddedTokenFinder finder(tokens, text, true);
    EXPECT_FALSE(finder.next());
    EXPECT_LE(finder.lookups(), 2 * text.size()) << unit;
  }
}
