// What Hugging Face's normalizers do to single code points: normal forms, classes that BertNormalizer and BertPreTokenizer know.
#pragma once

#include "runtime/text/CaseTables.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace longc {

// A code point as several: `length` of expansionPool from `begin` on, nothing of them to be taken apart further.
struct Expansion {
  uint32_t from;
  uint16_t begin, length;
};

// Of the compatible ones those alone that are not the canonical ones. All tables are in ascending order.
extern const Expansion canonicalExpansions[], compatibleExpansions[];
extern const size_t canonicalExpansionsCount, compatibleExpansionsCount;
extern const uint32_t expansionPool[];

struct CombiningRange {
  uint32_t first, last;
  uint8_t combiningClass;
};
extern const CombiningRange combiningRanges[];
extern const size_t combiningRangesCount;

struct Composition {
  uint32_t first, second, composed;
};
extern const Composition compositions[];
extern const size_t compositionsCount;

// Marks that take no space; all marks; what BertNormalizer takes for control characters; what it puts spaces around;
// what BertPreTokenizer cuts off alone.
extern const CodePointRange nonspacingRanges[], markRanges[], controlRanges[], ideographRanges[], punctuationRanges[];
extern const size_t nonspacingRangesCount, markRangesCount, controlRangesCount, ideographRangesCount, punctuationRangesCount;

// Clusters of Unicode: what joins the character before it (marks), the one behind it, and what joins none (controls); of those that
// make clusters of up to five bytes.
extern const CodePointRange joinsPreviousRanges[], joinsNextRanges[], breaksClustersRanges[];
extern const size_t joinsPreviousRangesCount, joinsNextRangesCount, breaksClustersRangesCount;

// Lower case of letters that are newer than CaseTables.
struct LaterLower {
  uint32_t from, to;
};
extern const LaterLower laterLower[];
extern const size_t laterLowerCount;

// The range of an ascending table that holds `codePoint`, or null. Ranges have first and last.
template <typename Range> const Range *rangeOf(std::span<const Range> ranges, uint32_t codePoint) {
  auto range = std::lower_bound(ranges.begin(), ranges.end(), codePoint,
                                [](const Range &one, uint32_t point) { return one.last < point; });
  return range != ranges.end() && range->first <= codePoint ? &*range : nullptr;
}

inline bool isNonspacing(uint32_t codePoint) { return rangeOf(std::span(nonspacingRanges, nonspacingRangesCount), codePoint); }
inline bool isMark(uint32_t codePoint) { return rangeOf(std::span(markRanges, markRangesCount), codePoint); }
inline bool isControl(uint32_t codePoint) { return rangeOf(std::span(controlRanges, controlRangesCount), codePoint); }
inline bool isIdeograph(uint32_t codePoint) { return rangeOf(std::span(ideographRanges, ideographRangesCount), codePoint); }
inline bool joinsPrevious(uint32_t codePoint) { return rangeOf(std::span(joinsPreviousRanges, joinsPreviousRangesCount), codePoint); }
inline bool joinsNext(uint32_t codePoint) { return rangeOf(std::span(joinsNextRanges, joinsNextRangesCount), codePoint); }
inline bool breaksClusters(uint32_t codePoint) { return rangeOf(std::span(breaksClustersRanges, breaksClustersRangesCount), codePoint); }
inline bool isPunctuation(uint32_t codePoint) { return rangeOf(std::span(punctuationRanges, punctuationRangesCount), codePoint); }

} // namespace longc
