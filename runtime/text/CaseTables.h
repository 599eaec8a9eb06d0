// Upper, lower and title case of code points beyond ASCII, as runs of letters that are the same distance from their partner
// and as lists of those whose other case is several characters.
#pragma once

#include <cstddef>
#include <cstdint>

namespace longc {

struct CaseRun {
  uint32_t first, last, step; // first, first + step, …, last
  int32_t delta;
};

extern const CaseRun toUpperRuns[], toLowerRuns[]; // in ascending order
extern const size_t toUpperRunsCount, toLowerRunsCount;

struct CaseSeveral {
  uint32_t from, to[3]; // zeros at the end where there are fewer
};

/// Title case: where it is not upper case, be it one character or several. In ascending order, as all of these.
extern const CaseSeveral toSeveralUpper[], toSeveralLower[], toSeveralTitle[];
extern const size_t toSeveralUpperCount, toSeveralLowerCount, toSeveralTitleCount;

struct CodePointRange {
  uint32_t first, last;
};

/// Letters that have case; and what a search for the end of a word looks past.
extern const CodePointRange casedRanges[], caseIgnorableRanges[];
extern const size_t casedRangesCount, caseIgnorableRangesCount;

} // namespace longc
