// What targets make of kernels, and the table of them that the runtime finds in a program: `longc_program` of runtime/abi/longc_abi.h.
#pragma once

#include "codegen/DumpFolder.h"
#include "runtime/abi/program.pb.h"
#include "runtime/core/Status.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

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
  abi::DeviceLaunch launch;
};

struct KernelCode {
  std::vector<std::string> objects;    // relocatable ELF files
  std::vector<CompiledKernel> kernels; // functions in them
  std::vector<DeviceImage> images;
};

struct CodeOptions {
  llvm::SmallVector<llvm::StringRef> variants; // of those that the target has; empty: all
  bool trains = false;                   // code for the optimizer too
  bool decodes = false;                  // code that chooses tokens too, where the device has memory of its own
  bool quiet = true;                     // else what became of each kernel is printed where the target says so
  unsigned threads = 2;
  // Seconds of each stage, of all threads together, are added up here when given.
  std::vector<std::pair<std::string, double>> *times = nullptr;
  // Keeps what code is made of when given.
  DumpFolder *dumps = nullptr;
};

// An object file of this machine that defines `longc_program` over the given kernels and images.
Result<std::string> buildKernelTable(const std::vector<CompiledKernel> &kernels,
                                     const std::vector<DeviceImage> &images);

} // namespace longc
