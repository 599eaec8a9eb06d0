// Losses as lines of a chart.
#include "runtime/train/LossCurve.h"

#include "runtime/core/Chart.h"

#include <algorithm>
#include <vector>

namespace longc {
namespace {

/// The mean of the last twentieth of the steps, at least five.
std::vector<ChartPoint> runningMean(const std::vector<ChartPoint> &points) {
  const size_t window = std::max<size_t>(5, points.size() / 20);
  std::vector<ChartPoint> means;
  double sum = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    sum += points[i].y - (i >= window ? points[i - window].y : 0);
    means.push_back({points[i].x, sum / static_cast<double>(std::min(i + 1, window))});
  }
  return means;
}

} // namespace

std::string drawLossCurve(std::span<const LoggedStep> steps, const std::string &title) {
  std::vector<ChartPoint> losses, evaluations;
  for (const LoggedStep &logged : steps) {
    losses.push_back({static_cast<double>(logged.step), logged.loss});
    if (logged.evalLoss)
      evaluations.push_back({static_cast<double>(logged.step), *logged.evalLoss});
  }
  return draw({title, "step", "loss",
               {{"loss", "#b8c4d6", 1, losses}, {"running mean", "#1f5fbf", 2, runningMean(losses)}, {"evaluation", "#c0392b", 2, evaluations}}});
}

} // namespace longc
