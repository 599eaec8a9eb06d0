// The learning rate step by step.
#pragma once

#include <cstdint>
#include <string_view>

namespace longc {

enum class ScheduleKind { constant, linear, cosine };

/// As transformers' get_*_schedule_with_warmup: from 0 up to the rate in `warmup` steps, then as the kind says; linear and
/// cosine reach 0 after the last step.
struct Schedule {
  ScheduleKind kind = ScheduleKind::constant;
  double rate = 1e-4;
  int64_t warmup = 0, steps = 1; // of steps, warm-up included

  /// Of step `step`, from 0.
  double at(int64_t step) const;
};

bool scheduleKindOf(std::string_view name, ScheduleKind &kind);

} // namespace longc
