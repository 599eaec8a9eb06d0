// SHA-256 (FIPS 180-4): names of contents that nobody can make two of.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace longc {

std::array<uint8_t, 32> sha256(std::string_view bytes);

/// 64 lower-case hexadecimal digits.
std::string sha256Text(std::string_view bytes);

} // namespace longc
