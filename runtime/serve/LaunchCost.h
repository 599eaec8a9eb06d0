// What a launch moves and multiplies, for profiles: counted from the program and what a call has told.
#pragma once

#include "runtime/abi/longc_abi.h"
#include "runtime/serve/FunctionPlan.h"

#include <map>

namespace longc {

/// Keys and entries of memory that the blocks of a work list read, all of its rows together.
struct ListCost {
  int64_t rows = 0, keys = 0, memory = 0;
};
ListCost costOf(std::span<const int32_t> workList);

struct LaunchCost {
  double flops = 0; // of products; 0: it has none, or how many cannot be told
  double bytes = 0; // read and written: each operand once, rows of state and those picked by index as many as there are
  abi::ElementType type = abi::F32; // that is multiplied
};

/// As of a call: the launch's grid and its views in the order of its buffers, the call's tokens, its work lists by buffer.
struct CallFacts {
  std::span<const int64_t> grid;
  std::span<const longc_view> views;
  int64_t tokens;
  const std::map<uint32_t, ListCost> &lists;
  bool storedWeights; // weights are read as the program stores them
};
LaunchCost costOf(const abi::Program &program, const FunctionPlan &plan, const StepPlan &step, const CallFacts &call);

} // namespace longc
