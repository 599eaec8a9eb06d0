// CUDA C++ text of printable cuda kernels.
#pragma once

#include "codegen/cuda/CudaDialect.h"

#include "llvm/Support/raw_ostream.h"

namespace longc {

/// Text of the device prelude (prelude.cuh), embedded at build time.
llvm::StringRef cudaPrelude();

/// Prints one kernel after the CUDA pipeline. An op without a printed form is an error that names it.
mlir::LogicalResult emitCuda(cuda::KernelOp kernel, llvm::raw_ostream &output);

} // namespace longc
