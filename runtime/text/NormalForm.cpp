// Taking apart, putting marks in order, putting together (Unicode Standard Annex 15).
#include "runtime/text/NormalForm.h"

#include "runtime/text/NormalizationTables.h"
#include "runtime/text/Utf8.h"

#include <utility>
#include <vector>

namespace longc {
namespace {

constexpr uint32_t hangulFirst = 0xAC00, leadFirst = 0x1100, vowelFirst = 0x1161, tailBase = 0x11A7;
constexpr uint32_t leads = 19, vowels = 21, tails = 28, syllables = leads * vowels * tails;
constexpr uint32_t notUtf8 = 0x110000; // a byte that is not UTF-8, above all code points

struct Point {
  uint32_t code;
  uint8_t combiningClass;
  uint32_t place = 0; // among marks that are put in order
};

uint8_t combiningClassOf(uint32_t code) {
  if (code < combiningRanges[0].first)
    return 0;
  const CombiningRange *range = rangeOf(std::span(combiningRanges, combiningRangesCount), code);
  return range ? range->combiningClass : 0;
}

const Expansion *expansionIn(std::span<const Expansion> table, uint32_t code) {
  auto found = std::lower_bound(table.begin(), table.end(), code, [](const Expansion &one, uint32_t c) { return one.from < c; });
  return found != table.end() && found->from == code ? &*found : nullptr;
}

void appendExpanded(uint32_t code, bool compatible, std::vector<Point> &points) {
  if (code - hangulFirst < syllables) {
    uint32_t syllable = code - hangulFirst, tail = syllable % tails;
    points.push_back({leadFirst + syllable / (vowels * tails), 0});
    points.push_back({vowelFirst + syllable % (vowels * tails) / tails, 0});
    if (tail > 0)
      points.push_back({tailBase + tail, 0});
    return;
  }
  const Expansion *expansion = compatible ? expansionIn({compatibleExpansions, compatibleExpansionsCount}, code) : nullptr;
  if (!expansion)
    expansion = expansionIn({canonicalExpansions, canonicalExpansionsCount}, code);
  if (!expansion)
    points.push_back({code, combiningClassOf(code)});
  else
    for (uint32_t i = 0; i < expansion->length; ++i)
      points.push_back({expansionPool[expansion->begin + i], combiningClassOf(expansionPool[expansion->begin + i])});
}

// Marks between two others stand by their classes.
void orderMarks(std::vector<Point> &points) {
  for (size_t begin = 0; begin < points.size();) {
    size_t end = begin + 1;
    while (points[begin].combiningClass != 0 && end < points.size() && points[end].combiningClass != 0)
      ++end;
    for (size_t i = begin; i < end; ++i)
      points[i].place = static_cast<uint32_t>(i - begin);
    std::sort(points.begin() + begin, points.begin() + end, [](const Point &a, const Point &b) {
      return std::pair(a.combiningClass, a.place) < std::pair(b.combiningClass, b.place);
    });
    begin = end;
  }
}

// Both in one, or 0.
uint32_t composed(uint32_t first, uint32_t second) {
  if (first - leadFirst < leads && second - vowelFirst < vowels)
    return hangulFirst + ((first - leadFirst) * vowels + second - vowelFirst) * tails;
  if (first - hangulFirst < syllables && (first - hangulFirst) % tails == 0 && second - tailBase - 1 < tails - 1)
    return first + second - tailBase;
  std::span<const Composition> table(compositions, compositionsCount);
  auto found = std::lower_bound(table.begin(), table.end(), 0, [&](const Composition &one, int) {
    return one.first != first ? one.first < first : one.second < second;
  });
  return found != table.end() && found->first == first && found->second == second ? found->composed : 0;
}

// A mark joins the last letter before it unless something of its class or above stands between.
void compose(std::vector<Point> &points) {
  size_t count = 0, starter = SIZE_MAX;
  for (Point point : points) {
    bool isNear = starter != SIZE_MAX &&
                  (count - 1 == starter || (points[count - 1].combiningClass != 0 &&
                                            points[count - 1].combiningClass < point.combiningClass));
    if (uint32_t both = isNear ? composed(points[starter].code, point.code) : 0) {
      points[starter].code = both;
      continue;
    }
    if (point.combiningClass == 0)
      starter = count;
    points[count++] = point;
  }
  points.resize(count);
}

bool isAscii(char c) { return static_cast<uint8_t>(c) < 0x80; }

} // namespace

std::string toNormalForm(std::string_view text, NormalForm form) {
  std::string out;
  out.reserve(text.size());
  std::vector<Point> points;
  for (size_t position = 0; position < text.size();) {
    // ASCII stands for itself; its last character may take the marks behind it.
    size_t begin = position;
    while (position < text.size() && isAscii(text[position]))
      ++position;
    out += text.substr(begin, position - begin);
    if (position == text.size())
      break;
    points.clear();
    if (position > begin) {
      points.push_back({static_cast<uint8_t>(out.back()), 0});
      out.pop_back();
    }
    while (position < text.size() && !isAscii(text[position])) {
      Utf8Char character = decodeUtf8(text, position);
      if (character.valid)
        appendExpanded(character.codePoint, form.compatible, points);
      else
        points.push_back({notUtf8 + static_cast<uint8_t>(text[position]), 0});
      position += character.length;
    }
    orderMarks(points);
    if (form.composes)
      compose(points);
    for (Point point : points)
      if (point.code < notUtf8)
        appendUtf8(out, point.code);
      else
        out.push_back(static_cast<char>(point.code - notUtf8));
  }
  return out;
}

} // namespace longc
