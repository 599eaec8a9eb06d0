// Random numbers in the order in which they are asked for; the same with the same seed.
#pragma once

#include "runtime/text/Philox.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace longc {

class Draws {
public:
  explicit Draws(uint64_t seed) : seed_(seed) {}

  /// Uniform in [0, 1).
  double uniform() { return philoxUniform(seed_, next_++); }
  /// One of 0 … `count` - 1.
  size_t below(size_t count) { return static_cast<size_t>(uniform() * static_cast<double>(count)); }

  template <typename T> void shuffle(std::vector<T> &items) {
    for (size_t i = items.size(); i > 1; --i)
      std::swap(items[i - 1], items[below(i)]);
  }

private:
  uint64_t seed_, next_ = 0;
};

} // namespace longc
