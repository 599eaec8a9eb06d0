// printf-style formatting into a std::string, checked by the compiler.
#pragma once

#include <string>

namespace longc {

__attribute__((format(printf, 1, 2))) std::string formatText(const char *format, ...);

/// 1536 -> "1.5 KiB".
std::string formatBytes(double bytes);

/// 32000 -> "32,000".
std::string formatCount(long long count);

} // namespace longc
