// Code points that came after Unicode 14, which is what PCRE2 knows, and before 17.
#pragma once

#include <cstddef>
#include <cstdint>

namespace longc {

struct LaterCategory {
  uint32_t first, last;
  char category[3]; // "Lu"
};

extern const LaterCategory laterCategories[];
extern const size_t laterCategoriesCount;

} // namespace longc
