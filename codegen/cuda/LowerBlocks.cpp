// Kernels of the block form: the threads of a block walk over tiles in shared memory, stage by stage.
#include "codegen/cuda/BlockLowering.h"
#include "codegen/cuda/CudaPasses.h"

#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/SetVector.h"

namespace longc {
#define GEN_PASS_DEF_CUDALOWERBLOCKSPASS
#include "codegen/cuda/CudaPasses.h.inc"
} // namespace longc

using namespace mlir;
using namespace longc;
using namespace longc::cuda;

namespace {

/// The kernel's function: arguments as the runtime passes them; the block's place in the grid from its number.
KernelOp beginKernel(tile::KernelOp kernel, int64_t sharedBytes, OpBuilder &b, IRMapping &scalars) {
  const Location loc = kernel.getLoc();
  auto result = KernelOp::create(b, loc, kernel.getSymName(), kBlockThreads, sharedBytes, /*consumers=*/0,
                                 b.getArrayAttr({}), kernel.getGridRank());
  Block &body = result.getBody().emplaceBlock();
  for (bool views : {true, false}) // the runtime passes all views, then all scalars
    for (Value argument : kernel.getKernelArguments())
      if (isa<tile::ViewType>(argument.getType()) == views)
        scalars.map(argument, body.addArgument(argument.getType(), argument.getLoc()));
  SmallVector<Value> sizes;
  for (unsigned i = 0; i < kernel.getGridRank(); ++i)
    sizes.push_back(body.addArgument(b.getIndexType(), loc));
  b.setInsertionPointToStart(&body);
  Value id = CallOp::create(b, loc, b.getIndexType(), "block_index", ValueRange(), true).getResult();
  for (unsigned i = sizes.size(); i-- > 0;) { // last index fastest
    scalars.map(kernel.getGridIndices()[i], i == 0 ? id : Value(arith::RemSIOp::create(b, loc, id, sizes[i])));
    if (i != 0)
      id = arith::DivSIOp::create(b, loc, id, sizes[i]);
  }
  return result;
}

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
      BlockPlan plan(kernel);
      if (failed(plan.run(sharedBytes)))
        return signalPassFailure();
      OpBuilder builder(kernel);
      BlockLowering lowering(plan, builder);
      KernelOp lowered = beginKernel(kernel, plan.bytes(), builder, lowering.scalars);
      if (SmallVector<int64_t> weights = weightViews(kernel, plan); !weights.empty())
        lowered->setAttr(kWeightViewsAttribute, builder.getDenseI64ArrayAttr(weights));
      if (failed(lowering.lowerBlock(kernel.getBody().front())))
        return signalPassFailure();
      kernel.erase();
      RewritePatternSet patterns(&getContext()); // C++ has no division that rounds to minus infinity
      arith::populateCeilFloorDivExpandOpsPatterns(patterns);
      if (failed(applyPatternsGreedily(lowered, std::move(patterns))))
        return signalPassFailure();
    }
  }
};

} // namespace
