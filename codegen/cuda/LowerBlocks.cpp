// Kernels of the block form: the threads of a block walk over tiles in shared memory, stage by stage.
#include "codegen/cuda/BlockLowering.h"
#include "codegen/cuda/CudaPasses.h"
#include "codegen/cuda/PointKernel.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/SetVector.h"

namespace longc {
#define GEN_PASS_DEF_CUDALOWERBLOCKSPASS
#include "codegen/cuda/CudaPasses.h.inc"
} // namespace longc

using namespace mlir;
using namespace longc;
using namespace longc::cuda;

namespace {

/// Numbers of the views of weights that a kernel of few rows multiplies by, each block its own rows of them: at most two.
SmallVector<int64_t> weightViews(tile::KernelOp kernel, const BlockPlan &plan) {
  constexpr size_t most = 2;
  llvm::SmallSetVector<int64_t, most> numbers;
  kernel.walk([&](tile::LoadOp load) {
    auto view = dyn_cast<BlockArgument>(load.getView());
    if (!view || !plan.isDirect(load) || load->getParentOp() != kernel || kernel.getGridRank() != 2 ||
        load.getView().getType().getRank() != 2 || numbers.size() == most)
      return;
    numbers.insert(llvm::count_if(kernel.getBody().getArguments().take_front(view.getArgNumber()),
                                  [](Value other) { return isa<tile::ViewType>(other.getType()); }));
  });
  return numbers.takeVector();
}

struct CudaLowerBlocks : longc::impl::CudaLowerBlocksPassBase<CudaLowerBlocks> {
  using CudaLowerBlocksPassBase::CudaLowerBlocksPassBase;

  void runOnOperation() override {
    for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
      Operation *parameters = startParametersFirst(kernel, /*scalarsAlone=*/true);
      BlockPlan plan(kernel);
      if (failed(plan.run(sharedBytes)))
        return signalPassFailure();
      OpBuilder builder(kernel);
      BlockLowering lowering(plan, builder, parameters);
      KernelOp lowered = beginKernel(kernel, kBlockThreads, plan.bytes(), builder, lowering.scalars);
      if (parameters)
        lowered->setAttr(kWaitsInsideAttribute, builder.getUnitAttr());
      if (SmallVector<int64_t> weights = weightViews(kernel, plan); !weights.empty())
        lowered->setAttr(kWeightViewsAttribute, builder.getDenseI64ArrayAttr(weights));
      if (failed(lowering.lowerBlock(kernel.getBody().front())))
        return signalPassFailure();
      kernel.erase();
      if (failed(expandDivisions(lowered)))
        return signalPassFailure();
    }
  }
};

} // namespace
