// Axes with round numbers, three lines, a legend.
#include "runtime/train/LossCurve.h"

#include "runtime/core/Format.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace longc {
namespace {

constexpr double width = 800, height = 450, left = 70, right = 20, top = 40, bottom = 50;
constexpr const char *stepColor = "#b8c4d6", *meanColor = "#1f5fbf", *evalColor = "#c0392b", *inkColor = "#333", *gridColor = "#e4e4e4";

struct Point {
  double x, y;
};

/// A range cut into parts of 1, 2 or 5 times a power of ten, at most `most` of them.
struct Axis {
  double low, high, part;

  Axis(double from, double to, int most) {
    const double span = to > from ? to - from : std::max(1.0, std::abs(from));
    part = std::pow(10, std::floor(std::log10(span / most)));
    for (double factor : {1.0, 2.0, 5.0, 10.0})
      if (span / (part * factor) <= most) {
        part *= factor;
        break;
      }
    low = std::floor(from / part) * part;
    high = std::max(std::ceil(to / part), std::floor(from / part) + 1) * part;
  }

  double place(double value, double begin, double end) const { return begin + (value - low) / (high - low) * (end - begin); }
};

std::string escaped(const std::string &text) {
  std::string out;
  for (char letter : text)
    out += letter == '&' ? "&amp;" : letter == '<' ? "&lt;" : letter == '>' ? "&gt;" : std::string(1, letter);
  return out;
}

class Picture {
public:
  Picture(const Axis &x, const Axis &y, const std::string &title) : x_(x), y_(y) {
    text_ = formatText("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" font-family=\"sans-serif\" font-size=\"12\">\n"
                       "<rect width=\"%g\" height=\"%g\" fill=\"white\"/>\n",
                       width, height, width, height);
    label(width / 2, 22, "middle", escaped(title));
    label(width / 2, height - 10, "middle", "step");
    label(12, top - 12, "start", "loss");
    for (double value = x.low; value <= x.high + x.part / 2; value += x.part) {
      line(placeX(value), top, placeX(value), height - bottom);
      label(placeX(value), height - bottom + 18, "middle", formatText("%g", value));
    }
    for (double value = y.low; value <= y.high + y.part / 2; value += y.part) {
      line(left, placeY(value), width - right, placeY(value));
      label(left - 8, placeY(value) + 4, "end", formatText("%g", std::abs(value) < y.part / 2 ? 0.0 : value));
    }
  }

  void curve(const std::vector<Point> &points, const char *color, double thickness, const char *name) {
    if (points.empty())
      return;
    text_ += formatText("<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%g\" points=\"", color, thickness);
    for (const Point &point : points)
      text_ += formatText("%.1f,%.1f ", placeX(point.x), placeY(point.y));
    text_ += "\"/>\n";
    text_ += formatText("<rect x=\"%g\" y=\"%g\" width=\"14\" height=\"4\" fill=\"%s\"/>\n", width - right - 120, legend_, color);
    label(width - right - 100, legend_ + 6, "start", name);
    legend_ += 18;
  }

  std::string finish() { return text_ + "</svg>\n"; }

private:
  double placeX(double value) const { return x_.place(value, left, width - right); }
  double placeY(double value) const { return y_.place(value, height - bottom, top); }
  void line(double x1, double y1, double x2, double y2) {
    text_ += formatText("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2, gridColor);
  }
  void label(double x, double y, const char *anchor, const std::string &words) {
    text_ += formatText("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">", x, y, anchor, inkColor) + words + "</text>\n";
  }

  Axis x_, y_;
  std::string text_;
  double legend_ = top + 8;
};

/// The mean of the last twentieth of the steps, at least five.
std::vector<Point> runningMean(const std::vector<Point> &points) {
  const size_t window = std::max<size_t>(5, points.size() / 20);
  std::vector<Point> means;
  double sum = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    sum += points[i].y - (i >= window ? points[i - window].y : 0);
    means.push_back({points[i].x, sum / static_cast<double>(std::min(i + 1, window))});
  }
  return means;
}

} // namespace

std::string drawLossCurve(std::span<const LoggedStep> steps, const std::string &title) {
  std::vector<Point> losses, evaluations;
  for (const LoggedStep &logged : steps) {
    losses.push_back({static_cast<double>(logged.step), logged.loss});
    if (logged.evalLoss)
      evaluations.push_back({static_cast<double>(logged.step), *logged.evalLoss});
  }
  if (losses.empty())
    return {};
  double low = losses.front().y, high = low;
  for (const std::vector<Point> &points : {losses, evaluations})
    for (const Point &point : points) {
      low = std::min(low, point.y);
      high = std::max(high, point.y);
    }
  Picture picture(Axis(losses.front().x, losses.back().x, 10), Axis(low, high, 8), title);
  picture.curve(losses, stepColor, 1, "loss");
  picture.curve(runningMean(losses), meanColor, 2, "running mean");
  picture.curve(evaluations, evalColor, 2, "evaluation");
  return picture.finish();
}

} // namespace longc
