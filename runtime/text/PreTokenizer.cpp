// The GPT-2 word pattern, matched by hand.
#include "runtime/text/PreTokenizer.h"

#include <array>

namespace longc {

namespace {

struct NamedKind {
  std::string_view name;
  PreTokenizerKind kind;
};
constexpr size_t longestUtf8 = 4;
constexpr NamedKind kinds[] = {{"gpt-2", PreTokenizerKind::Gpt2}, {"smollm", PreTokenizerKind::SmolLm}};

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

std::string_view WordSplitter::next() {
  size_t start = position_;
  position_ = wordEnd();
  return text_.substr(start, position_ - start);
}

} // namespace longc
