// Texts in which nearly every place is one where ids depend on what follows, and a tokenizer for which they do.
#pragma once

#include "test/runtime/TokenizerFiles.h"

#include "runtime/text/ByteAlphabet.h"
#include "runtime/text/Utf8.h"

#include <algorithm>
#include <random>

namespace longc {

inline void addToken(TokenizerModel &model, const std::string &token, int32_t type) {
  if (std::find(model.tokens.begin(), model.tokens.end(), token) != model.tokens.end())
    return;
  model.tokens.push_back(token);
  model.tokenTypes.push_back(type);
}

inline int32_t idOf(const TokenizerModel &model, const std::string &token) {
  return static_cast<int32_t>(std::find(model.tokens.begin(), model.tokens.end(), token) - model.tokens.begin());
}

// Merges the bytes of `word` one by one to a token of its own, so that a cut inside it shows in the ids.
inline void addWord(TokenizerModel &model, const std::string &word) {
  std::string token;
  int32_t before = -1;
  for (char byte : word) {
    std::string letter;
    appendUtf8(letter, byteAlphabet()[static_cast<uint8_t>(byte)]);
    addToken(model, token += letter, 1);
    int32_t id = idOf(model, token);
    if (before >= 0)
      model.merges.push_back({before, idOf(model, letter), id});
    before = id;
  }
}

// The small vocabulary, with words that are cut differently when they go on, and with special tokens that begin like
// each other, hold each other and begin like prose.
inline Tokenizer seamTokenizer(const std::string &preTokenizer, bool addBos = false) {
  auto model = readVocabulary(LONGC_SOURCE_DIR "/test/golden/tokenizer_small_vocabulary.txt");
  model->preTokenizer = preTokenizer;
  for (const char *word : {"'re", "'ll", "a水", "水", "é", " 水", "\xC2\xA0", " 水。", "!...", "\n\n", "  ", "12"})
    addWord(*model, word);
  for (const char *text : {"<s>", "<s><s>", "<|turn|>", "|>word", "theend"})
    addToken(*model, text, 3);
  if (addBos)
    model->bosId = idOf(*model, "<s>");
  model->addBos = addBos;
  Result<Tokenizer> tokenizer = Tokenizer::create(std::move(*model));
  return std::move(*tokenizer);
}

// Text in which nearly every place is one where ids depend on what follows.
inline std::string seamText(std::mt19937 &random, size_t pieces) {
  static const char *const parts[] = {"the", "they", "'",      "'r",   "'re",     "'l",      "ll",   " ",        "  ",   "\n",
                                      "\n\n", "\r\n", "\t",    "7",    "1234",    "!",       "...",  "<",        "<s",   "<s>",
                                      "<|tu", "rn|>", "|>wo",  "rd",   "theen",   "d",       "\xE6", "\xB0\xB4", "水",   "。",
                                      "é",    "\xC2", "\xA0", "\xFF", "\xE3\x80", "\x80 x", "ab",   "a",        "miller", "٣"};
  std::string text;
  while (pieces-- > 0)
    text += parts[random() % std::size(parts)];
  return text;
}

} // namespace longc
