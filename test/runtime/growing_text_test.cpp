// Tests runtime/text/GrowingText.cpp and StablePrefix.cpp: however a text is cut into pieces, the ids read are those of the whole.
#include "test/runtime/TokenizerFiles.h"

#include "runtime/text/ByteAlphabet.h"
#include "runtime/text/GrowingText.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

using namespace longc;

namespace {

void add(TokenizerModel &model, const std::string &token, int32_t type) {
  if (std::find(model.tokens.begin(), model.tokens.end(), token) != model.tokens.end())
    return;
  model.tokens.push_back(token);
  model.tokenTypes.push_back(type);
}

// Merges the bytes of `word` one by one to a token of its own, so that a cut inside it shows in the ids.
void addWord(TokenizerModel &model, const std::string &word) {
  std::string token;
  for (char byte : word) {
    std::string letter;
    appendUtf8(letter, byteAlphabet()[static_cast<uint8_t>(byte)]);
    if (!token.empty())
      model.merges.push_back(token + " " + letter);
    add(model, token += letter, 1);
  }
}

// The small vocabulary, with words that are cut differently when they go on, and with special tokens that begin like
// each other, hold each other and begin like prose.
Tokenizer makeTokenizer(const std::string &preTokenizer) {
  auto model = readVocabulary(LONGC_SOURCE_DIR "/test/golden/tokenizer_small_vocabulary.txt");
  EXPECT_TRUE(model);
  model->preTokenizer = preTokenizer;
  for (const char *word : {"'re", "'ll", "a水", "水", "é", " 水", "\xC2\xA0", " 水。", "!...", "\n\n", "  ", "12"})
    addWord(*model, word);
  for (const char *text : {"<s>", "<s><s>", "<|turn|>", "|>word", "theend"})
    add(*model, text, 3);
  Result<Tokenizer> tokenizer = Tokenizer::create(std::move(*model));
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().text();
  return std::move(*tokenizer);
}

// Text in which nearly every place is one where ids depend on what follows.
std::string randomText(std::mt19937 &random, size_t pieces) {
  static const char *const parts[] = {"the", "they", "'",      "'r",   "'re",     "'l",      "ll",   " ",        "  ",   "\n",
                                      "\n\n", "\r\n", "\t",    "7",    "1234",    "!",       "...",  "<",        "<s",   "<s>",
                                      "<|tu", "rn|>", "|>wo",  "rd",   "theen",   "d",       "\xE6", "\xB0\xB4", "水",   "。",
                                      "é",    "\xC2", "\xA0", "\xFF", "\xE3\x80", "\x80 x", "ab",   "a",        "miller", "٣"};
  std::string text;
  while (pieces-- > 0)
    text += parts[random() % std::size(parts)];
  return text;
}

class GrowingTexts : public testing::TestWithParam<const char *> {
protected:
  Tokenizer tokenizer = makeTokenizer(GetParam());
  std::mt19937 random{7};
};

INSTANTIATE_TEST_SUITE_P(EveryPreTokenizer, GrowingTexts, testing::Values("gpt-2", "smollm"));

} // namespace

TEST_P(GrowingTexts, NoTextBehindAStablePrefixChangesItsIds) {
  for (int round = 0; round < 4000; ++round) {
    std::string text = randomText(random, random() % 8);
    size_t stable = tokenizer.stablePrefix(text);
    ASSERT_LE(stable, text.size());
    std::vector<int32_t> kept = tokenizer.encode(text.substr(0, stable), true);
    for (int more = 0; more < 10; ++more) {
      std::string whole = text + randomText(random, random() % 4);
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
      text += randomText(random, random() % 12);
      ASSERT_TRUE(growing.isBeginningOf(text));
      std::vector<int32_t> more = piece > 0 ? growing.takeStable(text) : growing.takeAll(text);
      ids.insert(ids.end(), more.begin(), more.end());
      if (random() % 2)
        growing = GrowingText(tokenizer, growing.taken()); // as after a saved memory
    }
    ASSERT_EQ(ids, tokenizer.encode(text, true)) << quoteForMessage(text);
    EXPECT_EQ(growing.taken(), text);
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
