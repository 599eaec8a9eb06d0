// Cuts text into the words that the model then encodes one by one; the common patterns, matched by hand.
//
// "gpt-2":     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// "smollm":    the same, but first every digit is cut off alone, so a run of spaces before a digit ends its part.
// "llama-bpe": (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
// "qwen2":     the same with \p{N}.
// "whole":     a word is all there is; "each-space": one U+2581 and what follows it up to the next; "space-runs": a run of
//              U+2581 and what follows it, a further run behind a byte of which it is said that tokens go on there.
// "bert":      a word is all up to white space or punctuation, or one character of punctuation; white space is left out.
// A byte that is not UTF-8 is a character of its own, neither space nor letter nor number.
#pragma once

#include "runtime/text/TokenizerModel.h"
#include "runtime/text/UnicodeTables.h"
#include "runtime/text/Utf8.h"

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

namespace longc {

enum class PreTokenizerKind { Gpt2, SmolLm, Llama3, Qwen2, Whole, EachSpace, SpaceRuns, Bert };

// How vocabularies of characters write a space: U+2581.
inline constexpr std::string_view writtenSpace = "\xE2\x96\x81";

// Whether words of a tokenizer can be cut so.
constexpr bool isOfKind(PreTokenizerKind rule, TokenizerKind kind) {
  if (kind == TokenizerKind::WordPieces)
    return rule == PreTokenizerKind::Bert;
  bool writesSpaces = rule == PreTokenizerKind::EachSpace || rule == PreTokenizerKind::SpaceRuns;
  return rule == PreTokenizerKind::Whole ||
         (writesSpaces != (kind == TokenizerKind::BytePairs) && rule != PreTokenizerKind::Bert);
}

// The kind called `name` in model files, if it is known.
std::optional<PreTokenizerKind> preTokenizerByName(std::string_view name);

// "gpt-2, smollm, …": for messages.
std::string preTokenizerNames();

// Bytes.
using ByteSet = std::bitset<256>;

// Walks over the words of one text; each word starts where the last one ended.
class WordSplitter {
public:
  // `joining`: of "space-runs", the bytes behind which a run of U+2581 begins no word.
  WordSplitter(std::string_view text, PreTokenizerKind kind, const ByteSet &joining = {})
      : text_(text), kind_(kind), joining_(joining), cutDigits_(kind == PreTokenizerKind::SmolLm) {}

  bool done() const { return position_ == text_.size(); }
  std::string_view next(); // not to be called when done
  // Whether `word` is none to encode.
  bool isLeftOut(std::string_view word);
  // Whether a word so far was cut with an eye on the end of the text: with more text behind it, it might be another.
  bool sawEnd() const { return sawEnd_; }

private:
  enum class Kind : uint8_t { Other, Letter, Number, Space, LoneDigit, End };
  struct Char {
    Kind kind;
    uint32_t length;
  };

  Char at(size_t position);
  Char nonAsciiAt(size_t position);
  size_t contractionEnd();
  size_t runEnd(size_t position, Kind kind);
  size_t spacesEnd(uint32_t firstLength);
  size_t wordEnd();
  size_t modernContractionEnd();
  size_t modernSpacesEnd();
  size_t modernWordEnd();
  size_t writtenWordEnd() const;
  bool isBertPunctuation(size_t position) const;
  size_t bertWordEnd();

  std::string_view text_;
  PreTokenizerKind kind_;
  const ByteSet joining_;
  size_t position_ = 0;
  bool cutDigits_, sawEnd_ = false;
};

} // namespace longc
