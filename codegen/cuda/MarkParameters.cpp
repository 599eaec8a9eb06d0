// Which views of a kernel hold parameters wherever it is launched: nothing that runs before it writes those.
#include "codegen/cuda/CudaDialect.h"
#include "codegen/cuda/CudaPasses.h"
#include "dialects/lm/LmDialect.h"

namespace longc {
#define GEN_PASS_DEF_CUDAMARKPARAMETERSPASS
#include "codegen/cuda/CudaPasses.h.inc"
} // namespace longc

using namespace mlir;
using namespace longc;

namespace {

struct CudaMarkParameters : longc::impl::CudaMarkParametersPassBase<CudaMarkParameters> {
  using CudaMarkParametersPassBase::CudaMarkParametersPassBase;

  void runOnOperation() override {
    llvm::DenseMap<StringAttr, SmallVector<bool>> held; // by kernel: of each input, whether all launches give it a parameter
    getOperation().walk([&](tile::LaunchOp launch) {
      auto [found, isNew] = held.try_emplace(launch.getKernelAttr().getAttr(), launch.getInputs().size(), true);
      for (auto [number, input] : llvm::enumerate(launch.getInputs()))
        found->second[number] = found->second[number] && isa<RankedTensorType>(input.getType()) && input.getDefiningOp<lm::ParameterRefOp>();
    });
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      SmallVector<int64_t> numbers;
      for (auto [number, is] : llvm::enumerate(held.lookup(kernel.getSymNameAttr())))
        if (is)
          numbers.push_back(int64_t(number));
      if (!numbers.empty())
        kernel->setAttr(cuda::kParametersAttribute, DenseI64ArrayAttr::get(&getContext(), numbers));
    }
  }
};

} // namespace
