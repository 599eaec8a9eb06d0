// Compiles tile kernels to object files that hold every CPU variant.
#pragma once

#include "codegen/DumpFolder.h"
#include "dialects/tile/TileDialect.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace longc {

struct CpuOptions {
  // Object files are compiled on this many threads.
  unsigned threads = 2;
  // Times of the stages are added up here when given, in seconds.
  struct Times {
    double lower = 0, convert = 0, optimize = 0, emit = 0;
  } *times = nullptr;
  // Keeps the LLVM dialect and the assembly of each variant when given.
  DumpFolder *dumps = nullptr;
};

// A function of the object files: `symbol` runs kernel `name` in CPU variant `variant`.
struct CpuKernel {
  std::string name, variant, symbol;
  int64_t scratchBytes = 0;
};

struct CpuObjects {
  std::vector<std::string> objects; // relocatable ELF files
  std::vector<CpuKernel> kernels;
};

// Lowers every tile.kernel of the module (which is left as it is) for each variant.
mlir::FailureOr<CpuObjects> compileCpu(mlir::ModuleOp kernels, llvm::ArrayRef<llvm::StringRef> variants,
                                       const CpuOptions &options = {});

// The names of all variants, in rising order.
std::vector<llvm::StringRef> cpuVariantNames();

namespace tile {
// The sizes that tiling should use for this target.
TargetAttr cpuTarget(mlir::MLIRContext *context);
} // namespace tile

} // namespace longc
