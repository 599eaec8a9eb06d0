// Splits or drops samples over the capacity, and counts what that loses.
#include "runtime/train/LongSamples.h"

#include "runtime/core/Format.h"
#include "runtime/train/NamedValue.h"

namespace longc {
namespace {

void split(const Sample &sample, int64_t capacity, std::vector<Sample> &fitted, LongCounts &counts) {
  ++counts.split;
  for (int64_t begin = 0; begin < sample.size(); begin += capacity) {
    const int64_t end = std::min(begin + capacity, sample.size());
    Sample piece;
    piece.line = sample.line;
    piece.tokens.assign(sample.tokens.begin() + begin, sample.tokens.begin() + end);
    piece.weights.assign(sample.weights.begin() + begin, sample.weights.begin() + end);
    counts.lostTargets += piece.weights.front() != 0;
    piece.weights.front() = 0;
    if (piece.targets() == 0) {
      ++counts.dropped;
      continue;
    }
    ++counts.pieces;
    fitted.push_back(std::move(piece));
  }
}

} // namespace

bool longRuleOf(std::string_view name, LongRule &rule) {
  constexpr std::pair<std::string_view, LongRule> names[] = {
      {"error", LongRule::refuse}, {"split", LongRule::split}, {"drop", LongRule::drop}};
  return findNamed(names, name, rule);
}

Result<std::vector<Sample>> fitSamples(std::vector<Sample> samples, int64_t capacity, LongRule rule, const std::string &name,
                                       LongCounts &counts) {
  std::vector<Sample> fitted;
  for (Sample &sample : samples) {
    if (sample.size() <= capacity) {
      fitted.push_back(std::move(sample));
    } else if (rule == LongRule::refuse) {
      return Status::error(sampleTooLong,
                           quoted(name) + formatText(", line %lld: the sample has %s tokens, a pack holds %s",
                                                     static_cast<long long>(sample.line), formatCount(sample.size()).c_str(),
                                                     formatCount(capacity).c_str()),
                           "use a larger --seq-len, --long split or --long drop");
    } else if (rule == LongRule::drop) {
      ++counts.dropped;
      counts.lostTargets += sample.targets();
    } else {
      split(sample, capacity, fitted, counts);
    }
  }
  return fitted;
}

} // namespace longc
