// Chunks of a text: nothing is lost, and they end where sentences do.
#include "runtime/e2llm/Chunks.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace longc {
namespace {

std::vector<std::string> cut(std::string_view text, size_t most) {
  std::vector<std::string> chunks;
  for (std::string_view chunk : cutChunks(text, most))
    chunks.emplace_back(chunk);
  return chunks;
}

using Strings = std::vector<std::string>;

TEST(Chunks, EndBehindTheLastSentenceOfTheSecondHalf) {
  EXPECT_EQ(cut("One. Two three. Four five six", 20), (Strings{"One. Two three. ", "Four five six"}));
  EXPECT_EQ(cut("She said \"no.\" And went on to", 24), (Strings{"She said \"no.\" ", "And went on to"}));
  EXPECT_EQ(cut("a line\nanother line here", 12), (Strings{"a line\n", "another ", "line here"}));
}

TEST(Chunks, EndBehindABlankWhereNoSentenceEnds) {
  EXPECT_EQ(cut("version 1.25 of the file", 14), (Strings{"version 1.25 ", "of the file"}));
}

TEST(Chunks, EndWhereTheyAreFullElse) {
  EXPECT_EQ(cut("abcdefghij", 4), (Strings{"abcd", "efgh", "ij"}));
}

TEST(Chunks, NeverCutACharacter) {
  EXPECT_EQ(cut("aéééé", 4), (Strings{"aé", "éé", "é"}));
  EXPECT_EQ(cut("日本。語だ", 11), (Strings{"日本。", "語だ"}));
}

TEST(Chunks, OfBytesThatAreNoCharacters) {
  EXPECT_EQ(cut("\x80\x80\x80\x80\x80", 2), (Strings{"\x80\x80", "\x80\x80", "\x80"}));
}

TEST(Chunks, OfAnEmptyTextAreNone) { EXPECT_TRUE(cut("", 8).empty()); }

TEST(Chunks, AreTheTextByteForByte) {
  std::mt19937 random(7);
  const std::string letters = "ab .!\n\xC3\xA9\xE6\x97\xA5\x80\"";
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (size_t length = random() % 200; text.size() < length;)
      text += letters[random() % letters.size()];
    const size_t most = 1 + random() % 40;
    std::string joined;
    for (std::string_view chunk : cutChunks(text, most)) {
      ASSERT_GE(chunk.size(), 1u);
      ASSERT_LE(chunk.size(), most);
      joined += chunk;
    }
    ASSERT_EQ(joined, text);
  }
}

// A token of every three letters of a word that were begun.
size_t tokensOf(std::string_view text) {
  size_t tokens = 0, letters = 0;
  for (char letter : text)
    tokens += letter == ' ' || letter == '\n' ? (letters = 0) : letters++ % 3 == 0;
  return tokens;
}

TEST(Chunks, OfTokensEndWhereSentencesDo) {
  Strings chunks;
  for (std::string_view chunk : cutChunks("One. Two three. Four five six", 7, tokensOf))
    chunks.emplace_back(chunk);
  EXPECT_EQ(chunks, (Strings{"One. Two three. ", "Four five six"}));
}

TEST(Chunks, OfTokensAreTheTextByteForByteAndFull) {
  std::mt19937 random(7);
  const std::string letters = "abcdefg .!\n\xC3\xA9";
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (size_t length = random() % 900; text.size() < length;)
      text += letters[random() % (round % 2 ? letters.size() : 7)]; // one in two without blanks
    const size_t most = 1 + random() % 40;
    std::string joined;
    const auto chunks = cutChunks(text, most, tokensOf);
    for (const std::string_view &chunk : chunks) {
      ASSERT_GE(chunk.size(), 1u);
      ASSERT_LE(tokensOf(chunk), most);
      if (round % 2 == 0 && &chunk != &chunks.back()) {
        ASSERT_EQ(tokensOf(chunk), most);
      }
      joined += chunk;
    }
    ASSERT_EQ(joined, text);
  }
}

} // namespace
} // namespace longc
