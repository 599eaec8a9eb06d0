// What a training said step by step: DIR/train.jsonl, one object a step, flushed as it is written.
#pragma once

#include "runtime/core/GrowingFile.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace longc {

struct LoggedStep {
  int64_t step = 0;
  double loss = 0;
  std::optional<double> evalLoss;
};

class TrainLog {
public:
  /// Keeps the lines of steps up to `step` (0: begins anew); those behind it are of steps that will be done again.
  static Result<TrainLog> open(const std::string &path, int64_t step);

  /// `line` is the object of `logged`.
  Status add(const LoggedStep &logged, const std::string &line);
  /// All steps of the file.
  const std::vector<LoggedStep> &steps() const { return steps_; }

private:
  TrainLog(GrowingFile file, std::vector<LoggedStep> steps) : file_(std::move(file)), steps_(std::move(steps)) {}

  GrowingFile file_;
  std::vector<LoggedStep> steps_;
};

} // namespace longc
