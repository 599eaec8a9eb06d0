// Python's string operations over UTF-8.
#include "runtime/text/PythonText.h"

#include "runtime/text/CaseTables.h"
#include "runtime/text/Utf8.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <span>
#include <utility>

namespace longc {

namespace {

bool isPythonSpace(uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool isLineEnd(uint32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

bool isSpaceAt(std::string_view text, size_t position) {
  Utf8Char character = decodeUtf8(text, position);
  return character.valid && isPythonSpace(character.codePoint);
}

// Where the character that ends at `end` (above 0) begins.
size_t characterBefore(std::string_view text, size_t end) {
  for (size_t back = 1; back <= 4 && back <= end; ++back) {
    Utf8Char character = decodeUtf8(text.substr(0, end), end - back);
    if (character.valid)
      return character.length == back ? end - back : end - 1;
  }
  return end - 1;
}

template <typename Strips> std::string_view stripWhile(std::string_view text, StripSide side, Strips strips) {
  size_t begin = 0, end = text.size();
  while (side != StripSide::Right && begin < end && strips(begin))
    begin += decodeUtf8(text, begin).length;
  while (side != StripSide::Left && end > begin && strips(characterBefore(text, end)))
    end = characterBefore(text, end);
  return text.substr(begin, end - begin);
}

uint32_t convertCase(uint32_t c, std::span<const CaseRun> runs) {
  auto run =
      std::upper_bound(runs.begin(), runs.end(), c, [](uint32_t c, const CaseRun &run) { return c < run.first; });
  // Runs of every second letter may overlap: look at the two that begin before.
  for (int back = 0; back < 2 && run != runs.begin(); ++back) {
    --run;
    if (c <= run->last && (c - run->first) % run->step == 0)
      return c + static_cast<uint32_t>(run->delta);
  }
  return c;
}

uint32_t toUpper(uint32_t c) {
  if (c < 0x80)
    return c >= 'a' && c <= 'z' ? c - 32 : c;
  return convertCase(c, {toUpperRuns, toUpperRunsCount});
}

uint32_t toLower(uint32_t c) {
  if (c < 0x80)
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
  return convertCase(c, {toLowerRuns, toLowerRunsCount});
}

bool isIn(std::span<const CodePointRange> ranges, uint32_t c) {
  auto range = std::upper_bound(ranges.begin(), ranges.end(), c,
                                [](uint32_t c, const CodePointRange &range) { return c < range.first; });
  return range != ranges.begin() && c <= (--range)->last;
}

bool isCased(uint32_t c) {
  if (c < 0x80)
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return isIn({casedRanges, casedRangesCount}, c);
}

bool appendSeveral(std::string &out, uint32_t c, std::span<const CaseSeveral> table) {
  auto found = std::lower_bound(table.begin(), table.end(), c,
                                [](const CaseSeveral &entry, uint32_t c) { return entry.from < c; });
  if (c < 0x80 || found == table.end() || found->from != c)
    return false;
  for (uint32_t to : found->to)
    if (to)
      appendUtf8(out, to);
  return true;
}

void appendUpper(std::string &out, uint32_t c) {
  if (!appendSeveral(out, c, {toSeveralUpper, toSeveralUpperCount}))
    appendUtf8(out, toUpper(c));
}

void appendTitle(std::string &out, uint32_t c) {
  if (!appendSeveral(out, c, {toSeveralTitle, toSeveralTitleCount}))
    appendUtf8(out, toUpper(c));
}

// Whether the first of these characters that is not to be looked past has case.
template <typename Next> bool meetsCased(Next next) {
  for (Utf8Char character{}; next(character);)
    if (!character.valid || !isIn({caseIgnorableRanges, caseIgnorableRangesCount}, character.codePoint))
      return character.valid && isCased(character.codePoint);
  return false;
}

// The capital sigma at [position, position + 2) ends a word: a letter is before it, and none behind.
bool endsWord(std::string_view text, size_t position) {
  size_t before = position, behind = position + 2;
  return meetsCased([&](Utf8Char &character) {
           if (before == 0)
             return false;
           before = characterBefore(text, before);
           character = decodeUtf8(text, before);
           return true;
         }) &&
         !meetsCased([&](Utf8Char &character) {
           if (behind == text.size())
             return false;
           character = decodeUtf8(text, behind);
           behind += character.length;
           return true;
         });
}

void appendLower(std::string &out, uint32_t c, std::string_view text, size_t position) {
  constexpr uint32_t capitalSigma = 0x3A3, smallSigma = 0x3C3, finalSigma = 0x3C2;
  if (c == capitalSigma)
    appendUtf8(out, endsWord(text, position) ? finalSigma : smallSigma);
  else
    appendLowerAlone(out, c);
}

// `append` gets the result so far, a code point and where it stands.
template <typename Append> std::string mapCharacters(std::string_view text, Append append) {
  std::string out;
  out.reserve(text.size());
  for (size_t position = 0; position < text.size();) {
    Utf8Char character = decodeUtf8(text, position);
    if (character.valid)
      append(out, character.codePoint, position);
    else
      out.push_back(text[position]);
    position += character.length;
  }
  return out;
}

} // namespace

size_t countCharacters(std::string_view text) {
  size_t count = 0;
  for (size_t position = 0; position < text.size(); ++count)
    position += decodeUtf8(text, position).length;
  return count;
}

std::vector<std::string_view> charactersOf(std::string_view text) {
  std::vector<std::string_view> characters;
  for (size_t position = 0; position < text.size();) {
    characters.push_back(text.substr(position, decodeUtf8(text, position).length));
    position += characters.back().size();
  }
  return characters;
}

std::string_view stripText(std::string_view text, StripSide side) {
  return stripWhile(text, side, [text](size_t position) { return isSpaceAt(text, position); });
}

std::string_view stripText(std::string_view text, StripSide side, std::string_view characters) {
  std::vector<std::string_view> set = charactersOf(characters);
  return stripWhile(text, side, [&](size_t position) {
    std::string_view character = text.substr(position, decodeUtf8(text, position).length);
    return std::find(set.begin(), set.end(), character) != set.end();
  });
}

std::vector<std::string_view> splitText(std::string_view text, int64_t most) {
  std::vector<std::string_view> parts;
  text = stripText(text, StripSide::Left);
  while (!text.empty()) {
    size_t end = 0;
    bool whole = most >= 0 && static_cast<int64_t>(parts.size()) == most;
    while (end < text.size() && (whole || !isSpaceAt(text, end)))
      end += decodeUtf8(text, end).length;
    parts.push_back(text.substr(0, end));
    text = stripText(text.substr(end), StripSide::Left);
  }
  return parts;
}

std::vector<std::string_view> splitText(std::string_view text, std::string_view separator, int64_t most) {
  std::vector<std::string_view> parts;
  while (most < 0 || static_cast<int64_t>(parts.size()) < most) {
    size_t end = text.find(separator);
    if (end == std::string_view::npos)
      break;
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + separator.size());
  }
  parts.push_back(text);
  return parts;
}

std::vector<std::string_view> splitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t start = 0, position = 0; position < text.size();) {
    Utf8Char character = decodeUtf8(text, position);
    size_t next = position + character.length;
    bool ends = character.valid && isLineEnd(character.codePoint);
    if (ends && text.substr(position).starts_with("\r\n"))
      ++next;
    if (ends || next == text.size()) {
      lines.push_back(text.substr(start, (ends ? position : next) - start));
      start = next;
    }
    position = next;
  }
  return lines;
}

std::optional<std::string> replaceText(std::string_view text, std::string_view from, std::string_view to, int64_t most,
                                       size_t longest) {
  std::string out;
  bool between = from.empty(); // then `to` goes before every character and at the end
  int64_t done = 0;
  size_t position = 0;
  while (most < 0 || done < most) {
    size_t found = between ? position : text.find(from, position);
    if (found == std::string_view::npos)
      break;
    out.append(text, position, found - position).append(to);
    ++done;
    position = found + from.size();
    if (out.size() > longest)
      return std::nullopt;
    if (between && position == text.size())
      return out;
    if (between) {
      size_t length = decodeUtf8(text, position).length;
      out.append(text, position, length);
      position += length;
    }
  }
  return out.append(text.substr(position));
}

void appendLowerAlone(std::string &out, uint32_t c) {
  if (!appendSeveral(out, c, {toSeveralLower, toSeveralLowerCount}))
    appendUtf8(out, toLower(c));
}

std::string upperText(std::string_view text) {
  return mapCharacters(text, [](std::string &out, uint32_t c, size_t) { appendUpper(out, c); });
}

std::string lowerText(std::string_view text) {
  return mapCharacters(text, [text](std::string &out, uint32_t c, size_t position) { appendLower(out, c, text, position); });
}

std::string capitalizeText(std::string_view text) {
  return mapCharacters(text, [text](std::string &out, uint32_t c, size_t position) {
    position == 0 ? appendTitle(out, c) : appendLower(out, c, text, position);
  });
}

std::string titleText(std::string_view text) {
  bool inWord = false;
  return mapCharacters(text, [&inWord, text](std::string &out, uint32_t c, size_t position) {
    std::exchange(inWord, isCased(c)) ? appendLower(out, c, text, position) : appendTitle(out, c);
  });
}

std::string reprText(std::string_view text) {
  bool doubleQuotes = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  char quote = doubleQuotes ? '"' : '\'';
  std::string out(1, quote);
  for (size_t position = 0; position < text.size();) {
    Utf8Char character = decodeUtf8(text, position);
    uint32_t c = character.valid ? character.codePoint : static_cast<uint8_t>(text[position]);
    char escape[8];
    if (c == '\n' || c == '\t' || c == '\r')
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r";
    else if (c == '\\' || c == static_cast<uint32_t>(quote))
      out.append("\\").push_back(static_cast<char>(c));
    else if (c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD)
      out.append(escape, static_cast<size_t>(std::snprintf(escape, sizeof escape, "\\x%02x", c)));
    else
      out.append(text, position, character.length);
    position += character.length;
  }
  return out + quote;
}

std::string reprFloat(double number) {
  if (std::isnan(number))
    return "nan";
  if (std::isinf(number))
    return number < 0 ? "-inf" : "inf";
  char digits[512];
  double size = std::fabs(number);
  bool exponent = size != 0 && (size < 1e-4 || size >= 1e16);
  auto format = exponent ? std::chars_format::scientific : std::chars_format::fixed;
  std::string text(digits, std::to_chars(digits, digits + sizeof digits, number, format).ptr);
  return exponent || text.find('.') != std::string::npos ? text : text + ".0";
}

std::optional<std::string> unescapeText(std::string_view literal) {
  std::string out;
  // Reads `count` digits of `base` after the escape's letter; fewer only for octal.
  auto takeNumber = [&literal](size_t position, size_t count, int base, size_t &taken) {
    uint32_t value = 0;
    size_t end = std::min(literal.size(), position + count);
    auto result = std::from_chars(literal.data() + position, literal.data() + end, value, base);
    taken = static_cast<size_t>(result.ptr - (literal.data() + position));
    return value;
  };
  for (size_t i = 0; i < literal.size(); ++i) {
    if (literal[i] != '\\' || i + 1 == literal.size()) {
      out.push_back(literal[i]);
      continue;
    }
    static constexpr std::string_view letters = "abfnrtv\\'\"", values = "\a\b\f\n\r\t\v\\'\"";
    char letter = literal[++i];
    size_t hexDigits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0, taken = 0;
    if (size_t known = letters.find(letter); known != std::string_view::npos) {
      out.push_back(values[known]);
    } else if (hexDigits > 0 || (letter >= '0' && letter <= '7')) {
      size_t start = i + (hexDigits > 0);
      uint32_t value = takeNumber(start, hexDigits > 0 ? hexDigits : 3, hexDigits > 0 ? 16 : 8, taken);
      if (taken == 0 || (hexDigits > 0 && taken != hexDigits) || value > 0x10FFFF ||
          (value >= 0xD800 && value < 0xE000))
        return std::nullopt;
      appendUtf8(out, value);
      i = start + taken - 1;
    } else if (letter != '\n') { // a line break after a backslash is nothing; any other escape stays as it is
      out.append("\\").push_back(letter);
    }
  }
  return out;
}

} // namespace longc
