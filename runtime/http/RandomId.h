// Names of things that nobody asked for by name.
#pragma once

#include <string>

namespace longc {

/// `prefix` and 24 random hexadecimal digits.
std::string randomId(const char *prefix);

} // namespace longc
