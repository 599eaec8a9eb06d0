// From tile kernels to cubins: the CUDA pipeline, then NVRTC (found at run time) or nvcc, then the budget check.
#pragma once

#include "codegen/KernelTable.h"
#include "dialects/tile/TileDialect.h"
#include "passes/Target.h"

namespace longc {

const Target &cudaTarget();

/// Tile sizes for sm_90a (performance.md: three warpgroups of 64 query rows, 128 keys, products of 128 x 256 x 64).
/// `attentionRows`: 192, or fewer where a kernel's own work needs the registers or its tiles the shared memory.
tile::TargetAttr cudaSizes(mlir::MLIRContext *context, int64_t attentionRows = 192);

/// What the assembler said of a kernel.
struct CudaResources {
  int registers = 0, spillStoreBytes = 0, spillLoadBytes = 0, stackBytes = 0;
  int64_t sharedBytes = 0, codeBytes = 0;
};

/// One kernel, ready to embed.
struct CudaKernel {
  std::string name, source;
  std::vector<char> cubin;
  abi::DeviceLaunch launch;
  CudaResources resources;
};

/// Which compiler is used, for example "NVRTC 13.0" or "/usr/local/cuda/bin/nvcc"; an error when there is none.
Result<std::string> findCudaCompiler();

/// Compiles CUDA C++ text to a cubin for sm_90a and reads the assembler's report. A warning that registers spill, that
/// setmaxnreg was ignored or that wgmma was serialised is an error: such a kernel is not what was promised.
Status compileCudaText(const std::string &name, const std::string &text, std::vector<char> &cubin,
                       CudaResources &resources);

/// Lowers the module's tile kernels in place and compiles them. `dumps`, when given, keeps name.cu of each. A kernel whose
/// fast form spills takes the block form instead, with a remark.
Result<std::vector<CudaKernel>> compileCuda(mlir::ModuleOp kernels, DumpFolder *dumps = nullptr);

/// The optimizer's kernels (LONGC_OPTIMIZER_*), for a program that trains.
Result<std::vector<CudaKernel>> compileOptimizer();

/// The kernel that chooses tokens (LONGC_SAMPLER), for a program that decodes.
Result<CudaKernel> compileSampler();

} // namespace longc
