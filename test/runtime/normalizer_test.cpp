// Tests runtime/text/Normalizer.cpp and what its steps are made of, on examples of Unicode's own annexes and on tables made by hand;
// the library's answers are in hf_tokenizer_test.
#include "runtime/text/NormalForm.h"
#include "runtime/text/Normalizer.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace longc;

namespace {

constexpr NormalForm nfc{.composes = true}, nfd{}, nfkc{.compatible = true, .composes = true}, nfkd{.compatible = true};

std::string apply(std::vector<TextStep> steps, std::string_view text) {
  Result<Normalizer> made = Normalizer::create(std::move(steps));
  EXPECT_TRUE(made.ok()) << made.status().text();
  return made.ok() ? made->apply(text, PartPlace::TextBegin) : "";
}

// SentencePiece's table with one entry: "a" becomes `by`.
std::string tableOfA(const std::string &by) {
  std::vector<uint32_t> units(512);
  units[0] = 256u << 10;
  units[256 ^ 'a'] = 128u << 10 | 1u << 8 | 'a';
  units[256 ^ 'a' ^ 128] = 1u << 31;
  uint32_t bytes = static_cast<uint32_t>(units.size() * 4);
  std::string table(4 + bytes, '\0');
  std::memcpy(table.data(), &bytes, 4);
  std::memcpy(table.data() + 4, units.data(), bytes);
  return table + by + '\0';
}

} // namespace

TEST(NormalForm, asInTheAnnex) {
  EXPECT_EQ(toNormalForm("\u212b", nfc), "\u00c5");
  EXPECT_EQ(toNormalForm("\u212b", nfd), "A\u030a");
  EXPECT_EQ(toNormalForm("\u1e9b\u0323", nfc), "\u1e9b\u0323");
  EXPECT_EQ(toNormalForm("\u1e9b\u0323", nfd), "\u017f\u0323\u0307");
  EXPECT_EQ(toNormalForm("\u1e9b\u0323", nfkc), "\u1e69");
  EXPECT_EQ(toNormalForm("\ufb01x\u00b2", nfkd), "fix2");
  EXPECT_EQ(toNormalForm("\ufb01", nfc), "\ufb01");
  EXPECT_EQ(toNormalForm("\ud55c\uae00", nfd), "\u1112\u1161\u11ab\u1100\u1173\u11af");
  EXPECT_EQ(toNormalForm("\u1112\u1161\u11ab\u1100\u1173", nfc), "\ud55c\uadf8");
  EXPECT_EQ(toNormalForm("\u0958", nfc), "\u0915\u093c") << "never composed";
}

TEST(NormalForm, marksAreOrderedAndBlockEachOther) {
  EXPECT_EQ(toNormalForm("a\u0301\u0323", nfd), "a\u0323\u0301");
  EXPECT_EQ(toNormalForm("a\u0301\u0323", nfc), "\u1ea1\u0301");
  EXPECT_EQ(toNormalForm("a\u0305\u0301", nfc), "a\u0305\u0301") << "a mark of the same class stands between";
  EXPECT_EQ(toNormalForm("x\u0301\u0301 e\u0301", nfc), "x\u0301\u0301 \u00e9");
  EXPECT_EQ(toNormalForm("a\xcc", nfc), "a\xcc");
  EXPECT_EQ(toNormalForm("a\xff\u0301", nfc), "a\xff\u0301") << "over a byte that is no UTF-8";
}

TEST(Normalizer, stepsOneAfterTheOther) {
  using Kind = TextStep::Kind;
  EXPECT_EQ(apply({{Kind::Clean}, {Kind::IdeographsApart}, {Kind::Nfd}, {Kind::StripNonspacing}, {Kind::Lowercase}}, "R\u00e9\x01\u00ad\tS\u6c34\ufffdx\xff"),
            "re s \u6c34 x");
  EXPECT_EQ(apply({{Kind::Lowercase}}, "\u0130\u03a3"), "i\u0307\u03c3") << "no final sigma";
  EXPECT_EQ(apply({{Kind::StripMarks}}, "e\u0301\u0903\u00e9"), "e\u00e9");
  EXPECT_EQ(apply({{Kind::StripLeft}, {Kind::StripRight}}, " \u3000a b\n"), "a b");
  EXPECT_EQ(apply({{Kind::WordsApart, "", "_"}}, " a  _b \n"), "_a_b");
  EXPECT_EQ(apply({{Kind::ReplacePattern, " {2,}", "_"}}, "a   b c"), "a_b c");
}

TEST(Normalizer, tablesKnowClustersByTheirBeginning) {
  std::string table = tableOfA("[a]");
  EXPECT_EQ(apply({{TextStep::Kind::Map, "", table}}, "bab\u0301"), "b[a]b\u0301");
  EXPECT_EQ(apply({{TextStep::Kind::Map, "", table}}, "a\u0301x"), "[a]x") << "the mark goes with its letter";
  EXPECT_EQ(apply({{TextStep::Kind::Map, "", table}}, "a\u0301\u0301\u0301"), "[a]\u0301\u0301\u0301") << "longer ones go by the character";
  for (size_t size : {0u, 3u, 4u, 100u}) {
    Result<Normalizer> made = Normalizer::create({{TextStep::Kind::Map, "", table.substr(0, size)}});
    ASSERT_FALSE(made.ok()) << size;
    EXPECT_EQ(made.status().code(), 6006);
  }
}
