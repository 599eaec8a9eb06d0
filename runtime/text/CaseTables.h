// Upper and lower case of code points beyond ASCII, as runs of letters that are the same distance from their partner.
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

} // namespace longc
