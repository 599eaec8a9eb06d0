// Launches of an interpreted function as cases that a compiled kernel can be run on, here or on another machine.
#pragma once

#include "dialects/interpreter/Interpreter.h"
#include "dialects/tile/TileDialect.h"
#include "test/codegen/cpu/HostMemory.h"

#include "llvm/Support/raw_ostream.h"

namespace longc {

// Whether a kernel's values pass through bf16 or integers, so that its outputs are compared roughly.
bool isRough(tile::KernelOp kernel);

// The operands that the interpreter gave a launch, and what it made of them.
struct LaunchCase {
  // `panels`: weights lie in panels, else row by row. `limit`: largest error relative to an output's largest magnitude.
  LaunchCase(tile::LaunchOp launch, tile::KernelOp kernel, Interpreter &interpreter, bool panels, double limit);

  std::vector<HostMemory> memories; // inputs, then outputs as they were before
  std::vector<int64_t> scalars;     // sizes of the grid, then the kernel's own
  int64_t gridRank, blocks = 1;
  double limit;
  std::vector<HostTensor> expected; // outputs
};

// Writes cases in the form that ReadCases.h reads.
class CaseWriter {
public:
  explicit CaseWriter(const std::string &path) : stream_(path, code_) {}
  bool good() const { return !code_; }
  void write(LaunchCase &launched, llvm::StringRef symbol, int64_t scratchBytes);

private:
  void number(int64_t value) { raw(&value, 8); }
  void raw(const void *data, size_t size) { stream_.write(static_cast<const char *>(data), size); }

  std::error_code code_;
  llvm::raw_fd_ostream stream_;
};

} // namespace longc
