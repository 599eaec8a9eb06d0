// What to do with samples that have more tokens than a pack holds. Nothing is cut in silence.
#pragma once

#include "runtime/train/Sample.h"

namespace longc {

enum class LongRule { refuse, split, drop };

bool longRuleOf(std::string_view name, LongRule &rule);

/// What became of samples over the capacity.
struct LongCounts {
  int64_t split = 0, pieces = 0; // samples cut up, and into how many pieces
  int64_t dropped = 0;           // samples left out, or pieces of them without a target
  int64_t lostTargets = 0;       // targets of what was dropped, and first tokens of pieces: nothing stands before them
};

/// Code of its error: a sample over the capacity where the rule is to refuse.
inline constexpr int sampleTooLong = 8021;

/// Samples of at most `capacity` tokens each. `name` is their file's, for the error.
Result<std::vector<Sample>> fitSamples(std::vector<Sample> samples, int64_t capacity, LongRule rule, const std::string &name,
                                       LongCounts &counts);

} // namespace longc
