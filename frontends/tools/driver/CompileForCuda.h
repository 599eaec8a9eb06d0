// The GPU's share of a compilation: the graph with its tile sizes, kernels to images, functions with their steps.
#pragma once

#include "frontends/tools/driver/AssembleProgram.h"
#include "frontends/tools/driver/Stages.h"

namespace longc {

// What a compilation has made so far.
struct ProgramParts {
  abi::Program &program;
  ProgramIndex &index;
  ParameterParts &parameters;
  KernelCode &code;
};

// Lowers a copy of `graph` in the given precision ("written": types are taken as they are), compiles its kernels and adds
// its functions and images. The tile sizes are the largest that the kernels have registers and shared memory for.
Status compileForCuda(Stages &stages, const CompileOptions &options, mlir::ModuleOp graph, llvm::StringRef precision,
                      ProgramParts parts);

} // namespace longc
