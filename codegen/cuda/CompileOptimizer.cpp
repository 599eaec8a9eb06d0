// The kernels of optimizer.cuh: written by hand, so compiled once from one text.
#include "codegen/cuda/CompileCuda.h"

#include "codegen/cuda/Emit.h"
#include "runtime/abi/longc_abi.h"

namespace longc {
namespace {

constexpr const char agreed[] =
#include "CudaAgreed.inc"
    ;
constexpr const char text[] =
#include "CudaOptimizer.inc"
    ;

} // namespace

Result<std::vector<CudaKernel>> compileOptimizer() {
  CudaKernel compiled;
  compiled.source = cudaPrelude().str() + agreed + text;
  LONGC_TRY(compileCudaText("optimizer", compiled.source, compiled.cubin, compiled.resources));
  compiled.launch.set_threads(LONGC_OPTIMIZER_THREADS);
  compiled.launch.set_registers(static_cast<uint32_t>(compiled.resources.registers));
  std::vector<CudaKernel> kernels;
  for (const char *name : {LONGC_OPTIMIZER_ADD, LONGC_OPTIMIZER_SQUARES, LONGC_OPTIMIZER_UPDATE}) {
    kernels.push_back(compiled);
    kernels.back().name = name;
    kernels.back().launch.set_entry(name);
  }
  return kernels;
}

} // namespace longc
