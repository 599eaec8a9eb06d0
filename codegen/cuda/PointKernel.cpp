// Arguments and place in the grid.
#include "codegen/cuda/PointKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace longc;

cuda::KernelOp cuda::beginKernel(tile::KernelOp kernel, int64_t threads, int64_t sharedBytes, OpBuilder &b, IRMapping &scalars) {
  const Location loc = kernel.getLoc();
  auto result = KernelOp::create(b, loc, kernel.getSymName(), threads, sharedBytes, /*consumers=*/0, b.getArrayAttr({}), kernel.getGridRank());
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

LogicalResult cuda::expandDivisions(KernelOp kernel) {
  RewritePatternSet patterns(kernel.getContext());
  arith::populateCeilFloorDivExpandOpsPatterns(patterns);
  return applyPatternsGreedily(kernel, std::move(patterns));
}
