// Rows that read rows.
#include "runtime/train/CrossRows.h"

#include <algorithm>
#include <charconv>

namespace longc {
namespace {

bool readWhole(std::string_view text, int64_t &number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

} // namespace

std::vector<int32_t> readEarlierRows(int64_t rows, int64_t range) {
  std::vector<int32_t> pairs;
  for (int64_t reader = 0; reader < rows; ++reader)
    for (int64_t read = std::max<int64_t>(0, reader - range); read < reader; ++read)
      pairs.insert(pairs.end(), {static_cast<int32_t>(reader), static_cast<int32_t>(read)});
  return pairs;
}

std::optional<RangeSchedule> RangeSchedule::parse(std::string_view text) {
  RangeSchedule schedule;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    const size_t colon = part.find(':');
    Part next{};
    if (colon == std::string_view::npos || !readWhole(part.substr(0, colon), next.range) ||
        !readWhole(part.substr(colon + 1), next.steps) || next.range < 0 || next.range > INT32_MAX || next.steps < 1 ||
        next.steps > INT32_MAX)
      return std::nullopt;
    schedule.parts_.push_back(next);
    begin = end + 1;
  }
  return schedule;
}

RangeSchedule RangeSchedule::doubling(int64_t rows, int64_t steps) {
  RangeSchedule schedule;
  std::vector<int64_t> ranges = {1};
  while (2 * ranges.back() <= rows / 2)
    ranges.push_back(2 * ranges.back());
  const int64_t share = std::max<int64_t>(1, steps / static_cast<int64_t>(ranges.size()));
  for (int64_t range : ranges)
    schedule.parts_.push_back({range, share});
  return schedule;
}

int64_t RangeSchedule::at(int64_t step) const {
  for (const Part &part : parts_) {
    if (step < part.steps)
      return part.range;
    step -= part.steps;
  }
  return last();
}

int64_t RangeSchedule::most() const {
  return std::ranges::max_element(parts_, {}, &Part::range)->range;
}

int64_t RangeSchedule::steps() const {
  int64_t steps = 0;
  for (const Part &part : parts_)
    steps += part.steps;
  return steps;
}

std::string RangeSchedule::text() const {
  std::string text;
  for (const Part &part : parts_)
    text += (text.empty() ? "" : ",") + std::to_string(part.range) + ":" + std::to_string(part.steps);
  return text;
}

} // namespace longc
