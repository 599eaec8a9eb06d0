// Rates by formula.
#include "runtime/train/Schedule.h"

#include "runtime/train/NamedValue.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace longc {

double Schedule::at(int64_t step) const {
  if (step < warmup)
    return rate * static_cast<double>(step) / static_cast<double>(warmup);
  if (kind == ScheduleKind::constant)
    return rate;
  const double done = static_cast<double>(step - warmup) / static_cast<double>(std::max<int64_t>(1, steps - warmup));
  const double left = kind == ScheduleKind::linear ? 1 - done : 0.5 * (1 + std::cos(std::numbers::pi * done));
  return rate * std::max(0.0, left);
}

bool scheduleKindOf(std::string_view name, ScheduleKind &kind) {
  constexpr std::pair<std::string_view, ScheduleKind> names[] = {
      {"constant", ScheduleKind::constant}, {"linear", ScheduleKind::linear}, {"cosine", ScheduleKind::cosine}};
  return findNamed(names, name, kind);
}

} // namespace longc
