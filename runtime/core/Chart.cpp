// Axes with round numbers, lines, a legend.
#include "runtime/core/Chart.h"

#include "runtime/core/Format.h"

#include <algorithm>
#include <cmath>

namespace longc {
namespace {

constexpr double width = 800, height = 450, left = 70, right = 20, top = 40, bottom = 50;
constexpr const char *inkColor = "#333", *gridColor = "#e4e4e4";

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
  Picture(const Axis &x, const Axis &y, const Chart &chart) : x_(x), y_(y), doubles_(chart.doubles) {
    text_ = formatText("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" font-family=\"sans-serif\" font-size=\"12\">\n"
                       "<rect width=\"%g\" height=\"%g\" fill=\"white\"/>\n",
                       width, height, width, height);
    label(width / 2, 22, "middle", escaped(chart.title));
    label(width / 2, height - 10, "middle", escaped(chart.x));
    label(12, top - 12, "start", escaped(chart.y));
    const double step = doubles_ ? std::max(1.0, std::round(x.part)) : x.part;
    for (double value = doubles_ ? std::ceil(x.low) : x.low; value <= x.high + x.part / 2; value += step) {
      line(placeX(value), top, placeX(value), height - bottom);
      label(placeX(value), height - bottom + 18, "middle",
            doubles_ ? formatCount(static_cast<long long>(std::llround(std::exp2(value)))) : formatText("%g", value));
    }
    for (double value = y.low; value <= y.high + y.part / 2; value += y.part) {
      line(left, placeY(value), width - right, placeY(value));
      label(left - 8, placeY(value) + 4, "end", formatText("%g", std::abs(value) < y.part / 2 ? 0.0 : value));
    }
  }

  void curve(const ChartLine &curve) {
    if (curve.points.empty())
      return;
    text_ += formatText("<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%g\" points=\"", curve.color.c_str(), curve.thickness);
    for (const ChartPoint &point : curve.points)
      text_ += formatText("%.1f,%.1f ", placeX(doubles_ ? std::log2(point.x) : point.x), placeY(point.y));
    text_ += "\"/>\n";
    text_ += formatText("<rect x=\"%g\" y=\"%g\" width=\"14\" height=\"4\" fill=\"%s\"/>\n", width - right - 120, legend_, curve.color.c_str());
    label(width - right - 100, legend_ + 6, "start", escaped(curve.name));
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
  bool doubles_;
  std::string text_;
  double legend_ = top + 8;
};

} // namespace

std::string draw(const Chart &chart) {
  std::vector<ChartPoint> all;
  for (const ChartLine &line : chart.lines)
    all.insert(all.end(), line.points.begin(), line.points.end());
  if (all.empty())
    return {};
  auto [lowX, highX] = std::ranges::minmax(all, {}, &ChartPoint::x);
  auto [lowY, highY] = std::ranges::minmax(all, {}, &ChartPoint::y);
  auto scaled = [&](double x) { return chart.doubles ? std::log2(x) : x; };
  Picture picture(Axis(scaled(lowX.x), scaled(highX.x), 10), Axis(lowY.y, highY.y, 8), chart);
  for (const ChartLine &line : chart.lines)
    picture.curve(line);
  return picture.finish();
}

} // namespace longc
