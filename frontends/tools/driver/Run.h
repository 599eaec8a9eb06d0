// `longc run`: runs a function of an IR file on random inputs, in the reference interpreter.
#pragma once

#include "runtime/core/Status.h"

#include <cstdint>
#include <string>

namespace longc {

struct RunOptions {
  std::string file;     // .mlir of lm or tile functions
  std::string function = "main";
  bool interpret = false;
  uint64_t seed = 1;
  int64_t tokens = 37, sequences = 3, shown = 8;
  bool round = false; // floats to their types after every op
};

// Prints shape, largest magnitude and first elements of every result.
Status runFile(const RunOptions &options);

} // namespace longc
