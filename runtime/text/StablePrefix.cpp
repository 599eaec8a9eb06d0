// Which ids of a text are final although the text goes on.
//
// Encoding cuts from left to right: added tokens first, then words. A word is final once it was cut without a look at
// the end of what is known; before a place where an added token may yet begin, that place counts as the end, since the
// token may come or not. What is kept is then encoded by itself, and at the end of a text a run of spaces is cut otherwise than
// before a word: so it never ends with a space.
// Where spaces are written out and begin words, a cut is made before them instead.
#include "runtime/text/Tokenizer.h"

#include <algorithm>

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

Tokenizer::Part Tokenizer::lastPart(const AddedTokens &tokens, std::string_view text) const {
  AddedTokenFinder added(tokens, text, /*parseControl=*/true);
  Part part{0, 0, 0};
  while (auto found = added.next()) {
    if (added.undecidedFrom() <= found->begin)
      break;
    part.begin = found->end;
    part.tokenBegin = found->begin;
  }
  part.end = added.undecidedFrom();
  return part;
}

// Where the last run of spaces begins that follows something else; 0 if there is none.
size_t Tokenizer::lastSpaces(std::string_view text) const {
  for (size_t position = text.size(); position-- > 1;) {
    std::string_view before = text.substr(0, position), rest = text.substr(position);
    bool isSpace = rest.starts_with(' ') || rest.starts_with(writtenSpace);
    if (isSpace && !before.ends_with(' ') && !before.ends_with(writtenSpace) && !joinedBySpace_[static_cast<uint8_t>(before.back())])
      return position;
  }
  return 0;
}

// Where words end that are final, and no spaces.
std::vector<size_t> Tokenizer::finalWords(std::string_view text) const {
  std::vector<size_t> ends;
  size_t seen = 0;
  const bool isCut = splits_.empty() && preTokenizer_ != PreTokenizerKind::Whole;
  for (WordSplitter words(text, preTokenizer_); isCut && !words.done();) {
    std::string_view word = words.next();
    if (words.sawEnd())
      break;
    seen += word.size();
    if (!endsWithSpace(word) && mayBeCutAt(text, seen))
      ends.push_back(seen);
  }
  return ends;
}

size_t Tokenizer::lastWord(std::string_view text) const {
  std::vector<size_t> ends = finalWords(text);
  return ends.empty() ? 0 : ends.back();
}

// The same where letters and their marks are normalized before words are cut: no such step reaches over a space, so one
// before which a word of the normalized text ends parts both.
size_t Tokenizer::lastNormalizedWord(std::string_view text) const {
  constexpr int mostTries = 32;
  if (!normalizer_.changesLettersAlone() || !wordSteps_.isIdentity() || !addedNormalized_.empty())
    return 0;
  std::vector<size_t> ends = finalWords(normalizer_.apply(text, PartPlace::Middle));
  size_t position = text.size();
  for (int tries = 0; tries < mostTries && !ends.empty(); ++tries) {
    position = position == 0 ? std::string_view::npos : text.find_last_of(" \n", position - 1);
    if (position == std::string_view::npos || position == 0)
      break;
    size_t end = normalizer_.apply(text.substr(0, position), PartPlace::Middle).size();
    if (std::binary_search(ends.begin(), ends.end(), end))
      return position;
  }
  return 0;
}

bool Tokenizer::mayBeCutAt(std::string_view text, size_t position) const {
  return added_.mayBeCutAt(text, position) && addedNormalized_.mayBeCutAt(text, position);
}

// The last cut that changes no word.
size_t Tokenizer::lastCut(std::string_view text) const {
  Part part = lastPart(added_, text);
  std::string_view rest = text.substr(part.begin, part.end - part.begin);
  if (kind_ == TokenizerKind::BytePairs && !isNormalized_) {
    Part inner = lastPart(addedNormalized_, rest);
    return part.begin + inner.begin + lastWord(rest.substr(inner.begin, inner.end - inner.begin));
  }
  if (kind_ == TokenizerKind::BytePairs)
    if (size_t cut = lastNormalizedWord(rest); cut > 0)
      return part.begin + cut;
  if (size_t cut = spacesPartWords_ ? lastSpaces(rest) : 0; cut > 0)
    return part.begin + cut;
  // What a part begins with must not be taken for the middle of one.
  return normalizer_.prependsAlways() ? part.tokenBegin : part.begin;
}

size_t Tokenizer::stablePrefix(std::string_view text) const {
  size_t cut = lastCut(text);
  return mayBeCutAt(text, cut) ? cut : 0; // more text has other cuts
}

} // namespace longc
