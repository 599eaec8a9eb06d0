// Lines over an axis, as a picture.
#pragma once

#include <string>
#include <vector>

namespace longc {

struct ChartPoint {
  double x, y;
};

struct ChartLine {
  std::string name, color;
  double thickness = 2;
  std::vector<ChartPoint> points; // none: the line is left out
};

struct Chart {
  std::string title, x, y; // what the axes count
  std::vector<ChartLine> lines;
  bool doubles = false; // x by powers of two: only of positive numbers
};

/// An SVG with axes of round numbers and a legend; "" without a point.
std::string draw(const Chart &chart);

} // namespace longc
