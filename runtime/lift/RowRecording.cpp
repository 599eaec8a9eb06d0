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

} // namespace

void RowRecording::add(const TrainBatch &batch) {
  calls_ += (calls_.empty() ? "" : ",");
  calls_ += "{\"boundaries\":" + listOf(batch.boundaries) + ",\"tokens\":" + listOf(batch.tokens) + ",\"weights\":" + listOf(batch.weights) + "}";
}

void RowRecording::endStep(const StepReport &report) {
  text_ += formatText("{\"step\":%lld,\"rate\":%.9g,\"loss\":%.9g,\"calls\":[", static_cast<long long>(report.step), report.rate, report.loss);
  text_ += calls_ + "]}\n";
  calls_.clear();
}

} // namespace longc
