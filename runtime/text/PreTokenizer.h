// Cuts text into the words that byte-level BPE then encodes one by one.
//
// Both kinds follow the pattern of GPT-2, matched by hand:
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// "smollm" first cuts every digit off alone, so a run of spaces before a digit ends its part of the text. A byte that
// is not UTF-8 is a character of its own, neither space nor letter nor number.
#pragma once

#include "runtime/text/UnicodeTables.h"
#include "runtime/text/Utf8.h"

#include <optional>
#include <string>
#include <string_view>

namespace longc {

enum class PreTokenizerKind { Gpt2, SmolLm };

// The kind called `name` in model files, if it is known.
std::optional<PreTokenizerKind> preTokenizerByName(std::string_view name);

// "gpt-2, smollm": for messages.
std::string preTokenizerNames();

// Walks over the words of one text; each word starts where the last one ended.
class WordSplitter {
public:
  WordSplitter(std::string_view text, PreTokenizerKind kind)
      : text_(text), cutDigits_(kind == PreTokenizerKind::SmolLm) {}

  bool done() const { return position_ == text_.size(); }
  std::string_view next(); // not to be called when done
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

  std::string_view text_;
  size_t position_ = 0;
  bool cutDigits_, sawEnd_ = false;
};

} // namespace longc
