// Which ids of a text are final although the text goes on.
//
// Encoding cuts from left to right: added tokens first, then words. A word is final once it was cut without a look at
// the end of what is known; before a place where an added token may yet begin, that place counts as the end, since the
// token may come or not. What is kept is then encoded by itself, and at the end of a text a run of spaces is cut otherwise than
// before a word: so it never ends with a space.
#include "runtime/text/Tokenizer.h"

namespace longc {
namespace {

bool endsWithSpace(std::string_view word) {
  size_t last = word.size() - 1;
  while (last > 0 && (static_cast<uint8_t>(word[last]) & 0xc0) == 0x80)
    --last;
  Utf8Char character = decodeUtf8(word, last);
  return character.valid && charTraits(character.codePoint).charClass == CharClass::Space;
}

} // namespace

size_t Tokenizer::stablePrefix(std::string_view text) const {
  AddedTokenFinder added(added_, text, /*parseControl=*/true);
  size_t begin = 0; // of the last part without added tokens
  while (auto found = added.next()) {
    if (added.undecidedFrom() <= found->begin)
      break;
    begin = found->end;
  }
  size_t end = added.undecidedFrom();
  WordSplitter words(text.substr(begin, end - begin), preTokenizer_);
  size_t stable = begin, seen = begin;
  while (!words.done()) {
    std::string_view word = words.next();
    if (words.sawEnd())
      break;
    seen += word.size();
    if (!endsWithSpace(word))
      stable = seen;
  }
  return stable;
}

} // namespace longc
