// The table of kernels that the runtime finds in a program: `longc_program` of runtime/abi/longc_abi.h.
#pragma once

#include "runtime/core/Status.h"

#include <cstdint>
#include <string>
#include <vector>

namespace longc {

// A function of the kernels object: `symbol` runs kernel `name` in CPU variant `variant`.
struct CompiledKernel {
  std::string name, variant, symbol;
  int64_t scratchBytes = 0;
};

// Device code of one kernel for one target (a name of codegen/<target>).
struct DeviceImage {
  std::string kernel, target;
  std::vector<char> code;
};

// An object file of this machine that defines `longc_program` over the given kernels and images.
Result<std::string> buildKernelTable(const std::vector<CompiledKernel> &kernels,
                                     const std::vector<DeviceImage> &images);

} // namespace longc
