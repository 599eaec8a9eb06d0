// The kernel of sampler.cuh: written by hand, so compiled once from one text.
#include "codegen/cuda/CompileCuda.h"

#include "codegen/cuda/Emit.h"

#include "runtime/abi/longc_sampler.h"

namespace longc {
namespace {

constexpr const char agreed[] =
#include "CudaChoice.inc"
    ;
constexpr const char text[] =
#include "CudaSampler.inc"
    ;

} // namespace

Result<CudaKernel> compileSampler() {
  CudaKernel kernel;
  kernel.name = LONGC_SAMPLER;
  kernel.source = cudaPrelude().str() + agreed + text;
  LONGC_TRY(compileCudaText(kernel.name, kernel.source, kernel.cubin, kernel.resources));
  kernel.launch.set_entry(LONGC_SAMPLER);
  kernel.launch.set_threads(LONGC_SAMPLER_THREADS);
  kernel.launch.set_registers(static_cast<uint32_t>(kernel.resources.registers));
  return kernel;
}

} // namespace longc
