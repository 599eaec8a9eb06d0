// How many blocks of 32 columns share a scale where weights are rounded to int8: of so many the integers are summed before they become floats, which
// costs two operations beside eight dots. The compiler's choice of products and the packing of weights have to agree on it.
#pragma once

#include <cstdint>

namespace longc::lm {

// Three are as many columns as a block of a product has; five or more were not tried.
constexpr int64_t scaleBlocks(int64_t columns) {
  for (int64_t blocks : {3, 2})
    if (columns % (32 * blocks) == 0)
      return blocks;
  return 1;
}

} // namespace longc::lm
