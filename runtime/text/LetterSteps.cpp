// One character after the other; runs of ASCII that stay as they are go by the run.
#include "runtime/text/LetterSteps.h"

#include "runtime/text/NormalizationTables.h"
#include "runtime/text/PythonText.h"
#include "runtime/text/UnicodeTables.h"
#include "runtime/text/Utf8.h"

#include <algorithm>

namespace longc {
namespace {

bool isSpace(uint32_t c) { return charTraits(c).charClass == CharClass::Space; }

bool isSpaceAt(std::string_view text, size_t position) {
  Utf8Char character = decodeUtf8(text, position);
  return character.valid && isSpace(character.codePoint);
}

// `append` writes what becomes of the character at `position`; ASCII that `stays` is copied by the run.
template <typename Stays, typename Append> std::string mapped(std::string_view text, Stays stays, Append append) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (size_t position = 0; position < text.size();) {
    size_t end = position;
    while (end < text.size() && static_cast<uint8_t>(text[end]) < 0x80 && stays(text[end]))
      ++end;
    out += text.substr(position, end - position);
    if (end == text.size())
      break;
    Utf8Char character = decodeUtf8(text, end);
    append(out, character, text.substr(end, character.length));
    position = end + character.length;
  }
  return out;
}

template <typename Drops> std::string without(std::string_view text, Drops drops) {
  return mapped(text, [](char) { return true; }, [&](std::string &out, Utf8Char character, std::string_view bytes) {
    if (!character.valid || !drops(character.codePoint))
      out += bytes;
  });
}

uint32_t laterLowerOf(uint32_t code) {
  const LaterLower *end = laterLower + laterLowerCount;
  const LaterLower *found = std::lower_bound(laterLower, end, code, [](const LaterLower &one, uint32_t c) { return one.from < c; });
  return found != end && found->from == code ? found->to : code;
}

} // namespace

std::string withLowerCase(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (size_t position = 0; position < text.size();) {
    char c = text[position];
    if (static_cast<uint8_t>(c) < 0x80) {
      out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
      ++position;
      continue;
    }
    Utf8Char character = decodeUtf8(text, position);
    uint32_t later = character.valid ? laterLowerOf(character.codePoint) : 0;
    if (!character.valid)
      out.push_back(c);
    else if (later != character.codePoint)
      appendUtf8(out, later);
    else
      appendLowerAlone(out, character.codePoint);
    position += character.length;
  }
  return out;
}

std::string withoutMarks(std::string_view text) { return without(text, isMark); }

std::string withoutNonspacing(std::string_view text) { return without(text, isNonspacing); }

std::string cleaned(std::string_view text) {
  auto stays = [](char c) { return c >= ' ' && c != 0x7F; };
  return mapped(text, stays, [](std::string &out, Utf8Char character, std::string_view bytes) {
    if (!character.valid || isControl(character.codePoint))
      return;
    if (isSpace(character.codePoint))
      out.push_back(' ');
    else
      out += bytes;
  });
}

std::string withIdeographsApart(std::string_view text) {
  return mapped(text, [](char) { return true; }, [](std::string &out, Utf8Char character, std::string_view bytes) {
    bool isApart = character.valid && isIdeograph(character.codePoint);
    if (isApart)
      out.push_back(' ');
    out += bytes;
    if (isApart)
      out.push_back(' ');
  });
}

std::string withoutSpaceAtEnds(std::string_view text, bool left, bool right) {
  while (left && !text.empty() && isSpaceAt(text, 0))
    text.remove_prefix(decodeUtf8(text, 0).length);
  while (right && !text.empty() && isSpaceAt(text, previousCharacter(text, text.size())))
    text = text.substr(0, previousCharacter(text, text.size()));
  return std::string(text);
}

} // namespace longc
