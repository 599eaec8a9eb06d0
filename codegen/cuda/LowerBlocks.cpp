// Kernels of the block form: the threads of a block walk over tiles in shared memory, stage by stage.
#include "codegen/cuda/BlockLowering.h"
#include "codegen/cuda/CudaPasses.h"

#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

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
