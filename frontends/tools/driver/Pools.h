// What of a chunk's hidden states E2LLM compresses (--pool), by name.
#pragma once

#include "runtime/abi/program.pb.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace longc {

struct Pool {
  const char *name;
  abi::Encoder::Pooling served; // what chunks are compared by, and where training of one that learns begins
  bool learns;                  // learned queries attend to the states
};

inline constexpr Pool pools[] = {{"mean", abi::Encoder::MEAN, false},
                                 {"cls", abi::Encoder::CLS, false},
                                 {"last", abi::Encoder::LAST, false},
                                 {"pma", abi::Encoder::MEAN, true}};

/// The pool of that name; null if there is none.
inline const Pool *findPool(const std::string &name) {
  auto found = std::find_if(std::begin(pools), std::end(pools), [&](const Pool &pool) { return name == pool.name; });
  return found == std::end(pools) ? nullptr : found;
}

/// Their names with commas between.
inline std::string poolNames() {
  std::string names;
  for (const Pool &pool : pools)
    names += (names.empty() ? "" : ", ") + std::string(pool.name);
  return names;
}

} // namespace longc
