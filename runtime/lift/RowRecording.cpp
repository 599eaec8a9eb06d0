// Numbers as text, written as they come: a step has thousands.
#include "runtime/lift/RowRecording.h"

#include "runtime/core/Format.h"

namespace longc {
namespace {

template <typename Number> std::string listOf(const std::vector<Number> &numbers) {
  std::string text;
  for (Number number : numbers) {
    text += text.empty() ? "[" : ",";
    if constexpr (std::is_floating_point_v<Number>)
      text += number == 0 ? "0" : formatText("%.9g", static_cast<double>(number));
    else
      text += std::to_string(number);
  }
  return text.empty() ? "[]" : text + "]";
}

// Each branch as a sequence of its own.
TrainBatch withoutBranches(const TrainBatch &batch) {
  TrainBatch whole;
  std::vector<int32_t> before(batch.boundaries.size(), -1);
  std::vector<bool> isRead(batch.boundaries.size());
  for (size_t i = 0; i < batch.crossRows.size(); i += 2) {
    before[static_cast<size_t>(batch.crossRows[i])] = batch.crossRows[i + 1];
    isRead[static_cast<size_t>(batch.crossRows[i + 1])] = true;
  }
  auto append = [&](size_t sequence) {
    for (auto t = static_cast<size_t>(batch.boundaries[sequence]); t < static_cast<size_t>(batch.boundaries[sequence + 1]); ++t) {
      whole.tokens.push_back(batch.tokens[t]);
      whole.weights.push_back(batch.weights[t]);
    }
  };
  whole.boundaries = {0};
  for (size_t sequence = 0; sequence + 1 < batch.boundaries.size(); ++sequence) {
    if (isRead[sequence])
      continue;
    if (before[sequence] >= 0)
      append(static_cast<size_t>(before[sequence]));
    append(sequence);
    whole.boundaries.push_back(static_cast<int32_t>(whole.tokens.size()));
  }
  return whole;
}

} // namespace

void RowRecording::add(const TrainBatch &call) {
  const TrainBatch batch = withoutBranches(call);
  calls_ += (calls_.empty() ? "" : ",");
  calls_ += "{\"boundaries\":" + listOf(batch.boundaries) + ",\"tokens\":" + listOf(batch.tokens) + ",\"weights\":" + listOf(batch.weights) + "}";
}

void RowRecording::endStep(const StepReport &report) {
  text_ += formatText("{\"step\":%lld,\"rate\":%.9g,\"loss\":%.9g,\"calls\":[", static_cast<long long>(report.step), report.rate, report.loss);
  text_ += calls_ + "]}\n";
  calls_.clear();
}

} // namespace longc
