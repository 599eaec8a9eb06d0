// Tests runtime/text/SplitPattern.cpp and TranslatePattern.cpp: patterns of Ruby's syntax find in PCRE2 what they mean there, or are
// refused; what cannot end soon is given up.
#include "runtime/text/SplitPattern.h"
#include "runtime/text/TranslatePattern.h"

#include <gtest/gtest.h>

using namespace longc;

namespace {

std::vector<std::string> words(const SplitRule &rule, std::string_view text) {
  Result<SplitPattern> pattern = SplitPattern::create(rule);
  EXPECT_TRUE(pattern.ok()) << pattern.status().text();
  std::vector<std::string_view> found;
  SplitSearch search;
  if (pattern.ok())
    pattern->split(text, search, found);
  return {found.begin(), found.end()};
}

using Words = std::vector<std::string>;

} // namespace

TEST(SplitPattern, intervalsRepeatInsteadOfHoldingOn) {
  EXPECT_EQ(words({R"(\d{1,3}+1)"}, "12345671"), (Words{"12345671"})) << "it gives back what the rest needs";
  EXPECT_EQ(words({R"((?:ab|\h){2}+)"}, "xababf0y"), (Words{"x", "ababf0", "y"}));
  EXPECT_EQ(words({"a{,2}b"}, "aaab"), (Words{"a", "aab"}));
}

TEST(SplitPattern, classesAndEscapesMeanWhatTheyMeanInRuby) {
  EXPECT_EQ(words({R"(\h+)"}, "xFF g"), (Words{"x", "FF", " g"}));
  EXPECT_EQ(words({R"([\h-]+)"}, "x-a h"), (Words{"x", "-a", " h"}));
  EXPECT_EQ(words({R"(\w+)"}, "e\u0301_\u203f \u0664"), (Words{"e\u0301_\u203f", " ", "\u0664"})) << "marks, connectors, digits";
  EXPECT_EQ(words({R"(\bthe\b)"}, "the bathe the\u0301"), (Words{"the", " bathe the\u0301"}));
  EXPECT_EQ(words({R"(\v)"}, "a\x0b\nb"), (Words{"a", "\x0b", "\nb"}));
  EXPECT_EQ(words({R"(^b.)"}, "bb\nba\n"), (Words{"bb", "\n", "ba", "\n"})) << "at every line";
  EXPECT_EQ(words({R"(\u3042)"}, "x\u3042"), (Words{"x", "\u3042"}));
  EXPECT_EQ(words({R"((?i:S))"}, "a\u017fb"), (Words{"a", "\u017f", "b"}));
}

TEST(SplitPattern, categoriesHoldWhatCameAfterTheLibrary) {
  const std::string digit = "\U00010d40", letter = "\U00010d50"; // of Unicode 16
  EXPECT_EQ(words({R"(\p{N})"}, "a" + digit + letter), (Words{"a", digit, letter}));
  EXPECT_EQ(words({R"([^\s\p{L}]+)"}, letter + digit + "1"), (Words{letter, digit + "1"}));
  EXPECT_EQ(words({R"(\P{N}+)"}, digit + letter + "b"), (Words{digit, letter + "b"}));
  EXPECT_EQ(words({R"(\w+)"}, letter + digit + " " + digit), (Words{letter + digit, " ", digit}));
  EXPECT_EQ(words({R"(\d)"}, "x" + digit), (Words{"x", digit}));
}

TEST(SplitPattern, whatBecomesOfMatches) {
  std::string text = "--a-b--";
  EXPECT_EQ(words({"-"}, text), (Words{"-", "-", "a", "-", "b", "-", "-"}));
  EXPECT_EQ(words({"-", SplitBehavior::Removed}, text), (Words{"a", "b"}));
  EXPECT_EQ(words({"-", SplitBehavior::MergedWithPrevious}, text), (Words{"-", "-", "a-", "b-", "-"}));
  EXPECT_EQ(words({"-", SplitBehavior::MergedWithNext}, text), (Words{"-", "-a", "-b", "-", "-"}));
  EXPECT_EQ(words({"-", SplitBehavior::Contiguous}, text), (Words{"--", "a", "-", "b", "--"}));
  EXPECT_EQ(words({"-", SplitBehavior::Removed, /*inverted=*/true}, text), (Words{"-", "-", "-", "-", "-"}));
}

TEST(SplitPattern, bytesThatAreNoUtf8AreKept) {
  EXPECT_EQ(words({"a"}, "\xff""a\xe6\xb0"), (Words{"\xff", "a", "\xe6\xb0"}));
}

TEST(SplitPattern, aSearchWithoutEndIsGivenUp) {
  std::string text = "ab " + std::string(5000, 'a');
  EXPECT_EQ(words({"ab|(?:a|a)+c"}, text), (Words{"ab", text.substr(2)}));
}

TEST(SplitPattern, whatMeansSomethingElseIsRefused) {
  for (const char *pattern : {"[a[bc]]", "[a&&b]", "[[:alpha:]]", "a(?i)b|c", "(?m:.)", "(?<n>a)\\k<n>", "\\Ka", "\\R", "\\pL", "a{2}?", "a{x}",
                              "[\\W]", "\\y", "[]a]", "(?x: a)", "\\u12"}) {
    Result<SplitPattern> made = SplitPattern::create({pattern});
    ASSERT_FALSE(made.ok()) << pattern;
    EXPECT_EQ(made.status().code(), SplitPattern::badPattern) << pattern;
    EXPECT_NE(made.status().message().find("not supported"), std::string::npos) << made.status().message();
  }
  for (const auto &[pattern, what] : {std::pair("(a", "is not understood"), std::pair("a*", "matches where nothing is"),
                                      std::pair("\\p{Nobody}", "is not understood")}) {
    Result<SplitPattern> made = SplitPattern::create({pattern});
    ASSERT_FALSE(made.ok()) << pattern;
    EXPECT_NE(made.status().message().find(what), std::string::npos) << made.status().message();
  }
}
