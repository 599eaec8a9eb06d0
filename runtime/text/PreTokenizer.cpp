// The word patterns, matched by hand.
#include "runtime/text/PreTokenizer.h"

#include "runtime/text/NormalizationTables.h"

#include <algorithm>
#include <array>

namespace longc {

namespace {

struct NamedKind {
  std::string_view name;
  PreTokenizerKind kind;
};
constexpr size_t longestUtf8 = 4;
constexpr NamedKind kinds[] = {
    {"gpt-2", PreTokenizerKind::Gpt2},     {"smollm", PreTokenizerKind::SmolLm}, {"llama-bpe", PreTokenizerKind::Llama3},
    {"qwen2", PreTokenizerKind::Qwen2},    {"whole", PreTokenizerKind::Whole},   {"each-space", PreTokenizerKind::EachSpace},
    {"space-runs", PreTokenizerKind::SpaceRuns}, {"bert", PreTokenizerKind::Bert}};

std::array<CharClass, 128> makeAsciiClasses() {
  std::array<CharClass, 128> classes;
  for (uint32_t c = 0; c < classes.size(); ++c)
    classes[c] = charTraits(c).charClass;
  return classes;
}

const std::array<CharClass, 128> asciiClasses = makeAsciiClasses();

} // namespace

std::optional<PreTokenizerKind> preTokenizerByName(std::string_view name) {
  for (const NamedKind &known : kinds)
    if (known.name == name)
      return known.kind;
  return std::nullopt;
}

std::string preTokenizerNames() {
  std::string names;
  for (const NamedKind &known : kinds)
    names += (names.empty() ? "" : ", ") + std::string(known.name);
  return names;
}

inline WordSplitter::Char WordSplitter::at(size_t position) {
  if (position >= text_.size()) {
    sawEnd_ = true;
    return {Kind::End, 0};
  }
  uint8_t byte = static_cast<uint8_t>(text_[position]);
  if (byte >= 0x80)
    return nonAsciiAt(position);
  Kind kind = static_cast<Kind>(asciiClasses[byte]);
  return {kind == Kind::Number && cutDigits_ ? Kind::LoneDigit : kind, 1};
}

WordSplitter::Char WordSplitter::nonAsciiAt(size_t position) {
  Utf8Char character = decodeUtf8(text_, position);
  if (!character.valid) {
    sawEnd_ |= text_.size() - position < longestUtf8; // it may be the beginning of a character
    return {Kind::Other, 1};
  }
  CharTraits traits = charTraits(character.codePoint);
  return {traits.digit && cutDigits_ ? Kind::LoneDigit : static_cast<Kind>(traits.charClass), character.length};
}

// The end of 's 't 're 've 'm 'll 'd at the current position, or the position itself.
size_t WordSplitter::contractionEnd() {
  std::string_view rest = text_.substr(position_, 3);
  if (rest[0] != '\'')
    return position_;
  sawEnd_ |= rest.size() < 3;
  char first = rest.size() < 2 ? '\0' : rest[1];
  if (first == 's' || first == 't' || first == 'm' || first == 'd')
    return position_ + 2;
  if (rest == "'re" || rest == "'ve" || rest == "'ll")
    return position_ + 3;
  return position_;
}

size_t WordSplitter::runEnd(size_t position, Kind kind) {
  for (Char next = at(position); next.kind == kind; next = at(position))
    position += next.length;
  return position;
}

// `\s+(?!\S)|\s+`: a run of spaces leaves its last character to the word that follows, if there is one in this part.
size_t WordSplitter::spacesEnd(uint32_t firstLength) {
  size_t last = position_, end = position_ + firstLength;
  Char next = at(end);
  for (; next.kind == Kind::Space; next = at(end)) {
    last = end;
    end += next.length;
  }
  bool endsPart = next.kind == Kind::End || next.kind == Kind::LoneDigit;
  return endsPart || last == position_ ? end : last;
}

size_t WordSplitter::wordEnd() {
  Char first = at(position_);
  if (first.kind == Kind::LoneDigit)
    return position_ + first.length;
  if (size_t end = contractionEnd(); end != position_)
    return end;
  if (first.kind != Kind::Space)
    return runEnd(position_ + first.length, first.kind);
  Char second = at(position_ + first.length);
  bool joins = second.kind == Kind::Letter || second.kind == Kind::Number || second.kind == Kind::Other;
  if (text_[position_] == ' ' && joins)
    return runEnd(position_ + first.length + second.length, second.kind);
  return spacesEnd(first.length);
}

// The same in upper and lower case; the long s folds to s.
size_t WordSplitter::modernContractionEnd() {
  constexpr size_t longest = 3;
  std::string_view rest = text_.substr(position_, longest);
  if (rest[0] != '\'')
    return position_;
  sawEnd_ |= rest.size() < longest;
  if (rest == "'\xC5\xBF")
    return position_ + rest.size();
  auto lower = [rest](size_t at) { return at < rest.size() ? static_cast<char>(rest[at] | 0x20) : '\0'; };
  char first = lower(1), second = lower(2);
  if (first == 's' || first == 't' || first == 'm' || first == 'd')
    return position_ + 2;
  if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l'))
    return position_ + 3;
  return position_;
}

// `\s*[\r\n]+|\s+(?!\S)|\s+`: up to the last line end, else all but the space before a word.
size_t WordSplitter::modernSpacesEnd() {
  size_t last = position_, end = position_, lineEnd = position_;
  Char next = at(end);
  for (; next.kind == Kind::Space; next = at(end)) {
    last = end;
    end += next.length;
    if (text_[last] == '\n' || text_[last] == '\r')
      lineEnd = end;
  }
  if (lineEnd != position_)
    return lineEnd;
  return next.kind == Kind::End || last == position_ ? end : last;
}

size_t WordSplitter::modernWordEnd() {
  if (size_t end = modernContractionEnd(); end != position_)
    return end;
  auto isLineEnd = [this](size_t at) { return at < text_.size() && (text_[at] == '\n' || text_[at] == '\r'); };
  Char first = at(position_);
  size_t behind = position_ + first.length;
  if (first.kind == Kind::Letter)
    return runEnd(behind, Kind::Letter);
  if (first.kind == Kind::Number) {
    size_t most = kind_ == PreTokenizerKind::Llama3 ? 3 : 1;
    for (size_t count = 1; count < most && at(behind).kind == Kind::Number; ++count)
      behind += at(behind).length;
    return behind;
  }
  Char second = at(behind);
  if (!isLineEnd(position_) && second.kind == Kind::Letter)
    return runEnd(behind + second.length, Kind::Letter);
  if (first.kind == Kind::Other || (text_[position_] == ' ' && second.kind == Kind::Other)) {
    size_t end = runEnd(behind, Kind::Other);
    while (isLineEnd(end))
      ++end;
    sawEnd_ |= end == text_.size();
    return end;
  }
  return modernSpacesEnd();
}

size_t WordSplitter::writtenWordEnd() const {
  if (kind_ == PreTokenizerKind::Whole)
    return text_.size();
  size_t end = position_;
  do {
    do
      end += text_.substr(end).starts_with(writtenSpace) ? writtenSpace.size() : 0;
    while (kind_ == PreTokenizerKind::SpaceRuns && text_.substr(end).starts_with(writtenSpace));
    end = std::min(text_.find(writtenSpace, end), text_.size());
  } while (end < text_.size() && joining_[static_cast<uint8_t>(text_[end - 1])]);
  return end;
}

bool WordSplitter::isBertPunctuation(size_t position) const {
  uint8_t byte = static_cast<uint8_t>(text_[position]);
  if (byte < 0x80)
    return (byte > 0x20 && byte < '0') || (byte > '9' && byte < 'A') || (byte > 'Z' && byte < 'a') || (byte > 'z' && byte < 0x7F);
  Utf8Char character = decodeUtf8(text_, position);
  return character.valid && isPunctuation(character.codePoint);
}

size_t WordSplitter::bertWordEnd() {
  Char first = at(position_);
  size_t end = position_ + first.length;
  if (first.kind == Kind::Space)
    return runEnd(end, Kind::Space);
  if (isBertPunctuation(position_))
    return end;
  for (Char next = at(end); next.kind != Kind::Space && next.kind != Kind::End && !isBertPunctuation(end); next = at(end))
    end += next.length;
  return end;
}

bool WordSplitter::isLeftOut(std::string_view word) {
  return kind_ == PreTokenizerKind::Bert && at(static_cast<size_t>(word.data() - text_.data())).kind == Kind::Space;
}

std::string_view WordSplitter::next() {
  size_t start = position_;
  switch (kind_) {
  case PreTokenizerKind::Gpt2:
  case PreTokenizerKind::SmolLm:
    position_ = wordEnd();
    break;
  case PreTokenizerKind::Llama3:
  case PreTokenizerKind::Qwen2:
    position_ = modernWordEnd();
    break;
  case PreTokenizerKind::Bert:
    position_ = bertWordEnd();
    break;
  default:
    position_ = writtenWordEnd();
  }
  return text_.substr(start, position_ - start);
}

} // namespace longc
