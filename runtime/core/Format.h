// printf-style formatting into a std::string, checked by the compiler.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace longc {

__attribute__((format(printf, 1, 2))) std::string formatText(const char *format, ...);

/// 1536 -> "1.5 KiB".
std::string formatBytes(double bytes);

/// 32000 -> "32,000".
std::string formatCount(long long count);

/// A name from outside, fit for a terminal: in single quotes, control and non-ASCII bytes as \xNN, cut after 80 bytes.
std::string quoted(std::string_view name);

/// "'a', 'b', 'c' and 9 more", each quoted.
std::string quotedList(std::span<const std::string> names);

/// {64, 576} -> "[64, 576]".
std::string shapeText(std::span<const int64_t> shape);

} // namespace longc
