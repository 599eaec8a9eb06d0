// printf-style formatting into a std::string.
#include "runtime/core/Format.h"

#include <cstdarg>
#include <cstdio>

namespace longc {

std::string formatText(const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = std::vsnprintf(nullptr, 0, format, arguments);
  va_end(arguments);
  std::string text(length > 0 ? static_cast<size_t>(length) : 0, '\0');
  if (length > 0)
    std::vsnprintf(text.data(), text.size() + 1, format, again);
  va_end(again);
  return text;
}

std::string formatBytes(double bytes) {
  static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  int unit = 0;
  while (bytes >= 1024 && unit < 4) {
    bytes /= 1024;
    ++unit;
  }
  return formatText(unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
}

std::string formatCount(long long count) {
  std::string digits = std::to_string(count);
  size_t first = count < 0 ? 1 : 0;
  for (size_t place = digits.size(); place > first + 3;) {
    place -= 3;
    digits.insert(place, 1, ',');
  }
  return digits;
}

std::string quoted(std::string_view name) {
  constexpr size_t shown = 80;
  constexpr char digits[] = "0123456789abcdef";
  std::string text = "'";
  for (unsigned char c : name.substr(0, shown)) {
    if (c < 0x20 || c >= 0x7f) {
      text += "\\x";
      text += digits[c >> 4];
      text += digits[c & 15];
    } else {
      text += static_cast<char>(c);
    }
  }
  if (name.size() > shown)
    text += "...";
  return text + "'";
}

std::string quotedList(std::span<const std::string> names) {
  constexpr size_t shown = 3;
  std::string text;
  for (size_t i = 0; i < names.size() && i < shown; ++i)
    text += (i ? ", " : "") + quoted(names[i]);
  if (names.size() > shown)
    text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

std::string shapeText(std::span<const int64_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

} // namespace longc
