// `longc inspect` and `longc plan`: what a file holds, and what a program needs.
#pragma once

#include "runtime/core/Status.h"

#include <cstdint>
#include <string>

namespace longc {

// Prints the configuration and tensors of a checkpoint, the parameters, functions and kernels of a program (with `steps`,
// the functions' step lists too; with `json`, one object), or the step lists of lowered functions (.mlir).
Status inspectFile(const std::string &path, bool steps, bool json);

struct PlanOptions {
  std::string program;
  int64_t tokens = 32768; // memory entries a layer
  int64_t chunk = 1024;   // tokens of one call
  bool train = false;     // what training needs, with calls of so many tokens
};

// Prints the bytes of weights, arena and state that the program needs for the given sizes.
Status planProgram(const PlanOptions &options);

} // namespace longc
