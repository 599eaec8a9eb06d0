// Tile kernels to cubins with their launch facts.
#include "codegen/cuda/CompileCuda.h"

#include "codegen/cuda/CudaPasses.h"
#include "codegen/cuda/Emit.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace longc {
namespace {

void describeLaunch(cuda::KernelOp kernel, abi::DeviceLaunch &launch) {
  launch.set_entry(kernel.getSymName().str());
  launch.set_threads(kernel.getThreads());
  launch.set_shared_bytes(kernel.getSharedBytes());
  launch.set_persistent(true);
  launch.set_draws_blocks(llvm::any_of(kernel.getBody().getArgumentTypes(), llvm::IsaPred<cuda::PointerType>));
  for (Attribute attribute : kernel.getTensorMaps()) {
    auto map = cast<cuda::TensorMapAttr>(attribute);
    abi::TensorMap *described = launch.add_tensor_maps();
    described->set_operand(map.getOperand());
    described->set_swizzle_bytes(128);
    for (int64_t size : map.getBox())
      described->add_box(size);
  }
}

} // namespace

tile::TargetAttr cudaTarget(MLIRContext *context, int64_t attentionRows) {
  // A block's 227 KB less what is not for operands: three warpgroups' tiles on their way out, barriers.
  constexpr int64_t kStagingBytes = 232448 - 3 * 64 * 64 * 2 - 1024;
  return tile::TargetAttr::get(context, /*mma_rows=*/128, /*mma_cols=*/256, /*mma_depth=*/64, attentionRows,
                               /*attention_cols=*/128, /*stream_rows=*/64, /*fold_heads=*/false, /*stages=*/4,
                               kStagingBytes, /*lists_by_sequence=*/true);
}

FailureOr<std::vector<CudaKernel>> compileCuda(ModuleOp kernels, DumpFolder *dumps) {
  kernels.getContext()->loadDialect<cuda::CudaDialect>();
  PassManager manager(kernels.getContext());
  buildCudaPipeline(manager);
  if (failed(manager.run(kernels)))
    return failure();
  std::vector<CudaKernel> compiled;
  for (auto kernel : kernels.getOps<cuda::KernelOp>()) {
    CudaKernel result;
    result.name = kernel.getSymName().str();
    llvm::raw_string_ostream stream(result.source);
    stream << cudaPrelude();
    if (failed(emitCuda(kernel, stream)))
      return failure();
    if (dumps)
      dumps->keep(result.name + ".cu", [&](llvm::raw_ostream &out) { out << result.source; });
    Status status = compileCudaText(result.name, result.source, result.cubin, result.resources);
    if (!status.ok())
      return kernel.emitOpError(status.message()), failure();
    result.resources.sharedBytes = kernel.getSharedBytes();
    describeLaunch(kernel, result.launch);
    result.launch.set_registers(result.resources.registers);
    compiled.push_back(std::move(result));
  }
  return compiled;
}

} // namespace longc
