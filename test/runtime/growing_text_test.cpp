// Tests runtime/text/GrowingText.cpp and StablePrefix.cpp: however a text is cut into pieces, the ids read are those of the whole.
#include "test/runtime/SeamTexts.h"

#include "runtime/text/GrowingText.h"

#include <gtest/gtest.h>

#include <random>

using namespace longc;

namespace {

class GrowingTexts : public testing::TestWithParam<const char *> {
protected:
  Tokenizer tokenizer = seamTokenizer(GetParam());
  std::mt19937 random{7};
};

INSTANTIATE_TEST_SUITE_P(EveryPreTokenizer, GrowingTexts, testing::Values("gpt-2", "smollm"));

} // namespace

TEST_P(GrowingTexts, NoTextBehindAStablePrefixChangesItsIds) {
  for (int round = 0; round < 4000; ++round) {
    std::string text = seamText(random, random() % 8);
    size_t stable = tokenizer.stablePrefix(text);
    ASSERT_LE(stable, text.size());
    std::vector<int32_t> kept = tokenizer.encode(text.substr(0, stable), true);
    for (int more = 0; more < 10; ++more) {
      std::string whole = text + seamText(random, random() % 4);
      std::vector<int32_t> ids = kept, rest = tokenizer.encode(whole.substr(stable), true);
      ids.insert(ids.end(), rest.begin(), rest.end());
      ASSERT_EQ(ids, tokenizer.encode(whole, true)) << quoteForMessage(text) << " " << stable << " " << quoteForMessage(whole);
    }
  }
}

TEST_P(GrowingTexts, AllPiecesTogetherAreTheWhole) {
  for (int round = 0; round < 3000; ++round) {
    GrowingText growing(tokenizer);
    std::string text;
    std::vector<int32_t> ids;
    for (int piece = random() % 6; piece >= 0; --piece) {
      text += seamText(random, random() % 12);
      ASSERT_TRUE(growing.isBeginningOf(text));
      std::vector<int32_t> more = piece > 0 ? growing.takeStable(text) : growing.takeAll(text);
      ids.insert(ids.end(), more.begin(), more.end());
      if (random() % 2)
        growing = GrowingText(tokenizer, growing.known(), growing.taken()); // as after a saved memory
    }
    ASSERT_EQ(ids, tokenizer.encode(text, true)) << quoteForMessage(text);
    EXPECT_EQ(growing.known(), text);
    EXPECT_EQ(growing.taken(), text.size());
  }
}

TEST_P(GrowingTexts, BeginAsTextsBeginOnce) {
  Tokenizer begins = seamTokenizer(GetParam(), /*addBos=*/true);
  for (int round = 0; round < 2000; ++round) {
    GrowingText growing(begins);
    std::string text = round % 4 ? "" : round % 8 ? "\xFF" : "<s>"; // 0xff has no token
    std::vector<int32_t> ids;
    for (int piece = random() % 4; piece >= 0; --piece) {
      text += seamText(random, random() % 3);
      std::vector<int32_t> more = piece > 0 ? growing.takeStable(text) : growing.takeAll(text);
      ids.insert(ids.end(), more.begin(), more.end());
      growing = GrowingText(begins, growing.known(), growing.taken());
    }
    std::vector<int32_t> whole = begins.encode(text, true);
    begins.beginText(whole);
    ASSERT_EQ(ids, whole) << quoteForMessage(text);
  }
}

TEST_P(GrowingTexts, OnlyTheLastWordWaits) {
  EXPECT_EQ(tokenizer.stablePrefix("The miller sold flour."), 21u);
  EXPECT_EQ(tokenizer.stablePrefix("The miller sold flour.\n\n"), 22u);
  EXPECT_EQ(tokenizer.stablePrefix("The miller sold"), 10u);
  EXPECT_EQ(tokenizer.stablePrefix("miller"), 0u);
  EXPECT_EQ(tokenizer.stablePrefix("miller."), 6u);
  EXPECT_EQ(tokenizer.stablePrefix("miller'"), 6u);
  EXPECT_EQ(tokenizer.stablePrefix(""), 0u);
  EXPECT_EQ(tokenizer.stablePrefix("<|turn|>"), 8u);
  EXPECT_EQ(tokenizer.stablePrefix("sold. <|turn"), 5u); // " <|turn" may be a word, or a space and a token
  EXPECT_EQ(tokenizer.stablePrefix("<s>"), 0u);          // <s><s> is a token as well
  EXPECT_EQ(tokenizer.stablePrefix("<s><s>"), 6u);
}
