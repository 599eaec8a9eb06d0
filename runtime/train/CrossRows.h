// Which rows of a batch read which, as FoT is trained (arXiv 2307.03170): each the `range` rows before it, by their numbers.
#pragma once

#include "runtime/train/Sample.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

/// Rows that go through the model in one call, as they make up one optimizer step.
struct RowBatch {
  std::vector<Sample> rows;
  int64_t range = 0;
  std::vector<int32_t> crossRows; // [n, 2]: reader, what it reads
};

/// Row i reads rows i - range to i - 1, as far as there are such.
std::vector<int32_t> readEarlierRows(int64_t rows, int64_t range);

/// How many rows a row reads at each step.
class RangeSchedule {
public:
  /// "1:6,2:8,4:16": one row for 6 steps, then two for 8, then four for 16 and from there on. None if the words are no schedule.
  static std::optional<RangeSchedule> parse(std::string_view text);
  /// From one to half of the rows, doubling, over `steps`.
  static RangeSchedule doubling(int64_t rows, int64_t steps);

  /// `step` counts from 0.
  int64_t at(int64_t step) const;
  /// Steps that it tells of.
  int64_t steps() const;
  int64_t last() const { return parts_.back().range; }
  int64_t most() const;
  /// As parse() reads it.
  std::string text() const;

private:
  struct Part {
    int64_t range, steps;
  };
  std::vector<Part> parts_;
};

} // namespace longc
