// Cases of WriteCases.h where there is no LLVM: operands of a launch and the outputs that are expected.
#pragma once

#include "runtime/abi/longc_abi.h"

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace longc {

struct KernelCase {
  struct Output {
    int64_t at, type; // index of the view; 0 f32, 1 bf16, 2 i8, 3 i32, 4 i16
    double limit;
    std::vector<double> expected; // NaN: a NaN or never written
  };

  /// The next case of a file; false at its end. A file that breaks off ends the program.
  bool read(std::FILE *file);
  /// Compares what a launch left in the memories; `error` is the largest one relative to its output's largest magnitude.
  bool judge(double &error) const;

  std::string symbol;
  int64_t scratchBytes = 0, blocks = 0, gridRank = 0;
  std::vector<int64_t> scalars; // sizes of the grid, then the kernel's own
  std::vector<longc_view> views;
  std::vector<std::vector<char>> memories; // behind the views, 64-byte aligned, with what lies after them
  std::vector<int64_t> bytes;              // of each memory
  std::vector<Output> outputs;
};

} // namespace longc
